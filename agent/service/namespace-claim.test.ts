import { createServer } from 'node:net';
import { unwrap } from '@sublane/basics';
import { expect, test } from 'vitest';
import { claimNamespace } from './namespace-claim.ts';

const ours = { pid: process.pid, folder: '/var/lib/sublane' };
let names = 0;
const newName = () => `\0sublane-claim-test-${process.pid}-${names++}`;

test('one agent has it; a second is told which, and may have it after that', async () => {
  const name = newName();
  const first = unwrap(await claimNamespace(ours, name));
  const second = await claimNamespace({ pid: 7, folder: '/elsewhere' }, name);
  expect(second).toMatchObject({
    ok: false,
    failure: {
      kind: 'namespace-in-use',
      message: expect.stringContaining(`process id ${process.pid} (/var/lib/sublane)`),
    },
  });
  await first.release();
  await unwrap(await claimNamespace(ours, name)).release();
});

test.each([
  ['that says nothing', ''],
  ['that says something else', 'hello\n'],
  ['that would write on a terminal', JSON.stringify({ pid: 1, folder: '\u001b[2J' })],
  ['that never stops', 'x'.repeat(100_000)],
])('a stranger %s is named by its process', async (_, words) => {
  const name = newName();
  const stranger = createServer((socket) => {
    socket.on('error', () => {});
    socket.end(words);
  });
  await new Promise<void>((resolve) => stranger.listen(name, resolve));
  const claimed = await claimNamespace(ours, name);
  expect(claimed).toMatchObject({
    ok: false,
    failure: { message: expect.stringMatching(new RegExp(`^process ${process.pid} holds the name @sublane-claim`)) },
  });
  stranger.close();
});

test('of two that want it at once, one has it', async () => {
  const name = newName();
  const claims = await Promise.all([1, 2, 3].map((pid) => claimNamespace({ pid, folder: '/' }, name)));
  const held = claims.filter(({ ok }) => ok);
  expect(held).toHaveLength(1);
  await unwrap(held[0]!).release();
});
