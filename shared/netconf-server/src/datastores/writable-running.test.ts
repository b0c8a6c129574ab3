import { ok, unwrap } from '@sublane/basics';
import { CAPABILITY } from '@sublane/netconf';
import { describe, expect, test } from 'vitest';
import { copy, edit, labOf, lock, said, unlock, validate } from '../testing/config-calls.ts';
import { connect, inLab, running, serve } from '../testing/harness.ts';

const A = '<name>a</name>';
const inline = `<config>${inLab('<name>b</name>')}</config>`;

async function open(writableRunning?: boolean) {
  const options = { candidate: true, startup: true, ...(writableRunning !== undefined && { writableRunning }) };
  const datastores = await running(inLab(A), options);
  const server = serve({ datastores });
  return { datastores, server, client: await connect(server) };
}

describe('running that peers may write (RFC 6241 §8.2)', () => {
  test('is announced, and a target of edit-config and copy-config', async () => {
    const { server, client } = await open();
    expect(server.capabilities).toContain(CAPABILITY.writableRunning);
    expect(await said(client, edit('running', '<level>1</level>'))).toBe('ok');
    expect(await said(client, copy(inline, '<running/>'))).toBe('ok');
    expect(await labOf(client, 'running')).toBe('<name>b</name>');
  });
});

describe('running that peers may not write', () => {
  test('is not announced, and no target', async () => {
    const { server, client } = await open(false);
    expect(server.capabilities).not.toContain(CAPABILITY.writableRunning);
    for (const operation of [
      edit('running', '<level>1</level>'),
      copy(inline, '<running/>'),
      copy('<startup/>', '<running/>'),
    ])
      expect(await said(client, operation)).toBe('operation-not-supported');
    expect(await labOf(client, 'running')).toBe(A);
  });

  test('is read, locked and validated, and becomes what the candidate is', async () => {
    const { client } = await open(false);
    for (const operation of [
      lock('running'),
      unlock('running'),
      validate('<running/>'),
      copy('<running/>', '<startup/>'),
    ])
      expect(await said(client, operation)).toBe('ok');
    expect(await said(client, edit('candidate', '<name>b</name>'))).toBe('ok');
    expect(await said(client, '<commit/>')).toBe('ok');
    expect(await labOf(client, 'running')).toBe('<name>b</name>');
  });

  test('is still written by the application', async () => {
    const { client, datastores } = await open(false);
    unwrap(await datastores.running.commit(() => ok(inLab('<name>z</name>'))));
    expect(await labOf(client, 'running')).toBe('<name>z</name>');
  });
});
