import { duplexPair } from 'node:stream';
import { ManualClock, milliseconds, unwrap } from '@sublane/basics';
import {
  CAPABILITY,
  elementText,
  MONITORING_NAMESPACE,
  NOTIFICATION_NAMESPACE,
  readXml,
  rpcError,
  SERVER_LIMITS,
  xmlElement,
} from '@sublane/netconf';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { attach, type OpenOptions } from './connect.ts';
import type { NetconfClient } from './netconf-client.ts';
import { answerOk, echo, type Script, ScriptedServer } from './testing/scripted-server.ts';

async function pair(script: Script = answerOk, options: OpenOptions = {}, capabilities?: string[]) {
  const [ours, theirs] = duplexPair();
  const server = new ScriptedServer(theirs, script, capabilities && { capabilities });
  const client = unwrap(await attach(ours, options));
  return { client, server };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('a session', () => {
  test.each(['1.0', '1.1'] as const)('stands and speaks base:%s', async (base) => {
    const { client } = await pair(echo, {}, [base === '1.0' ? CAPABILITY.base10 : CAPABILITY.base11]);
    expect([client.base, client.sessionId, client.capabilities.length]).toEqual([base, 1, 1]);
    const reply = unwrap(await client.rpc(xmlElement('echo', 'urn:e', 'a]]>]]>b<&')));
    expect(elementText(reply.content.children[0] as never)).toBe('a]]>]]>b<&');
    await client.close();
  });

  test('matches replies that come in any order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }), async (order) => {
        const { client, server } = await pair(() => undefined);
        const replies = order.map((_, index) => client.rpc(`<echo xmlns="urn:e">${index}</echo>`));
        await vi.waitFor(() => expect(server.asked).toHaveLength(8));
        for (const index of order) {
          const envelope = server.asked[index]!;
          server.answer(envelope, echo(envelope, server)!);
        }
        const got = await Promise.all(replies);
        expect(got.map((reply) => reply.ok && elementText(reply.value.content.children[0] as never))).toEqual(
          order.map((_, index) => String(index)),
        );
        client.destroy();
      }),
      { numRuns: 20 },
    );
  });

  test('sends no more at once than it may, and refuses when too many wait', async () => {
    const held: (() => void)[] = [];
    const { client, server } = await pair(
      (envelope, peer) => {
        held.push(() => peer.answer(envelope, { kind: 'ok' }));
        return undefined;
      },
      { limits: { inFlight: 2, queued: 2 } },
    );
    const first = [client.rpc('<a xmlns="urn:e"/>'), client.rpc('<a xmlns="urn:e"/>')];
    await vi.waitFor(() => expect(held).toHaveLength(2));
    const second = [client.rpc('<a xmlns="urn:e"/>'), client.rpc('<a xmlns="urn:e"/>')];
    expect(await client.rpc('<a xmlns="urn:e"/>')).toMatchObject({ ok: false, failure: { kind: 'busy', allowed: 2 } });
    await settle();
    expect(server.asked).toHaveLength(2);
    for (const release of held.splice(0)) release();
    expect((await Promise.all(first)).every(({ ok }) => ok)).toBe(true);
    await vi.waitFor(() => expect(held).toHaveLength(2));
    for (const release of held.splice(0)) release();
    expect((await Promise.all(second)).every(({ ok }) => ok)).toBe(true);
    await client.close();
  });

  test('does not send to a server that does not read; such rpcs can be given up', async () => {
    const { client, server } = await pair(answerOk);
    server.stream.pause();
    const large = client.rpc(`<a xmlns="urn:e">${'x'.repeat(1 << 20)}</a>`);
    await settle();
    const stop = new AbortController();
    const small = client.rpc('<b xmlns="urn:e"/>', { signal: stop.signal });
    stop.abort();
    expect(await small).toMatchObject({ ok: false, failure: { kind: 'aborted' } });
    server.stream.resume();
    expect((await large).ok).toBe(true);
    await client.close();
    expect(server.asked.map(({ operation }) => operation.name)).toEqual(['a', 'close-session']);
  });
});

describe('an rpc that has no result', () => {
  test('refused: with the errors and a line for a person', async () => {
    const errors = [
      rpcError.missingElement('protocol', 'host-id'),
      rpcError.resourceDenied('application', { appTag: 'pool-empty', message: 'none left' }),
    ];
    const { client } = await pair(() => ({ kind: 'refused', errors }));
    expect(await client.rpc('<a xmlns="urn:e"/>')).toMatchObject({
      ok: false,
      failure: {
        kind: 'refused',
        errors: [{ tag: 'missing-element' }, { tag: 'resource-denied' }],
        message: 'missing-element: host-id; resource-denied (pool-empty): none left',
      },
    });
    await client.close();
  });

  test('a warning is no refusal', async () => {
    const { client } = await pair(() => ({
      kind: 'refused',
      errors: [{ ...rpcError.inUse('protocol'), severity: 'warning' }],
    }));
    expect(unwrap(await client.rpc('<a xmlns="urn:e"/>')).warnings).toMatchObject([{ tag: 'in-use' }]);
    await client.close();
  });

  test('timeout: and its late reply is dropped and counted', async () => {
    const clock = new ManualClock();
    const { client, server } = await pair(({ operation }) => (operation.name === 'slow' ? undefined : { kind: 'ok' }), {
      clock,
    });
    const slow = client.rpc('<slow xmlns="urn:e"/>', { timeout: milliseconds(1000) });
    await vi.waitFor(() => expect(server.asked).toHaveLength(1));
    await clock.advance(milliseconds(1200));
    expect(await slow).toMatchObject({
      ok: false,
      failure: { kind: 'timeout', message: 'the peer did not answer within 1 s.' },
    });
    server.answer(server.asked[0]!, { kind: 'ok' });
    expect((await client.rpc('<fast xmlns="urn:e"/>')).ok).toBe(true);
    expect(client.counters).toMatchObject({ lateReplies: 1, outRpcs: 2 });
    client.destroy();
  });

  test('aborted: before, and while it waits', async () => {
    const { client } = await pair(() => undefined);
    expect(await client.rpc('<a xmlns="urn:e"/>', { signal: AbortSignal.abort() })).toMatchObject({
      failure: { kind: 'aborted' },
    });
    const stop = new AbortController();
    const waiting = client.rpc('<a xmlns="urn:e"/>', { signal: stop.signal });
    await settle();
    stop.abort();
    expect(await waiting).toMatchObject({ ok: false, failure: { kind: 'aborted' } });
    client.destroy();
  });

  test('closed: in flight, waiting, and afterwards', async () => {
    const { client, server } = await pair(() => undefined, { limits: { inFlight: 1 } });
    const calls = [client.rpc('<a xmlns="urn:e"/>'), client.rpc('<b xmlns="urn:e"/>')];
    await vi.waitFor(() => expect(server.asked).toHaveLength(1));
    server.stream.end();
    const expected = { ok: false, failure: { kind: 'closed', message: 'the peer closed the session.' } };
    expect(await Promise.all(calls)).toEqual([expected, expected]);
    expect(await client.rpc('<c xmlns="urn:e"/>')).toEqual(expected);
    expect(await client.closed).toEqual({ kind: 'closed-by-server', message: 'the peer closed the session.' });
  });

  test('malformed: a reply that is no XML costs one rpc, not the session', async () => {
    const { client } = await pair(({ operation }) =>
      operation.name === 'bad' ? { kind: 'data', xml: '<a>' } : { kind: 'ok' },
    );
    const [bad, good] = await Promise.all([client.rpc('<bad xmlns="urn:e"/>'), client.rpc('<good xmlns="urn:e"/>')]);
    expect(bad).toMatchObject({
      ok: false,
      failure: { kind: 'malformed', message: expect.stringContaining('cannot be read: ') },
    });
    expect(good.ok).toBe(true);
    await client.close();
  });

  test('malformed: a reply without what was asked for', async () => {
    const { client } = await pair(answerOk);
    const failure = { kind: 'malformed', message: 'The reply of the peer lacks <data>.' };
    expect(await client.get()).toEqual({ ok: false, failure });
    expect(await client.getSchema({ identifier: 'a' })).toEqual({ ok: false, failure });
    await client.close();
  });
});

describe('the end of a session', () => {
  test('close asks the server, and may be called again', async () => {
    const { client, server } = await pair();
    const [once, twice] = await Promise.all([client.close(), client.close()]);
    expect(once.kind === 'closed' || once.kind === 'closed-by-server').toBe(true);
    expect(twice).toBe(once);
    expect(server.asked[0]?.operation.name).toBe('close-session');
    expect(client.over).toBe(once);
  });

  test('close does not wait for ever', async () => {
    const clock = new ManualClock();
    const { client, server } = await pair(answerOk, { clock });
    server.stream.removeAllListeners('data');
    const closing = client.close();
    await clock.advance(milliseconds(3000));
    expect((await closing).kind).toBe('closed');
  });

  test('a broken stream', async () => {
    const [ours, theirs] = duplexPair();
    new ScriptedServer(theirs, answerOk);
    const client = unwrap(await attach(ours));
    ours.destroy(new Error('the cable was cut'));
    expect(await client.closed).toEqual({
      kind: 'lost',
      message: 'The connection to the peer broke: the cable was cut.',
    });
  });

  test('a server that breaks the protocol', async () => {
    const { client, server } = await pair();
    const waiting = client.rpc('<a xmlns="urn:e"/>');
    server.stream.write('no chunk');
    const message = 'the peer broke the protocol: chunked framing: expected a line feed before "#", found "n".';
    expect(await client.closed).toEqual({ kind: 'protocol', message });
    expect(await waiting).toMatchObject({ ok: false });
  });

  test('a reply over the limit', async () => {
    const { client } = await pair(() => ({ kind: 'data', xml: `<a xmlns="urn:e">${'x'.repeat(2000)}</a>` }), {
      limits: { message: 1000 },
    });
    await client.rpc('<a xmlns="urn:e"/>');
    expect(await client.closed).toMatchObject({
      kind: 'protocol',
      message: expect.stringContaining('over the limit on message (1000)'),
    });
  });
});

describe('opening', () => {
  test.each([
    [
      'no hello but the end',
      (peer: ReturnType<typeof duplexPair>[0]) => peer.end(),
      'closed',
      'the peer closed the session before its hello.',
    ],
    [
      'something else',
      (peer: ReturnType<typeof duplexPair>[0]) => peer.write('HTTP/1.1 400 Bad Request\r\n\r\n]]>]]>'),
      'not-netconf',
      'the peer does not speak NETCONF as we do: text data outside of root node.',
    ],
    [
      'an endless greeting',
      (peer: ReturnType<typeof duplexPair>[0]) => peer.write('x'.repeat(5 << 20)),
      'not-netconf',
      "the peer does not speak NETCONF as we do: the peer's message is over the limit on message (4194304).",
    ],
  ] as const)('%s', async (_, act, kind, message) => {
    const [ours, theirs] = duplexPair();
    theirs.on('error', () => {});
    act(theirs);
    expect(await attach(ours)).toEqual({ ok: false, failure: { kind, message } });
  });

  test('nothing, until the time is over', async () => {
    const clock = new ManualClock();
    const [ours] = duplexPair();
    const opening = attach(ours, { clock, timeout: milliseconds(5000) });
    await clock.advance(milliseconds(5000));
    expect(await opening).toEqual({
      ok: false,
      failure: { kind: 'timeout', message: "the peer did not answer within 5 s (waited for the server's hello)." },
    });
    expect(ours.writableEnded).toBe(true);
  });

  test('given up: before, and while it waits', async () => {
    expect(await attach(duplexPair()[0], { signal: AbortSignal.abort() })).toMatchObject({
      failure: { kind: 'aborted' },
    });
    const stop = new AbortController();
    const opening = attach(duplexPair()[0], { signal: stop.signal });
    await settle();
    stop.abort();
    expect(await opening).toMatchObject({ ok: false, failure: { kind: 'aborted' } });
  });
});

describe('operations', () => {
  const sent = async (ask: (client: NetconfClient) => Promise<unknown>): Promise<string> => {
    const { client, server } = await pair(({ operation }) =>
      operation.name.startsWith('get')
        ? { kind: 'data', xml: `<data xmlns="${operation.namespace}">text</data>` }
        : { kind: 'ok' },
    );
    expect(await ask(client)).toMatchObject({ ok: true });
    await client.close();
    const text = server.asked[0]!.text;
    expect(readXml(text, SERVER_LIMITS).ok).toBe(true);
    return text
      .replace(/^<rpc[^>]*>/, '')
      .replace('</rpc>', '')
      .replaceAll(' xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"', '');
  };

  test.each<[string, (client: NetconfClient) => Promise<unknown>, string]>([
    ['get', (client) => client.get(), '<get></get>'],
    [
      'get of a subtree',
      (client) => client.get({ filter: { subtree: '<a xmlns="urn:a"/>' } }),
      '<get><filter type="subtree"><a xmlns="urn:a"/></filter></get>',
    ],
    [
      'get by XPath',
      (client) => client.get({ filter: { xpath: '/a:b[c="d"]', namespaces: { a: 'urn:a' } } }),
      '<get><filter xmlns:a="urn:a" type="xpath" select="/a:b[c=&quot;d&quot;]"/></get>',
    ],
    [
      'get with defaults',
      (client) => client.get({ withDefaults: 'trim' }),
      '<get><with-defaults xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults">trim</with-defaults></get>',
    ],
    ['get-config', (client) => client.getConfig(), '<get-config><source><running/></source></get-config>'],
    [
      'get-config of candidate',
      (client) => client.getConfig({ source: 'candidate', filter: { subtree: xmlElement('a', 'urn:a') } }),
      '<get-config><source><candidate/></source><filter type="subtree"><a xmlns="urn:a"/></filter></get-config>',
    ],
    [
      'edit-config',
      (client) => client.editConfig({ config: '<a xmlns="urn:a"/>' }),
      '<edit-config><target><running/></target><config><a xmlns="urn:a"/></config></edit-config>',
    ],
    [
      'edit-config, all options',
      (client) =>
        client.editConfig({
          target: 'candidate',
          defaultOperation: 'none',
          testOption: 'test-only',
          errorOption: 'rollback-on-error',
          config: '',
        }),
      '<edit-config><target><candidate/></target><default-operation>none</default-operation><test-option>test-only</test-option><error-option>rollback-on-error</error-option><config></config></edit-config>',
    ],
    ['lock', (client) => client.lock('running'), '<lock><target><running/></target></lock>'],
    ['unlock', (client) => client.unlock('candidate'), '<unlock><target><candidate/></target></unlock>'],
    ['validate', (client) => client.validate('candidate'), '<validate><source><candidate/></source></validate>'],
    ['commit', (client) => client.commit(), '<commit></commit>'],
    ['discard-changes', (client) => client.discardChanges(), '<discard-changes></discard-changes>'],
    ['kill-session', (client) => client.killSession(4), '<kill-session><session-id>4</session-id></kill-session>'],
    ['close-session', (client) => client.closeSession(), '<close-session></close-session>'],
    [
      'get-schema',
      (client) => client.getSchema({ identifier: 'a&b', version: '2026-01-01', format: 'yang' }),
      `<get-schema xmlns="${MONITORING_NAMESPACE}"><identifier>a&amp;b</identifier><version>2026-01-01</version><format>yang</format></get-schema>`,
    ],
    [
      'create-subscription',
      (client) => client.subscribe(() => {}, { stream: 'NETCONF', startTime: '2026-01-01T00:00:00Z' }),
      `<create-subscription xmlns="${NOTIFICATION_NAMESPACE}"><stream>NETCONF</stream><startTime>2026-01-01T00:00:00Z</startTime></create-subscription>`,
    ],
  ])('%s', async (_, ask, expected) => {
    expect(await sent(ask)).toBe(expected);
  });

  test('data and schemas come as such', async () => {
    const { client } = await pair(({ operation }) => ({
      kind: 'data',
      xml: `<data xmlns="${operation.namespace}">module a {}</data>`,
    }));
    expect(elementText(unwrap(await client.getConfig()).data)).toBe('module a {}');
    expect(unwrap(await client.getSchema({ identifier: 'a' }))).toBe('module a {}');
    await client.close();
  });
});

describe('notifications', () => {
  test('go to who subscribed, in order, one at a time', async () => {
    const { client, server } = await pair((_, peer) => {
      queueMicrotask(() => peer.notify('<e xmlns="urn:e">1</e>'));
      return { kind: 'ok' };
    });
    const seen: string[] = [];
    let busy = false;
    unwrap(
      await client.subscribe(async ({ content, eventTime }) => {
        expect(busy).toBe(false);
        busy = true;
        await settle();
        busy = false;
        seen.push(`${eventTime} ${elementText(content)}`);
      }),
    );
    server.notify('<e xmlns="urn:e">2</e>', 'later');
    await vi.waitFor(() => expect(seen).toEqual(['2026-01-02T03:04:05Z 1', 'later 2']));
    await client.close();
  });

  test('that nobody hears are counted, and a refused subscription hears none', async () => {
    const { client, server } = await pair(() => ({
      kind: 'refused',
      errors: [rpcError.operationNotSupported('protocol')],
    }));
    expect(await client.subscribe(() => expect.unreachable())).toMatchObject({ failure: { kind: 'refused' } });
    server.notify('<e xmlns="urn:e"/>');
    await vi.waitFor(() => expect(client.counters).toMatchObject({ notifications: 1, unheard: 1 }));
    await client.close();
  });

  test('that come faster than they are handled are dropped, and the handler is told how many', async () => {
    const { client, server } = await pair(answerOk, { limits: { notifications: 2 } });
    const seen: [string, number][] = [];
    let release = () => {};
    const stop = client.listen(({ content, missed }) => {
      seen.push([elementText(content), missed]);
      return new Promise((resolve) => {
        release = resolve;
      });
    });
    for (let number = 1; number <= 6; number++) server.notify(`<e xmlns="urn:e">${number}</e>`);
    await vi.waitFor(() => expect(client.counters.dropped).toBe(3));
    for (let count = 1; count <= 4; count++) {
      await vi.waitFor(() => expect(seen).toHaveLength(count));
      if (count === 2) server.notify('<e xmlns="urn:e">7</e>');
      await vi.waitFor(() => expect(client.counters.notifications).toBe(count < 2 ? 6 : 7));
      release();
    }
    expect(seen).toEqual([
      ['1', 0],
      ['2', 0],
      ['3', 0],
      ['7', 3],
    ]);
    stop();
    stop();
    expect(client.counters.dropped).toBe(3);
    await client.close();
  });

  test('a handler that throws is logged, and goes on', async () => {
    const errors: unknown[] = [];
    const log = {
      error: (what: unknown) => errors.push(what),
      debug: () => {},
      warn: () => {},
      info: () => {},
      child: () => log,
    };
    const { client, server } = await pair(answerOk, { log: log as never });
    let count = 0;
    client.listen(() => {
      count++;
      throw new Error('mine');
    });
    server.notify('<e xmlns="urn:e"/>');
    server.notify('<e xmlns="urn:e"/>');
    await vi.waitFor(() => expect([count, errors.length]).toEqual([2, 2]));
    await client.close();
  });
});
