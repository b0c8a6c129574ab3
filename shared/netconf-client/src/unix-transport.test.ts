import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectUnix } from './connect.ts';
import { echo, ScriptedServer } from './testing/scripted-server.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netconf-client-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('a session over a Unix socket', async () => {
  const path = join(folder, 'server.sock');
  const server = createServer((socket) => void new ScriptedServer(socket, echo));
  server.listen(path);
  await once(server, 'listening');
  const client = unwrap(await connectUnix(path));
  expect(client.name).toBe(path);
  expect((await client.rpc('<echo xmlns="urn:e">x</echo>')).ok).toBe(true);
  await client.close();
  server.close();
  await once(server, 'close');
});

test.each([
  ['none.sock', 'ENOENT', 'there is no such socket; is the server running?'],
  ['file', 'ECONNREFUSED', 'nothing listens there (connection refused); is the server running?'],
])('%s cannot be reached', async (file, code, why) => {
  writeFileSync(join(folder, 'file'), '');
  const path = join(folder, file);
  expect(await connectUnix(path)).toEqual({
    ok: false,
    failure: { kind: 'unreachable', code, message: `${path} cannot be reached: ${why}` },
  });
});
