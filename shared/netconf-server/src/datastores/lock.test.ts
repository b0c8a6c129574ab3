import { ok, unwrap } from '@sublane/basics';
import { elementText } from '@sublane/netconf';
import { describe, expect, test } from 'vitest';
import type { DatastoreEvent } from '../datastores.ts';
import { copy, deleteConfig, edit, labOf, lock, said, unlock } from '../testing/config-calls.ts';
import { connect, inLab, running, serve } from '../testing/harness.ts';

async function open(more = {}) {
  const datastores = await running(inLab('<name>a</name>'), { candidate: true, startup: true, ...more });
  const events: DatastoreEvent[] = [];
  datastores.watch((event) => void events.push(event));
  const server = serve({ datastores });
  return { datastores, events, server, ann: await connect(server), ben: await connect(server, 'ben') };
}

describe.each(['running', 'candidate', 'startup'] as const)('the lock of %s', (name) => {
  test('is one session alone (RFC 6241 §7.5)', async () => {
    const { ann, ben, datastores } = await open();
    expect(await said(ann, lock(name))).toBe('ok');
    expect(datastores.locks.holder(name)?.session.id).toBe(1);
    // "If the lock is already held, the <error-tag> element will be "lock-denied" and the <error-info> element will
    // include the <session-id> of the lock owner."
    for (const client of [ann, ben]) {
      const [error] = await client.errors(lock(name));
      expect([error?.type, error?.tag, error?.info?.map(elementText)]).toEqual(['protocol', 'lock-denied', ['1']]);
    }
    expect(await said(ann, unlock(name))).toBe('ok');
    expect(await said(ben, lock(name))).toBe('ok');
  });

  test('is released by none but its holder, and only while it is held (§7.6)', async () => {
    const { ann, ben } = await open();
    expect(await said(ann, unlock(name))).toBe('operation-failed');
    expect(await said(ann, lock(name))).toBe('ok');
    expect(await said(ben, unlock(name))).toBe('operation-failed');
    expect(await said(ben, lock(name))).toBe('lock-denied');
    expect(await said(ann, unlock(name))).toBe('ok');
    expect(await said(ann, unlock(name))).toBe('operation-failed');
  });

  test.each(['<close-session/>', 'kill', 'drop'])('goes with its session: %s', async (end) => {
    const { ann, ben, datastores } = await open();
    expect(await said(ann, lock(name))).toBe('ok');
    if (end === 'kill') await said(ben, '<kill-session><session-id>1</session-id></kill-session>');
    else if (end === 'drop') ann.stream.destroy();
    else await said(ann, end);
    await ann.closed;
    await datastores.settled();
    expect(datastores.locks.holder(name)).toBeUndefined();
    expect(await said(ben, lock(name))).toBe('ok');
  });

  test('refuses the changes of others, with in-use', async () => {
    const { ann, ben } = await open();
    expect(await said(ann, lock(name))).toBe('ok');
    const changes = [copy(`<config>${inLab('<level>1</level>')}</config>`, `<${name}/>`)];
    if (name === 'startup') changes.push(deleteConfig('<startup/>'));
    else changes.push(edit(name, '<level>1</level>'));
    for (const change of changes) expect(await said(ben, change)).toBe('in-use');
    for (const change of changes) expect(await said(ann, change)).toBe('ok');
  });

  test('is told of when it changes hands (RFC 6022 §2.1.3)', async () => {
    const { ann, ben, events } = await open();
    await said(ann, lock(name));
    await said(ben, lock(name));
    await said(ann, unlock(name));
    expect(events.map(({ kind }) => kind)).toEqual(['locks', 'locks']);
  });
});

test('a lock does not hold up reading, testing, or the application itself', async () => {
  const { ann, ben, datastores } = await open();
  await said(ann, lock('running'));
  expect(await labOf(ben, 'running')).toBe('<name>a</name>');
  expect(await said(ben, edit('running', '<level>1</level>', '<test-option>test-only</test-option>'))).toBe('ok');
  unwrap(await datastores.running.commit(() => ok(inLab('<name>z</name>'))));
  expect(await labOf(ben, 'running')).toBe('<name>z</name>');
});

test('a lock waits for the change under way, and comes before the next', async () => {
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const slow = { name: 'slow', apply: () => gate.then(() => ok()) };
  const { ann, ben, datastores } = await open({ participants: [slow] });
  const edited = said(ben, edit('running', '<level>1</level>'));
  const locked = said(ann, lock('running'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(datastores.locks.holder('running')).toBeUndefined();
  go();
  expect(await edited).toBe('ok');
  expect(await locked).toBe('ok');
  expect(await said(ben, edit('running', '<level>2</level>'))).toBe('in-use');
});

test('a session that has ended gets no lock any more, and changes nothing', async () => {
  const { ann, server, datastores } = await open();
  const [session] = server.sessions();
  ann.stream.destroy();
  await ann.closed;
  await datastores.settled();
  expect(await datastores.locks.take('running', session!)).toMatchObject({ ok: false });
  expect(datastores.locks.holder('running')).toBeUndefined();
  const wanted = () => ok(inLab('<name>z</name>'));
  const options = { session: session! };
  expect(await datastores.running.commit(wanted, options)).toMatchObject({ ok: false });
  expect(await datastores.candidate!.edit(wanted, options)).toMatchObject({ ok: false });
  expect(await datastores.candidate!.commit(options)).toMatchObject({ ok: false });
  expect(await datastores.startup!.replace(wanted, options)).toMatchObject({ ok: false });
  expect(datastores.running.read().xml).toBe(inLab('<name>a</name>'));
});

test('what a killed session had asked for does not begin (§7.9)', async () => {
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const slow = { name: 'slow', apply: () => gate.then(() => ok()) };
  const { ann, ben, server, datastores } = await open({ participants: [slow] });
  const cat = await connect(server, 'cat');
  const first = said(ben, edit('running', '<level>1</level>'));
  ann.send(edit('running', '<level>2</level>'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(await said(cat, '<kill-session><session-id>1</session-id></kill-session>')).toBe('ok');
  go();
  expect(await first).toBe('ok');
  await datastores.settled();
  expect(await labOf(ben, 'running')).toBe('<name>a</name><level>1</level>');
});

test.each([
  ['<lock/>', 'missing-element'],
  ['<lock><target/></lock>', 'missing-element'],
  ['<lock><target><running/><candidate/></target></lock>', 'bad-element'],
  ['<lock><target><url>file:///x</url></target></lock>', 'unknown-element'],
  ['<lock><target><config/></target></lock>', 'unknown-element'],
  ['<lock><target><nobody/></target></lock>', 'unknown-element'],
  ['<unlock><target><nobody/></target></unlock>', 'unknown-element'],
])('%s is refused with %s', async (operation, tag) => {
  const { ann } = await open();
  expect(await said(ann, operation)).toBe(tag);
});
