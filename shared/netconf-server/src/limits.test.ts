import { duplexPair } from 'node:stream';
import { bytes, milliseconds } from '@sublane/basics';
import { BASE_NAMESPACE } from '@sublane/netconf';
import { describe, expect, test } from 'vitest';
import { OK, type RpcHandler } from './rpc-table.ts';
import { type CloseReason, reasonText } from './session.ts';
import { attach, connect, LAB, recorder, serve } from './testing/harness.ts';
import { errorsOf } from './testing/test-client.ts';

describe('limits', () => {
  test('on sessions, of all and of one user', async () => {
    const server = serve({ limits: { sessions: 3, sessionsPerUser: 2 } });
    const first = await connect(server, 'ann');
    await connect(server, 'ann');
    const accept = (user: string) =>
      server.accept(duplexPair()[0], { identity: { user, role: 'host' }, transport: 'other' });
    expect(accept('ann')).toMatchObject({ ok: false, failure: { kind: 'too-many-sessions-of-user' } });
    await connect(server, 'bob');
    expect(accept('cid')).toMatchObject({ ok: false, failure: { kind: 'too-many-sessions' } });
    await first.rpc('<close-session/>');
    await first.closed;
    await connect(server, 'ann');
  });

  test('on a message: the session ends', async () => {
    const seen = recorder();
    const client = await connect(serve({ limits: { message: 10_000 }, events: seen.events }));
    client.send(`<echo ${LAB}><text>${'a'.repeat(20_000)}</text></echo>`);
    await client.closed;
    expect(seen.closed.map(([, reason]) => reasonText(reason))).toEqual([expect.stringMatching(/limit on message/)]);
  });

  test('on a message of some: what is too long for one is not for another', async () => {
    const messageLimit = ({ role }: { readonly role: string }) => (role === 'host' ? bytes(10_000) : undefined);
    const server = serve({ messageLimit });
    const long = `<echo ${LAB}><text>a</text><!-- ${'a'.repeat(20_000)} --></echo>`;
    const staff = await connect(server, 'olga', 'operator');
    expect(await staff.errors(long)).toEqual([]);
    const host = await connect(server, 'laptop', 'host');
    host.send(long);
    await host.closed;
  });

  test('on the hello: size, time, sense', async () => {
    const seen: CloseReason[] = [];
    const limits = { hello: 1000, helloTime: milliseconds(50) };
    const server = serve({ limits });
    const late = attach(server);
    await late.closed;
    const long = attach(server);
    long.stream.write(`<hello xmlns="${BASE_NAMESPACE}">${' '.repeat(2000)}`);
    await long.closed;
    const senseless = attach(server);
    senseless.stream.write('<goodbye/>]]>]]>');
    await senseless.closed;
    expect(seen).toEqual([]); // they never were sessions
    // Each was sent our hello.
    expect(server.statistics()).toMatchObject({ inBadHellos: 2, inSessions: 3 });
    expect(server.sessions()).toEqual([]);
  });

  test('on elements and depth in a filter', async () => {
    const client = await connect(serve({ limits: { elements: 100, depth: 10 } }));
    const [many] = await client.errors(`<get><filter>${'<a/>'.repeat(200)}</filter></get>`);
    expect(many?.tag).toBe('too-big');
    const [deep] = await client.errors(`<get><filter>${'<a>'.repeat(20)}${'</a>'.repeat(20)}</filter></get>`);
    expect(deep?.tag).toBe('too-big');
  });

  test('on attributes and elements in the body of an rpc, which libyang would count for long', async () => {
    const client = await connect(serve({ limits: { elements: 2000 } }));
    const declared = Array.from({ length: 2000 }, (_, at) => `xmlns:a${at}="urn:${at}"`).join(' ');
    const items = Array.from({ length: 1500 }, (_, id) => `<item><id>${id}</id></item>`).join('');
    for (const operation of [
      `<echo ${LAB}><text ${declared}>a</text></echo>`,
      `<echo ${LAB}><text>a</text>${items}</echo>`,
    ]) {
      expect((await client.errors(operation)).map(({ tag }) => tag)).toEqual(['too-big']);
    }
    // Many in the whole, but within the limit on one element, are taken.
    const few = Array.from({ length: 300 }, (_, id) => `<item xmlns:p="urn:p"><id>${id}</id></item>`).join('');
    expect(await client.errors(`<echo ${LAB}><text>a</text>${few}</echo>`)).toEqual([]);
  });

  test('on the elements of an rpc of the application, of which libyang would compare each with each', async () => {
    const client = await connect(serve());
    const twice = (count: number) => `<echo ${LAB}><text>a</text>${'<item><id>1</id></item>'.repeat(count)}</echo>`;
    const [refused] = await client.errors(twice(2_000));
    expect(refused).toMatchObject({ tag: 'too-big', message: 'more than 4000 elements' });
    expect((await client.errors(twice(5))).map(({ tag }) => tag)).not.toContain('too-big');
  });

  test('on what is read ahead: a peer that sends and does not wait is not read for ever', async () => {
    const release = Promise.withResolvers<void>();
    const wait: RpcHandler = () => release.promise.then(() => OK);
    const client = await connect(serve({ rpcs: { 'lab:wait': wait }, limits: { outstandingRpcs: 5 } }));
    const text = 'a'.repeat(40_000);
    client.send(`<wait ${LAB}/>`);
    for (let sent = 0; sent < 100; sent++) client.send(`<echo ${LAB}><text>${text}</text></echo>`);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(client.stream.writableLength).toBeGreaterThan(2_000_000);
    release.resolve();
    for (let answered = 0; answered < 101; answered++) expect(errorsOf(await client.reply())).toEqual([]);
  });

  test('on the bytes that are read ahead: few requests, each of them large', async () => {
    const release = Promise.withResolvers<void>();
    const wait: RpcHandler = () => release.promise.then(() => OK);
    const client = await connect(serve({ rpcs: { 'lab:wait': wait }, limits: { outstandingBytes: bytes(100_000) } }));
    client.send(`<wait ${LAB}/>`);
    const much = `<!-- ${'a'.repeat(1_000_000)} -->`;
    for (let sent = 0; sent < 10; sent++) client.send(`<echo ${LAB}><text>a</text>${much}</echo>`);
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(client.stream.writableLength).toBeGreaterThan(8_000_000);
    release.resolve();
    for (let answered = 0; answered < 11; answered++) expect(errorsOf(await client.reply())).toEqual([]);
  });

  test('on replies not taken: no more is done for that peer, and others go on', async () => {
    const seen = recorder();
    const limits = { unsentReplies: 100_000 as never, stallTime: milliseconds(300) };
    const server = serve({ limits, events: seen.events });
    const lazy = await connect(server, 'lazy');
    lazy.stream.pause();
    for (let sent = 0; sent < 100; sent++) lazy.send(`<echo ${LAB}><text>${'a'.repeat(40_000)}</text></echo>`);
    const busy = await connect(server, 'busy');
    for (let round = 0; round < 20; round++) await busy.rpc(`<echo ${LAB}><text>still here</text></echo>`);
    expect(seen.done.filter(({ session }) => session.identity.user === 'lazy').length).toBeLessThan(20);
    await expect
      .poll(() => seen.closed)
      .toEqual([[1, { kind: 'timeout', detail: 'the peer did not take its replies' }]]);
    expect(errorsOf(await busy.rpc(`<echo ${LAB}><text>still here</text></echo>`))).toEqual([]);
  });

  test('a peer that takes its replies late gets them all', async () => {
    const server = serve({ limits: { unsentReplies: 100_000 as never } });
    const client = await connect(server);
    client.stream.pause();
    for (let sent = 0; sent < 60; sent++) client.send(`<echo ${LAB}><text>${'a'.repeat(40_000)}</text></echo>`);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    client.stream.resume();
    for (let taken = 0; taken < 60; taken++) expect(errorsOf(await client.reply())).toEqual([]);
  });
});
