import { type AddressInfo, connect as connectSocket, createServer } from 'node:net';
import { duplexPair } from 'node:stream';
import { failed, milliseconds, ok, silentLog } from '@sublane/basics';
import { BASE_NAMESPACE, CAPABILITY, childElement, elementText, rpcError, writeXml } from '@sublane/netconf';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { type AccessControl, PERMITTED, UNRESTRICTED } from './access.ts';
import { openDatastore } from './datastore.ts';
import type { RpcDone, ServerEvents } from './events.ts';
import { OK, type RpcHandler, refused } from './rpc-table.ts';
import { createNetconfServer, type NetconfServer, type ServerOptions } from './server.ts';
import { type CloseReason, reasonText, type Session } from './session.ts';
import { lab } from './testing/lab.ts';
import { errorsOf, infoOf, isOk, TestClient } from './testing/test-client.ts';

const ANN = { user: 'ann', role: 'host' };
const LAB = 'xmlns="urn:example:lab"';
const inLab = (inside: string, attributes = '') => `<lab ${LAB}${attributes}>${inside}</lab>`;

const echo: RpcHandler = ({ input }) => ({
  kind: 'data',
  xml: `<text ${LAB}>${input.text}</text><times ${LAB}>${input.times}</times>`,
});

const servers: NetconfServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close({ drain: 0 });
});

function serve(options: Partial<ServerOptions> = {}): NetconfServer {
  const server = createNetconfServer({
    schema: lab().context,
    access: UNRESTRICTED,
    log: silentLog,
    ...options,
    rpcs: { 'lab:echo': echo, ...options.rpcs },
  });
  servers.push(server);
  return server;
}

async function running(initial = '') {
  const opened = await openDatastore({ schema: lab().context, log: silentLog, initial });
  if (!opened.ok) throw new Error(JSON.stringify(opened.failure));
  return { running: opened.value };
}

function attach(server: NetconfServer, user = 'ann', role = 'host', capabilities?: readonly string[]): TestClient {
  const [ours, theirs] = duplexPair();
  const begun = server.accept(ours, { identity: { user, role }, transport: 'other' });
  if (!begun.ok) throw new Error(begun.failure.kind);
  return new TestClient(theirs, capabilities);
}

async function connect(server: NetconfServer, user?: string, role?: string): Promise<TestClient> {
  const client = attach(server, user, role);
  await client.open();
  return client;
}

/** Records what the application is told. */
function recorder() {
  const opened: Session[] = [];
  const closed: (readonly [number, CloseReason])[] = [];
  const done: RpcDone[] = [];
  const denied: string[] = [];
  const events: ServerEvents = {
    sessionOpened: (session) => void opened.push(session),
    sessionClosed: (session, reason) => void closed.push([session.id, reason]),
    rpcDone: (one) => void done.push(one),
    accessRefused: ({ target, rule }) => void denied.push(`${target} ${rule}`),
  };
  return { opened, closed, done, denied, events };
}

describe('a session', () => {
  test('begins with a hello that says what is here', async () => {
    const client = attach(serve({ datastores: await running(), capabilities: ['urn:example:more'] }));
    const { capabilities, sessionId, base } = await client.open();
    expect(sessionId).toBe(1);
    expect(base).toBe('1.1');
    for (const uri of [CAPABILITY.base10, CAPABILITY.base11, CAPABILITY.writableRunning, CAPABILITY.rollbackOnError]) {
      expect(capabilities).toContain(uri);
    }
    expect(capabilities).toContain('urn:example:more');
    expect(capabilities).toContain('urn:example:lab?module=lab&revision=2026-11-20');
    expect(capabilities.some((uri) => uri.startsWith(`${CAPABILITY.yangLibrary11}?revision=`))).toBe(true);
  });

  test('answers requests, with their attributes', async () => {
    const client = await connect(serve());
    const reply = await client.rpc(`<echo ${LAB}><text>hello</text></echo>`);
    expect(writeXml(reply)).toContain(
      '<text xmlns="urn:example:lab">hello</text><times xmlns="urn:example:lab">1</times>',
    );
    client.sendRaw(
      `<rpc xmlns="${BASE_NAMESPACE}" message-id="x&amp;y" xmlns:e="urn:e" e:mark="1"><echo ${LAB}><text>hi</text></echo></rpc>`,
    );
    const event = await client.next();
    expect(event).toMatchObject({ kind: 'discarded' }); // no request of ours has this id
  });

  test('answers in the old framing where the peer knows no other', async () => {
    const client = attach(serve(), 'ann', 'host', [CAPABILITY.base10]);
    expect((await client.open()).base).toBe('1.0');
    expect(writeXml(await client.rpc(`<echo ${LAB}><text>old</text></echo>`))).toContain('old');
  });

  test('answers pipelined requests in order, one after another', async () => {
    const order: string[] = [];
    let inHand = 0;
    const slow: RpcHandler = async ({ input }) => {
      expect(++inHand).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      inHand--;
      order.push(String(input.text));
      return { kind: 'data', xml: `<text ${LAB}>${input.text}</text>` };
    };
    const client = await connect(serve({ rpcs: { 'lab:echo': slow }, limits: { outstandingRpcs: 4 } }));
    const texts = Array.from({ length: 100 }, (_, number) => `n${number}`);
    for (const text of texts) client.send(`<echo ${LAB}><text>${text}</text></echo>`);
    const replies: string[] = [];
    for (const _ of texts) replies.push(elementText(childElement(await client.reply(), 'text')!));
    expect(order).toEqual(texts);
    expect(replies).toEqual(texts);
  });

  test('ends by close-session, after the replies', async () => {
    const seen = recorder();
    const client = await connect(serve({ events: seen.events }));
    client.send(`<echo ${LAB}><text>first</text></echo>`);
    client.send('<close-session/>');
    client.send(`<echo ${LAB}><text>too late</text></echo>`);
    expect(writeXml(await client.reply())).toContain('first');
    expect(isOk(await client.reply())).toBe(true);
    await client.closed;
    expect(await client.next()).toBeUndefined();
    expect(seen.closed).toEqual([[1, { kind: 'closed' }]]);
    expect(seen.opened.map(({ id }) => id)).toEqual([1]);
  });

  test('is ended by kill-session of another', async () => {
    const seen = recorder();
    const server = serve({ events: seen.events });
    const [one, two] = [await connect(server), await connect(server)];
    expect(isOk(await two.rpc('<kill-session><session-id>1</session-id></kill-session>'))).toBe(true);
    await one.closed;
    expect(seen.closed).toEqual([[1, { kind: 'killed', by: 2 }]]);
    expect(server.sessions().map(({ id }) => id)).toEqual([2]);
  });

  test('is answered to the last request where the peer closes its side', async () => {
    const client = await connect(
      serve({ rpcs: { 'lab:wait': () => new Promise((resolve) => setImmediate(() => resolve(OK))) } }),
    );
    client.send(`<wait ${LAB}/>`);
    client.stream.end();
    expect(isOk(await client.reply())).toBe(true);
    await client.closed;
  });

  test('tells its handler when it is gone', async () => {
    const aborted = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const wait: RpcHandler = ({ signal }) =>
      new Promise((resolve) => {
        begun.resolve();
        signal.addEventListener('abort', () => {
          aborted.resolve();
          resolve(OK);
        });
      });
    const server = serve({ rpcs: { 'lab:wait': wait } });
    const net = createServer((socket) => void server.accept(socket, { identity: ANN, transport: 'other' }));
    await new Promise<void>((resolve) => net.listen(0, '127.0.0.1', resolve));
    const client = new TestClient(connectSocket((net.address() as AddressInfo).port, '127.0.0.1'));
    await client.open();
    client.send(`<wait ${LAB}/>`);
    await begun.promise;
    client.stream.destroy();
    await aborted.promise;
    await expect.poll(() => server.sessions()).toEqual([]);
    net.close();
  });

  test('may be refused, or put an end to older ones', async () => {
    const seen = recorder();
    const server = serve({
      events: seen.events,
      admit: ({ identity }, sessions) =>
        identity.user === 'nobody'
          ? { admit: false, reason: 'unknown host' }
          : {
              admit: true,
              replaces: sessions.filter((one) => one.identity.user === identity.user),
              reason: 'a newer one',
            },
    });
    const first = await connect(server);
    await connect(server, 'bob');
    await connect(server);
    await first.closed;
    expect(seen.closed).toEqual([[1, { kind: 'other', detail: 'a newer one' }]]);
    expect(server.sessions().map(({ id }) => id)).toEqual([2, 3]);
    const refusedOne = server.accept(duplexPair()[0], {
      identity: { user: 'nobody', role: 'host' },
      transport: 'other',
    });
    expect(refusedOne).toEqual({ ok: false, failure: { kind: 'not-admitted', message: 'unknown host' } });
  });
});

describe('errors of the protocol', () => {
  test.each([
    ['an operation nobody has', '<commit/>', 'protocol', 'operation-not-supported', {}],
    ['an rpc without a handler', `<fail ${LAB}/>`, 'protocol', 'operation-not-supported', {}],
    ['lock', '<lock><target><running/></target></lock>', 'protocol', 'operation-not-supported', {}],
    [
      'an unknown namespace',
      '<x xmlns="urn:nobody"/>',
      'protocol',
      'unknown-namespace',
      { 'bad-element': 'x', 'bad-namespace': 'urn:nobody' },
    ],
    [
      'a parameter too much',
      '<close-session><now/></close-session>',
      'protocol',
      'unknown-element',
      { 'bad-element': 'now' },
    ],
    [
      'kill-session without a number',
      '<kill-session/>',
      'protocol',
      'missing-element',
      { 'bad-element': 'session-id' },
    ],
    [
      'kill-session of itself',
      '<kill-session><session-id>1</session-id></kill-session>',
      'protocol',
      'invalid-value',
      {},
    ],
    [
      'kill-session of nobody',
      '<kill-session><session-id>99</session-id></kill-session>',
      'protocol',
      'invalid-value',
      {},
    ],
    [
      'kill-session of nonsense',
      '<kill-session><session-id>-1</session-id></kill-session>',
      'protocol',
      'invalid-value',
      {},
    ],
    ['get-config without a source', '<get-config/>', 'protocol', 'missing-element', { 'bad-element': 'source' }],
    [
      'get-config of an empty source',
      '<get-config><source/></get-config>',
      'protocol',
      'missing-element',
      { 'bad-element': 'running' },
    ],
    [
      'get-config of what is not there',
      '<get-config><source><candidate/></source></get-config>',
      'protocol',
      'operation-not-supported',
      {},
    ],
    ['an XPath filter', '<get><filter type="xpath" select="/lab"/></get>', 'protocol', 'operation-not-supported', {}],
    [
      'a filter of no type',
      '<get><filter type="regex"/></get>',
      'protocol',
      'bad-attribute',
      { 'bad-attribute': 'type', 'bad-element': 'filter' },
    ],
    ['a parameter twice', '<get><filter/><filter/></get>', 'protocol', 'bad-element', { 'bad-element': 'filter' }],
    [
      'edit-config without a target',
      '<edit-config><config/></edit-config>',
      'protocol',
      'missing-element',
      { 'bad-element': 'target' },
    ],
    [
      'edit-config without a config',
      '<edit-config><target><running/></target></edit-config>',
      'protocol',
      'missing-element',
      { 'bad-element': 'config' },
    ],
    [
      'edit-config from a URL',
      '<edit-config><target><running/></target><url>file:///x</url></edit-config>',
      'protocol',
      'operation-not-supported',
      {},
    ],
    [
      'edit-config of startup',
      '<edit-config><target><startup/></target><config/></edit-config>',
      'protocol',
      'operation-not-supported',
      {},
    ],
    [
      'a wrong default-operation',
      '<edit-config><target><running/></target><default-operation>create</default-operation><config/></edit-config>',
      'protocol',
      'invalid-value',
      {},
    ],
    [
      'a wrong test-option',
      '<edit-config><target><running/></target><test-option>guess</test-option><config/></edit-config>',
      'protocol',
      'invalid-value',
      {},
    ],
    [
      'a wrong error-option',
      '<edit-config><target><running/></target><error-option>ignore</error-option><config/></edit-config>',
      'protocol',
      'invalid-value',
      {},
    ],
    ['a missing leaf', `<echo ${LAB}/>`, 'application', 'missing-element', { 'bad-element': 'text' }],
    [
      'an unknown leaf',
      `<echo ${LAB}><text>a</text><more/></echo>`,
      'application',
      'unknown-element',
      { 'bad-element': 'more' },
    ],
    [
      'a leaf of an unknown namespace',
      `<echo ${LAB}><text>a</text><more xmlns="urn:nobody"/></echo>`,
      'application',
      'unknown-namespace',
      { 'bad-namespace': 'urn:nobody' },
    ],
    [
      'an unknown attribute',
      `<echo ${LAB}><text xmlns:l="urn:example:lab" l:bold="1">a</text></echo>`,
      'application',
      'unknown-attribute',
      { 'bad-attribute': 'bold' },
    ],
    ['a wrong value', `<echo ${LAB}><text>a</text><times>11</times></echo>`, 'application', 'invalid-value', {}],
    [
      'a missing key',
      `<echo ${LAB}><text>a</text><item><note>x</note></item></echo>`,
      'application',
      'missing-element',
      { 'bad-element': 'id' },
    ],
    [
      'the same entry twice',
      `<echo ${LAB}><text>a</text><item><id>1</id></item><item><id>1</id></item></echo>`,
      'application',
      'bad-element',
      { 'bad-element': 'item' },
    ],
    [
      'a must',
      `<echo ${LAB}><text>a</text><times>2</times><item><id>1</id></item></echo>`,
      'application',
      'operation-failed',
      {},
    ],
  ])('%s', async (_, operation, type, tag, info) => {
    const client = await connect(serve({ datastores: await running() }));
    const [error] = await client.errors(operation);
    expect([error?.type, error?.tag]).toEqual([type, tag]);
    expect(infoOf(error!)).toMatchObject(info);
    expect(error?.message).toBeTruthy();
    expect(isOk(await client.rpc('<close-session/>'))).toBe(true);
  });

  test('a must says its own sentence, tag and place', async () => {
    const client = await connect(serve());
    const [error] = await client.errors(`<echo ${LAB}><text>a</text><times>2</times><item><id>1</id></item></echo>`);
    expect(error).toMatchObject({ appTag: 'once', message: 'items are echoed once' });
    const [missing] = await client.errors(`<echo ${LAB}><text>a</text><times>11</times></echo>`);
    expect(missing?.path).toEqual({ xpath: '/lab:echo/lab:times', namespaces: { lab: 'urn:example:lab' } });
  });

  test('no message-id: missing-attribute (RFC 6241 §4.1)', async () => {
    const client = await connect(serve());
    client.sendRaw(`<rpc xmlns="${BASE_NAMESPACE}"><get/></rpc>`);
    const event = await client.next();
    if (event?.kind !== 'reply' && event?.kind !== 'discarded') throw new Error('expected an answer');
    expect(isOk(await client.rpc('<close-session/>'))).toBe(true);
  });

  test.each([
    ['in the body of an rpc', `<echo ${LAB}><text>a</echo>`],
    ['in the body of an operation of the standard', '<get><filter></get>'],
  ])('malformed XML %s: malformed-message, and the session goes on', async (_, operation) => {
    const client = await connect(serve());
    const [error] = await client.errors(operation);
    expect([error?.type, error?.tag]).toEqual(['rpc', 'malformed-message']);
    expect(isOk(await client.rpc('<close-session/>'))).toBe(true);
  });

  test('malformed XML with base:1.0 ends the session (RFC 6241 §3)', async () => {
    const seen = recorder();
    const client = attach(serve({ events: seen.events }), 'ann', 'host', [CAPABILITY.base10]);
    await client.open();
    client.send(`<echo ${LAB}><text>a</echo>`);
    await client.closed;
    expect(seen.closed.map(([, { kind }]) => kind)).toEqual(['other']);
  });

  test('a handler that throws is our bug: operation-failed, without its words', async () => {
    const bugs: RpcHandler[] = [
      () => {
        throw new Error('secret of the house');
      },
      () => Promise.reject(new Error('secret of the house')),
    ];
    for (const bug of bugs) {
      const client = await connect(serve({ rpcs: { 'lab:fail': bug } }));
      const [error] = await client.errors(`<fail ${LAB}/>`);
      expect(error?.tag).toBe('operation-failed');
      expect(JSON.stringify(error)).not.toContain('secret');
    }
  });

  test('what a handler refuses arrives whole', async () => {
    const error = rpcError.resourceDenied('application', { appTag: 'pool-empty', message: 'no address is left' });
    const client = await connect(serve({ rpcs: { 'lab:fail': () => refused(error, rpcError.inUse('application')) } }));
    expect(await client.errors(`<fail ${LAB}/>`)).toEqual([error, rpcError.inUse('application')]);
  });

  test('an rpc of no module is refused at the start', () => {
    expect(() => serve({ rpcs: { 'lab:nothing': echo } })).toThrow(/"lab:nothing" is no rpc/);
    expect(() => serve({ rpcs: { 'nobody:echo': echo } })).toThrow(/"nobody:echo" is no rpc/);
  });
});

describe('replies proved before they leave', () => {
  const wrong: RpcHandler = () => ({ kind: 'data', xml: `<times ${LAB}>many</times>` });

  test('a wrong one is not sent', async () => {
    const client = await connect(serve({ rpcs: { 'lab:echo': wrong }, revalidateReplies: true }));
    expect((await client.errors(`<echo ${LAB}><text>a</text></echo>`)).map(({ tag }) => tag)).toEqual([
      'operation-failed',
    ]);
  });

  test('a right one is; and unproved, both are', async () => {
    const proved = await connect(serve({ revalidateReplies: true }));
    expect(errorsOf(await proved.rpc(`<echo ${LAB}><text>a</text></echo>`))).toEqual([]);
    const unproved = await connect(serve({ rpcs: { 'lab:echo': wrong } }));
    expect(errorsOf(await unproved.rpc(`<echo ${LAB}><text>a</text></echo>`))).toEqual([]);
  });
});

describe('access', () => {
  const denies = (what: Partial<AccessControl>): AccessControl => ({ ...UNRESTRICTED, ...what });
  const rule = 'hosts-see-themselves';

  test.each([
    ['host', 'access denied'],
    ['operator', `access denied (rule ${rule})`],
  ])('of a %s to an rpc', async (role, message) => {
    const seen = recorder();
    const access = denies({
      mayInvoke: (_, module, name) => (module === 'lab' && name === 'echo' ? { permit: false, rule } : PERMITTED),
    });
    const client = await connect(serve({ access, events: seen.events }), 'ann', role);
    const [error] = await client.errors(`<echo ${LAB}/>`); // before it is even validated
    expect(error).toMatchObject({ tag: 'access-denied', type: 'application', message });
    expect(seen.denied).toEqual([`lab:echo ${rule}`]);
  });

  test('close-session is always permitted (RFC 8341 §3.2.2)', async () => {
    const client = await connect(serve({ access: denies({ mayInvoke: () => ({ permit: false, rule }) }) }));
    expect((await client.errors('<get/>')).map(({ tag }) => tag)).toEqual(['access-denied']);
    expect(isOk(await client.rpc('<close-session/>'))).toBe(true);
  });

  test('to data: what may not be read is not there, not even for a filter', async () => {
    const access = denies({
      mayRead: (_, path) => (/\/size$|box\[id='2'\]/.test(path) ? { permit: false, rule } : PERMITTED),
    });
    const boxes = '<box><id>1</id><size>5</size></box><box><id>2</id><size>6</size></box>';
    const client = await connect(serve({ access, datastores: await running(inLab(boxes)) }));
    const get = async (filter: string) =>
      writeXml(await client.rpc(`<get-config><source><running/></source>${filter}</get-config>`));
    expect(await get('')).toContain('<lab xmlns="urn:example:lab"><box><id>1</id></box></lab>');
    expect(await get(`<filter>${inLab('<box><size>5</size></box>')}</filter>`)).not.toContain('<id>');
  });

  test('to change: every node is asked for, one refusal refuses all', async () => {
    const seen = recorder();
    const asked: string[] = [];
    const access = denies({
      mayWrite: (_, path, operation) => {
        asked.push(`${operation} ${path}`);
        return path.endsWith('/level') ? { permit: false, rule } : PERMITTED;
      },
    });
    const datastores = await running(inLab('<name>a</name>'));
    const client = await connect(serve({ access, datastores, events: seen.events }));
    const edit = (inside: string) =>
      `<edit-config><target><running/></target><config>${inLab(inside)}</config></edit-config>`;
    const [error] = await client.errors(edit('<name>b</name><level>3</level>'));
    expect(error).toMatchObject({ tag: 'access-denied', path: { xpath: '/lab:lab/lab:level' } });
    expect(asked).toEqual(['update /lab:lab/name', 'create /lab:lab/level']);
    expect(seen.denied).toEqual([`create /lab:lab/level ${rule}`]);
    expect(datastores.running.read().json).toEqual({ 'lab:lab': { name: 'a' } });
    expect(isOk(await client.rpc(edit('<name>b</name>')))).toBe(true);
  });
});

describe('data', () => {
  const edit = (inside: string, more = '', attributes = '') =>
    `<edit-config><target><running/></target>${more}<config>${inLab(inside, attributes)}</config></edit-config>`;
  const NC = ` xmlns:nc="${BASE_NAMESPACE}"`;

  test('is edited and read back', async () => {
    const client = await connect(serve({ datastores: await running() }));
    expect(isOk(await client.rpc(edit('<box><id>1</id><size>5</size></box><name>a</name>')))).toBe(true);
    expect(
      isOk(await client.rpc(edit('<name nc:operation="delete"/>', '<default-operation>none</default-operation>', NC))),
    ).toBe(true);
    for (const operation of ['<get/>', '<get-config><source><running/></source></get-config>']) {
      expect(writeXml(await client.rpc(operation))).toContain(
        '<lab xmlns="urn:example:lab"><box><id>1</id><size>5</size></box></lab>',
      );
    }
  });

  test('an edit that fails changes nothing, under every error-option', async () => {
    const datastores = await running(inLab('<name>a</name>'));
    const client = await connect(serve({ datastores }));
    for (const option of ['stop-on-error', 'continue-on-error', 'rollback-on-error']) {
      const errors = await client.errors(
        edit('<name>b</name><level>900</level><nobody/>', `<error-option>${option}</error-option>`),
      );
      expect(errors.map(({ tag }) => tag)).toEqual(['unknown-element']);
      expect(datastores.running.read().json).toEqual({ 'lab:lab': { name: 'a' } });
    }
    expect((await client.errors(edit('<level>900</level>'))).map(({ tag }) => tag)).toEqual(['invalid-value']);
  });

  test('a test-only edit says what it would, and does not do it', async () => {
    const datastores = await running();
    const client = await connect(serve({ datastores }));
    const only = '<test-option>test-only</test-option>';
    expect(isOk(await client.rpc(edit('<name>a</name>', only)))).toBe(true);
    expect((await client.errors(edit('<level>900</level>', only))).map(({ tag }) => tag)).toEqual(['invalid-value']);
    expect(datastores.running.read().xml).toBe('');
    expect(isOk(await client.rpc(edit('<name>a</name>', '<test-option>test-then-set</test-option>')))).toBe(true);
    expect(datastores.running.read().json).toEqual({ 'lab:lab': { name: 'a' } });
  });

  const counters = `<counters xmlns="urn:example:lab"><beats>3</beats><probe><id>1</id><value>x</value></probe><probe><id>2</id><value>y</value></probe></counters>`;

  test('of providers comes with get, filtered; get-config has none of it', async () => {
    const asked: (string | undefined)[] = [];
    const provider = {
      module: 'lab',
      name: 'counters',
      read: ({ filters }: { filters: readonly Parameters<typeof writeXml>[0][] | undefined }) => {
        asked.push(filters?.map(writeXml).join(''));
        return ok(counters);
      },
    };
    const client = await connect(
      serve({ operational: [provider], datastores: await running(inLab('<name>a</name>')) }),
    );
    const get = async (filter = '') =>
      writeXml(await client.rpc(`<get>${filter && `<filter>${filter}</filter>`}</get>`));
    expect(await get()).toContain(`<lab xmlns="urn:example:lab"><name>a</name></lab>${counters}`);
    const one = `<counters xmlns="urn:example:lab"><probe><id>2</id></probe></counters>`;
    expect(await get(one)).toContain(
      '<counters xmlns="urn:example:lab"><probe><id>2</id><value>y</value></probe></counters>',
    );
    expect(await get(inLab(''))).not.toContain('counters');
    await get('<counters xmlns=""/>');
    expect(asked).toEqual([undefined, one, undefined]);
    expect(writeXml(await client.rpc('<get-config><source><running/></source></get-config>'))).not.toContain(
      'counters',
    );
  });

  test('configuration and state of one entry come together', async () => {
    const state = inLab('<box><id>1</id><full>true</full></box><box><id>2</id><full>false</full></box>');
    const provider = { module: 'lab', name: 'lab', read: () => ok(state) };
    const client = await connect(
      serve({ operational: [provider], datastores: await running(inLab('<box><id>1</id><size>5</size></box>')) }),
    );
    expect(writeXml(await client.rpc('<get/>'))).toContain(
      inLab('<box><id>1</id><size>5</size><full>true</full></box><box><id>2</id><full>false</full></box>'),
    );
  });

  test('a provider may refuse', async () => {
    const provider = {
      module: 'lab',
      name: 'counters',
      read: ({ filters }: { filters: unknown }) =>
        filters === undefined ? failed([rpcError.tooBig('application', { message: 'ask by id' })]) : ok(''),
    };
    const client = await connect(serve({ operational: [provider] }));
    expect(await client.errors('<get/>')).toEqual([rpcError.tooBig('application', { message: 'ask by id' })]);
    expect(
      errorsOf(await client.rpc('<get><filter><counters xmlns="urn:example:lab"><beats/></counters></filter></get>')),
    ).toEqual([]);
  });
});

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
    expect(server.statistics()).toMatchObject({ inBadHellos: 2, inSessions: 0 });
    expect(server.sessions()).toEqual([]);
  });

  test('on elements and depth in a filter', async () => {
    const client = await connect(serve({ limits: { elements: 100, depth: 10 } }));
    const [many] = await client.errors(`<get><filter>${'<a/>'.repeat(200)}</filter></get>`);
    expect(many?.tag).toBe('too-big');
    const [deep] = await client.errors(`<get><filter>${'<a>'.repeat(20)}${'</a>'.repeat(20)}</filter></get>`);
    expect(deep?.tag).toBe('too-big');
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

describe('the end of a server', () => {
  test('lets what is in hand be answered, takes nothing new', async () => {
    const release = Promise.withResolvers<void>();
    const server = serve({ rpcs: { 'lab:wait': () => release.promise.then(() => OK) } });
    const idle = await connect(server);
    const busy = await connect(server);
    busy.send(`<wait ${LAB}/>`);
    await new Promise((resolve) => setImmediate(resolve));
    const closed = server.close();
    await idle.closed;
    expect(
      server.accept(duplexPair()[0], { identity: { user: 'ann', role: 'host' }, transport: 'other' }),
    ).toMatchObject({
      ok: false,
      failure: { kind: 'closing' },
    });
    release.resolve();
    expect(isOk(await busy.reply())).toBe(true);
    await busy.closed;
    await closed;
  });

  test('does not wait for ever', async () => {
    const server = serve({ rpcs: { 'lab:wait': () => new Promise(() => {}) } });
    const client = await connect(server);
    client.send(`<wait ${LAB}/>`);
    await new Promise((resolve) => setImmediate(resolve));
    await server.close({ drain: 20 });
    await client.closed;
  });
});

test('events tell what was done, and a listener that throws disturbs nobody', async () => {
  const seen = recorder();
  const client = await connect(
    serve({
      events: {
        ...seen.events,
        sessionOpened: () => {
          throw new Error('listener');
        },
      },
    }),
  );
  await client.rpc(`<echo ${LAB}><text>a</text></echo>`);
  await client.rpc(`<echo ${LAB}/>`);
  await client.rpc('<commit/>');
  expect(
    seen.done.map(({ module, name, messageId, outcome, errors }) => [module, name, messageId, outcome, errors.length]),
  ).toEqual([
    ['lab', 'echo', '1', 'data', 0],
    ['lab', 'echo', '2', 'refused', 1],
    [undefined, undefined, '3', 'refused', 1],
  ]);
  for (const { duration } of seen.done) expect(duration).toBeGreaterThanOrEqual(0);
});

test('whatever a peer sends, the others are served', async () => {
  const server = serve({ datastores: await running() });
  const witness = await connect(server, 'witness');
  const pieces = fc.constantFrom(
    '<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="1">',
    '</rpc>',
    '<get>',
    '</get>',
    '<filter type="subtree">',
    '</filter>',
    '<edit-config><target><running/></target><config>',
    '</config></edit-config>',
    `<lab ${LAB}>`,
    '</lab>',
    '<box><id>1</id></box>',
    '<echo xmlns="urn:example:lab"><text>a</text></echo>',
    '<![CDATA[',
    ']]>',
    '<!--',
    '&#x0;',
    '&lt;',
    '<?pi?>',
    '<!DOCTYPE a>',
    '\u0000',
    '\ud800',
  );
  const message = fc.oneof(
    fc.array(pieces, { maxLength: 12 }).map((all) => all.join('')),
    fc.string(),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 5 }), fc.boolean(), async (messages, framed) => {
      const client = await connect(server, 'noise');
      for (const one of messages) {
        if (framed) client.sendRaw(one);
        else client.stream.write(one);
      }
      client.stream.end();
      await client.closed;
      expect(errorsOf(await witness.rpc(`<echo ${LAB}><text>still here</text></echo>`))).toEqual([]);
    }),
    { numRuns: 150 },
  );
  expect(server.sessions().length).toBe(1);
});
