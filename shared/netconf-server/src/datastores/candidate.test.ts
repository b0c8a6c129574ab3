import { failed } from '@sublane/basics';
import { CAPABILITY, rpcError } from '@sublane/netconf';
import { describe, expect, test } from 'vitest';
import { type Identity, PERMITTED, UNRESTRICTED } from '../access.ts';
import { accessByPath } from '../path-access.ts';
import { copy, edit, labOf, lock, NC, said, unlock, validate } from '../testing/config-calls.ts';
import { connect, inLab, running, serve } from '../testing/harness.ts';

const stores = (initial = inLab('<name>a</name>'), more = {}) => running(initial, { candidate: true, ...more });

async function two(initial?: string, more = {}) {
  const datastores = await stores(initial, more);
  const server = serve({ datastores });
  return { datastores, server, ann: await connect(server), ben: await connect(server, 'ben') };
}

describe('the candidate', () => {
  test('is announced where it is offered, and its operations are refused where not', async () => {
    const { server } = await two();
    expect(server.capabilities).toEqual(expect.arrayContaining([CAPABILITY.candidate, CAPABILITY.confirmedCommit]));
    const without = serve({ datastores: await running() });
    expect(without.capabilities).not.toContain(CAPABILITY.candidate);
    expect(without.capabilities).not.toContain(CAPABILITY.confirmedCommit);
    const client = await connect(without);
    for (const operation of [
      '<commit/>',
      '<discard-changes/>',
      '<cancel-commit/>',
      edit('candidate', ''),
      lock('candidate'),
    ])
      expect(await said(client, operation)).toBe('operation-not-supported');
  });

  test('is edited without running, by all sessions together, and becomes running as a whole', async () => {
    const { ann, ben } = await two();
    expect(await said(ann, edit('candidate', '<name>b</name>'))).toBe('ok');
    expect(await said(ben, edit('candidate', '<level>9</level>'))).toBe('ok');
    expect(await labOf(ann, 'running')).toBe('<name>a</name>');
    expect(await labOf(ben, 'candidate')).toBe('<name>b</name><level>9</level>');
    expect(await said(ben, '<commit/>')).toBe('ok');
    expect(await labOf(ann, 'running')).toBe('<name>b</name><level>9</level>');
  });

  test('follows running until it is changed', async () => {
    const { ann, datastores } = await two();
    expect(await said(ann, edit('running', '<level>1</level>'))).toBe('ok');
    expect(await labOf(ann, 'candidate')).toBe('<name>a</name><level>1</level>');
    expect(await said(ann, edit('candidate', '<level>2</level>'))).toBe('ok');
    expect(await said(ann, edit('running', '<name>z</name>'))).toBe('ok');
    expect(await labOf(ann, 'candidate')).toBe('<name>a</name><level>2</level>');
    expect(await said(ann, '<discard-changes/>')).toBe('ok');
    expect(await labOf(ann, 'candidate')).toBe('<name>z</name><level>1</level>');
    // Edited back, it is unmodified.
    expect(await said(ann, edit('candidate', '<level>2</level>'))).toBe('ok');
    expect(datastores.candidate?.modified).toBe(true);
    expect(await said(ann, edit('candidate', '<level>1</level>'))).toBe('ok');
    expect(datastores.candidate?.modified).toBe(false);
  });

  test.each([
    ['a wrong type', '<level>many</level>', 'invalid-value'],
    ['an unknown element', '<nobody/>', 'unknown-element'],
    ['data that is there', '<name nc:operation="create">b</name>', 'data-exists'],
    ['data that is not', '<level nc:operation="delete"/>', 'data-missing'],
  ])('refuses %s at once', async (_, inside, tag) => {
    const { ann } = await two();
    expect(await said(ann, edit('candidate', inside, '', NC))).toBe(tag);
    expect(await labOf(ann, 'candidate')).toBe('<name>a</name>');
  });

  test('need not be valid until it is committed or validated (RFC 7950 §8.3.3)', async () => {
    const { ann, datastores } = await two();
    expect(await said(ann, edit('candidate', '<options><other>x</other></options><first-box>9</first-box>'))).toBe(
      'ok',
    );
    expect(await said(ann, validate('<candidate/>'))).not.toBe('ok');
    const before = datastores.running.read();
    expect(await said(ann, '<commit/>')).toMatch(/data-missing/);
    // "If the device is unable to commit all of the changes in the candidate configuration datastore, then the running
    // configuration MUST remain unchanged." (RFC 6241 §8.3.4.1)
    expect(datastores.running.read()).toBe(before);
    expect(await labOf(ann, 'candidate')).toContain('<first-box>9</first-box>');
    expect(await said(ann, edit('candidate', '<options><must-have>y</must-have></options><box><id>9</id></box>'))).toBe(
      'ok',
    );
    expect(await said(ann, validate('<candidate/>'))).toBe('ok');
    expect(await said(ann, '<commit/>')).toBe('ok');
  });

  test('a participant that refuses leaves running and candidate as they were', async () => {
    const participants = [
      { name: 'p', validate: () => failed([rpcError.inUse('application', { message: 'leases are held' })]) },
    ];
    const { ann } = await two(undefined, { participants });
    expect(await said(ann, edit('candidate', '<name>b</name>'))).toBe('ok');
    expect(await said(ann, '<commit/>')).toBe('in-use');
    expect(await labOf(ann, 'running')).toBe('<name>a</name>');
    expect(await labOf(ann, 'candidate')).toBe('<name>b</name>');
  });

  test('is written by copy-config, and is a source of it', async () => {
    const { ann } = await two();
    const config = `<config>${inLab('<level>3</level>')}</config>`;
    expect(await said(ann, copy(config, '<candidate/>'))).toBe('ok');
    expect(await labOf(ann, 'candidate')).toBe('<level>3</level>');
    expect(await said(ann, copy('<candidate/>', '<running/>'))).toBe('ok');
    expect(await labOf(ann, 'running')).toBe('<level>3</level>');
  });
});

describe('locks', () => {
  test('of running or candidate by another refuse a commit with in-use (RFC 6241 §8.3.4.1)', async () => {
    const { ann, ben } = await two();
    expect(await said(ann, edit('candidate', '<name>b</name>'))).toBe('ok');
    expect(await said(ben, lock('running'))).toBe('ok');
    expect(await said(ann, '<commit/>')).toBe('in-use');
    expect(await said(ben, unlock('running'))).toBe('ok');
    expect(await said(ann, '<discard-changes/>')).toBe('ok');
    expect(await said(ben, lock('candidate'))).toBe('ok');
    for (const operation of [
      '<commit/>',
      '<discard-changes/>',
      edit('candidate', '<level>1</level>'),
      copy('<running/>', '<candidate/>'),
    ])
      expect(await said(ann, operation)).toBe('in-use');
    expect(await said(ben, edit('candidate', '<level>1</level>'))).toBe('ok');
    expect(await said(ben, '<commit/>')).toBe('ok');
  });

  test('are not had on a candidate that is modified (§7.5)', async () => {
    const { ann, ben } = await two();
    expect(await said(ann, edit('candidate', '<name>b</name>'))).toBe('ok');
    for (const client of [ann, ben]) {
      const [error] = await client.errors(lock('candidate'));
      expect(error).toMatchObject({ tag: 'lock-denied', info: [{ name: 'session-id', children: ['0'] }] });
    }
    expect(await said(ben, '<discard-changes/>')).toBe('ok');
    expect(await said(ben, lock('candidate'))).toBe('ok');
  });

  test('take outstanding changes with them when they are released (§8.3.5.2)', async () => {
    const { ann, ben, datastores } = await two();
    expect(await said(ann, lock('candidate'))).toBe('ok');
    expect(await said(ann, edit('candidate', '<name>b</name>'))).toBe('ok');
    expect(await said(ann, unlock('candidate'))).toBe('ok');
    expect(await labOf(ben, 'candidate')).toBe('<name>a</name>');
    expect(await said(ann, lock('candidate'))).toBe('ok');
    expect(await said(ann, edit('candidate', '<name>c</name>'))).toBe('ok');
    ann.stream.destroy();
    await ann.closed;
    await datastores.settled();
    expect(await labOf(ben, 'candidate')).toBe('<name>a</name>');
    expect(await said(ben, lock('candidate'))).toBe('ok');
  });

  test('changes of one without a lock stay when it ends', async () => {
    const { ann, ben } = await two();
    expect(await said(ann, edit('candidate', '<name>b</name>'))).toBe('ok');
    expect(await said(ann, '<close-session/>')).toBe('ok');
    expect(await labOf(ben, 'candidate')).toBe('<name>b</name>');
  });
});

describe('access to a commit (RFC 8341 §3.2.8)', () => {
  test('is asked for what differs from running, and nothing else', async () => {
    const asked: string[] = [];
    const access = {
      ...UNRESTRICTED,
      data: ({ user }: Identity) =>
        accessByPath((path, operation) => {
          if (operation !== 'read') asked.push(`${user} ${operation} ${path}`);
          const refused = operation !== 'read' && user === 'ben' && path.endsWith('/level');
          return refused ? { permit: false, rule: 'no-level' } : PERMITTED;
        }),
    };
    const server = serve({ datastores: await stores(), access });
    const [ann, ben] = [await connect(server), await connect(server, 'ben')];
    expect(await said(ann, edit('candidate', '<level>1</level>'))).toBe('ok');
    expect(await said(ben, '<commit/>')).toBe('access-denied');
    expect(await labOf(ann, 'running')).toBe('<name>a</name>');
    expect(await said(ann, '<commit/>')).toBe('ok');
    asked.length = 0;
    expect(await said(ben, edit('candidate', '<name>c</name>'))).toBe('ok');
    expect(await said(ben, '<commit/>')).toBe('ok');
    expect(new Set(asked)).toEqual(new Set(['ben update /lab:lab/name']));
  });
});
