import { failed, ok } from '@sublane/basics';
import { CAPABILITY, rpcError } from '@sublane/netconf';
import { expect, test } from 'vitest';
import { edit, labOf, NC, said } from '../testing/config-calls.ts';
import { connect, inLab, running, serve } from '../testing/harness.ts';
import { MemoryPersistence } from '../testing/memory-persistence.ts';

const A = '<name>a</name>';
const ROLLBACK = '<error-option>rollback-on-error</error-option>';

async function open(more = {}) {
  const persistence = new MemoryPersistence();
  const datastores = await running(inLab(A), { persistence, ...more });
  const server = serve({ datastores });
  return { persistence, server, client: await connect(server) };
}

test('rollback-on-error is announced (RFC 6241 §8.5)', async () => {
  const { server } = await open();
  expect(server.capabilities).toContain(CAPABILITY.rollbackOnError);
});

test.each([
  ['the edit', '<level>3</level><name nc:operation="create">b</name>', 'data-exists'],
  ['the schema', '<level>3</level><first-box>9</first-box>', 'data-missing'],
])('what %s refuses after a part was right leaves nothing of that part', async (_, inside, tag) => {
  const { client, persistence } = await open();
  expect(await said(client, edit('running', inside, ROLLBACK, NC))).toBe(tag);
  expect(await labOf(client, 'running')).toBe(A);
  expect(persistence.purposes).toEqual([]);
});

test('what a participant refuses is taken back from those that had done it', async () => {
  const state = { level: 0 };
  const participants = [
    {
      name: 'does',
      apply: () => {
        state.level = 3;
        return ok();
      },
      undo: () => {
        state.level = 0;
      },
    },
    { name: 'refuses', apply: () => failed([rpcError.resourceDenied('application', { message: 'no room' })]) },
  ];
  const { client, persistence } = await open({ participants });
  expect(await said(client, edit('running', '<level>3</level>', ROLLBACK))).toBe('resource-denied');
  expect(state.level).toBe(0);
  expect(await labOf(client, 'running')).toBe(A);
  expect(persistence.purposes).toEqual([]);
});

test('what cannot be taken back is said: rollback-failed beside the error', async () => {
  const participants = [
    {
      name: 'stuck',
      undo: () => {
        throw new Error('stuck');
      },
    },
    { name: 'refuses', apply: () => failed([rpcError.resourceDenied('application', { message: 'no room' })]) },
  ];
  const { client } = await open({ participants });
  expect(await said(client, edit('running', '<level>3</level>', ROLLBACK))).toBe('resource-denied rollback-failed');
});
