import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failed, ok, silentLog } from '@sublane/basics';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askDaemon } from './control-client.ts';
import { ControlSocketInUse, serveControl } from './control-server.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'control-'));
  path = join(folder, 'agent.sock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('values and failures cross the socket, which only its owner may open', async () => {
  const control = await serveControl(
    path,
    {
      'POST /echo': async (body) => ok(body),
      'GET /status': async () => failed({ kind: 'busy' }),
      'GET /plan': async () => {
        throw new Error('a fault of ours');
      },
    },
    silentLog,
  );
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await askDaemon(path, 'POST', '/echo', { groups: [1] })).toEqual({ ok: true, value: { groups: [1] } });
  expect(await askDaemon(path, 'GET', '/status')).toEqual({ ok: false, failure: { kind: 'busy' } });
  expect(await askDaemon(path, 'GET', '/nothing')).toMatchObject({ ok: false, failure: { kind: 'control' } });
  expect(await askDaemon(path, 'POST', '/echo', 'x'.repeat(70_000))).toMatchObject({
    ok: false,
    failure: { kind: 'control', reason: 'what was asked is longer than 65536 bytes' },
  });
  expect(await askDaemon(path, 'GET', '/plan')).toMatchObject({ ok: false, failure: { kind: 'control' } });
  await expect(serveControl(path, {}, silentLog)).rejects.toThrow(ControlSocketInUse);
  await control.close();
  expect(await askDaemon(path, 'GET', '/status')).toEqual({ ok: false, failure: { kind: 'no-daemon', path } });
});

test('the socket of a daemon that was killed is replaced', async () => {
  const dead = createServer().listen(path);
  await new Promise((resolve) => dead.once('listening', resolve));
  dead.close();
  const control = await serveControl(path, { 'GET /status': async () => ok(1) }, silentLog);
  expect(await askDaemon(path, 'GET', '/status')).toEqual({ ok: true, value: 1 });
  await control.close();
});
