import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@sublane/basics';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UNRESTRICTED } from '../access.ts';
import { createNetconfServer } from '../server.ts';
import { lab } from '../testing/lab.ts';
import { isOk, TestClient } from '../testing/test-client.ts';
import { listenUnix } from './unix-listener.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unix-'));
});
afterAll(() => rm(folder, { recursive: true }));

const identity = { user: 'root', role: 'operator' };
const serve = () => createNetconfServer({ schema: lab().context, access: UNRESTRICTED, log: silentLog });

async function listening(path: string, mode = 0o600) {
  const server = serve();
  const listener = await listenUnix({ server, path, mode, identity });
  if (!listener.ok) throw new Error(listener.failure.message);
  return { server, listener: listener.value };
}

test('serves, with the mode asked for, and leaves nothing behind', async () => {
  const path = join(folder, 'one.sock');
  const { server, listener } = await listening(path, 0o640);
  expect((await stat(path)).mode & 0o777).toBe(0o640);
  expect(await readdir(folder)).toEqual(['one.sock']);
  const client = new TestClient(connectSocket(path));
  await client.open();
  await expect.poll(() => server.sessions()).toMatchObject([{ identity, transport: 'unix', id: 1 }]);
  expect(isOk(await client.rpc('<close-session/>'))).toBe(true);
  await client.closed;
  await server.close();
  await listener.close();
  expect(await readdir(folder)).toEqual([]);
});

test('replaces the socket of a dead process', async () => {
  const path = join(folder, 'stale.sock');
  const died = spawnSync(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
  ]);
  expect(died.signal).toBe('SIGKILL');
  expect((await stat(path)).isSocket()).toBe(true);
  const { server, listener } = await listening(path);
  const client = new TestClient(connectSocket(path));
  await client.open();
  await server.close();
  await listener.close();
});

test('does not touch one that somebody listens on, nor a file, nor a link', async () => {
  const path = join(folder, 'mine.sock');
  const { server, listener } = await listening(path);
  const second = await listenUnix({ server, path, mode: 0o600, identity });
  expect(second).toMatchObject({ ok: false, failure: { kind: 'in-use', message: expect.stringContaining(path) } });
  await new TestClient(connectSocket(path)).open();

  const file = join(folder, 'file');
  await writeFile(file, 'precious');
  const link = join(folder, 'link');
  await symlink(file, link);
  for (const taken of [file, link]) {
    const refused = await listenUnix({ server, path: taken, mode: 0o600, identity });
    expect(refused).toMatchObject({ ok: false, failure: { kind: 'not-a-socket' } });
  }
  await server.close();
  await listener.close();
});

test('says what is wrong with the path', async () => {
  const server = serve();
  const long = await listenUnix({ server, path: join(folder, 'a'.repeat(100)), mode: 0o600, identity });
  expect(long).toMatchObject({ ok: false, failure: { kind: 'path-too-long' } });
  const nowhere = await listenUnix({ server, path: join(folder, 'nowhere', 'x'), mode: 0o600, identity });
  expect(nowhere).toMatchObject({ ok: false, failure: { kind: 'failed', message: expect.stringContaining('ENOENT') } });
});

test('does not remove the socket of a successor', async () => {
  const path = join(folder, 'heir.sock');
  const first = await listening(path);
  await rm(path);
  const second = await listening(path);
  await first.listener.close();
  await new TestClient(connectSocket(path)).open();
  await chmod(path, 0o600);
  await second.server.close();
  await second.listener.close();
});
