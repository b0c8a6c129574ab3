import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { ManualClock, milliseconds, unwrap } from '@sublane/basics';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { type Attribute, attribute, firstValue } from '../codec/attribute.ts';
import { ERROR_CAUSE } from '../codec/dictionary.ts';
import { decodeResponse, encodeRequest } from '../codec/message.ts';
import { CODE } from '../codec/packet.ts';
import { FakeServer, unsigned } from '../testing/fake-server.ts';
import { AnswerMemory } from './answer-memory.ts';
import { createDynamicAuthorizationClient } from './dynamic-authorization-client.ts';
import { listenDynamicAuthorization, Receiver } from './dynamic-authorization-listener.ts';
import type { DynamicAuthorizationAnswer, DynamicAuthorizationRequest } from './dynamic-authorization-types.ts';

const SECRET = 'edge secret';
const SECRETS: Readonly<Record<string, string>> = {
  '192.0.2.9': SECRET,
  '192.0.2.10': SECRET,
  '2001:db8::9': SECRET,
  '192.0.2.11': '',
};
const AUTHENTICATOR = new Uint8Array(16);

/** A receiver without a socket: what it was handed, and what it sent. */
function bench(answer: (request: DynamicAuthorizationRequest) => Promise<DynamicAuthorizationAnswer> | never) {
  const clock = new ManualClock();
  const handled: DynamicAuthorizationRequest[] = [];
  const sent: { readonly answer: Uint8Array; readonly to: string }[] = [];
  const log: object[] = [];
  const keep = (facts: object) => void log.push(facts);
  const receiver = new Receiver(
    {
      host: '127.0.0.1',
      secretOf: (address) => SECRETS[address],
      handle: async (request) => {
        handled.push(request);
        return await answer(request);
      },
      clock,
      log: { debug: keep, info: keep, warn: keep },
    },
    (bytes, { address, port }) => sent.push({ answer: bytes, to: `${address} ${port}` }),
  );
  const stamp = (ahead = 0) => attribute('Event-Timestamp', Math.floor(clock.now() / 1000) + ahead);
  const request = ({
    code = CODE.disconnectRequest as number,
    id = 1,
    secret = SECRET,
    attributes = [stamp()] as Attribute[],
  }) => unwrap(encodeRequest({ code, id, attributes, secret, authenticator: AUTHENTICATOR }));
  const receive = (datagram: Uint8Array, address = '192.0.2.9', port = 5000) =>
    receiver.received(datagram, { address, port });
  return { clock, handled, sent, log, receiver, stamp, request, receive };
}

const ack = async () => ({ answer: 'ack' }) as const;

function answerTo(request: Uint8Array, answer: Uint8Array) {
  const [code, id] = [request[0]!, request[1]!];
  return unwrap(
    decodeResponse(answer, {
      secret: SECRET,
      request: { code, id, authenticator: request.subarray(4, 20) },
      messageAuthenticator: 'mandatory',
    }),
  );
}

describe('a genuine request', () => {
  test.each([
    [CODE.disconnectRequest, 'disconnect', CODE.disconnectAck, CODE.disconnectNak],
    [CODE.changeRequest, 'change', CODE.changeAck, CODE.changeNak],
  ] as const)('with code %i is handled as %s, and answered', async (code, kind, acked, nakked) => {
    for (const answer of ['ack', 'nak'] as const) {
      const at = bench(async () =>
        answer === 'ack' ? { answer } : { answer, errorCause: ERROR_CAUSE.sessionContextNotFound },
      );
      const proxied = [attribute('Proxy-State', Uint8Array.of(1)), attribute('Proxy-State', Uint8Array.of(2))];
      const session = attribute('Acct-Session-Id', 'lane-1');
      const request = at.request({ code, attributes: [session, at.stamp(), ...proxied] });
      await at.receive(request);
      expect(at.handled).toMatchObject([{ kind, client: '192.0.2.9' }]);
      expect(firstValue(at.handled[0]!.attributes, 'Acct-Session-Id')).toBe('lane-1');
      expect(at.sent.map(({ to }) => to)).toEqual(['192.0.2.9 5000']);
      const { code: answered, attributes } = answerTo(request, at.sent[0]!.answer);
      expect(answered).toBe(answer === 'ack' ? acked : nakked);
      expect(firstValue(attributes, 'Error-Cause')).toBe(answer === 'ack' ? undefined : 503);
      expect(attributes.filter(({ type }) => type === 33).map(({ value }) => value[0])).toEqual([1, 2]);
    }
  });

  test('that comes again is answered again, and done once', async () => {
    const at = bench(ack);
    const request = at.request({});
    await at.receive(request);
    await at.receive(request);
    await at.receive(request, '192.0.2.9', 6000);
    expect(at.handled.length).toBe(1);
    expect(at.sent.map(({ to }) => to)).toEqual(['192.0.2.9 5000', '192.0.2.9 5000', '192.0.2.9 6000']);
    expect(new Set(at.sent.map(({ answer }) => Buffer.from(answer).toString('hex'))).size).toBe(1);
    expect(at.receiver.counters).toMatchObject({ accepted: 1, repeated: 2 });
  });

  test('of another client is another one, though it be the same byte for byte', async () => {
    const at = bench(ack);
    const request = at.request({});
    await at.receive(request);
    await at.receive(request, '192.0.2.10');
    expect(at.handled.map(({ client }) => client)).toEqual(['192.0.2.9', '192.0.2.10']);
  });

  test('that comes again while it is being done is answered once, when it is done', async () => {
    let done = (_: DynamicAuthorizationAnswer) => {};
    const at = bench(() => new Promise((resolve) => (done = resolve)));
    const request = at.request({});
    const first = at.receive(request);
    await at.receive(request);
    expect(at.sent).toEqual([]);
    done({ answer: 'ack' });
    await first;
    expect([at.handled.length, at.sent.length]).toEqual([1, 1]);
    await at.receive(request);
    expect([at.handled.length, at.sent.length]).toEqual([1, 2]);
  });

  test('is not done twice as long as its time-stamp would let it in', async () => {
    const at = bench(ack);
    const request = at.request({ attributes: [at.stamp(300)] });
    await at.receive(request);
    await at.clock.advance(milliseconds(599_000));
    await at.receive(request);
    expect(at.receiver.counters).toMatchObject({ accepted: 1, repeated: 1, stale: 0 });
    await at.clock.advance(milliseconds(2_000));
    await at.receive(request);
    expect(at.receiver.counters).toMatchObject({ accepted: 1, repeated: 1, stale: 1 });
  });

  test('whose doing fails is refused, and its secret is in no log', async () => {
    const at = bench(() => {
      throw new Error('the store is full');
    });
    const request = at.request({});
    await at.receive(request);
    const { code, attributes } = answerTo(request, at.sent[0]!.answer);
    expect([code, firstValue(attributes, 'Error-Cause')]).toEqual([
      CODE.disconnectNak,
      ERROR_CAUSE.resourcesUnavailable,
    ]);
    expect(JSON.stringify(at.log)).toContain('the store is full');
    expect(JSON.stringify(at.log)).not.toContain(SECRET);
  });

  test('of a client that is known by its IPv4 address is known over IPv6 too', async () => {
    const at = bench(ack);
    await at.receive(at.request({ id: 1 }), '::ffff:192.0.2.9');
    await at.receive(at.request({ id: 2 }), '2001:db8::9');
    expect(at.handled.map(({ client }) => client)).toEqual(['192.0.2.9', '2001:db8::9']);
    expect(at.sent.map(({ to }) => to)).toEqual(['::ffff:192.0.2.9 5000', '2001:db8::9 5000']);
  });
});

describe('dropped in silence, and counted:', () => {
  type At = ReturnType<typeof bench>;
  test.each<[string, keyof Receiver['counters'], (at: At) => readonly [Uint8Array, string?]]>([
    ['from one that is not known', 'unknownClient', (at) => [at.request({}), '192.0.2.8']],
    ['from one whose secret is empty', 'unknownClient', (at) => [at.request({ secret: '' }), '192.0.2.11']],
    ['signed with another secret', 'forged', (at) => [at.request({ secret: 'edge secreT' })]],
    ['of 301 seconds ago', 'stale', (at) => [at.request({ attributes: [at.stamp(-301)] })]],
    ['of 301 seconds ahead', 'stale', (at) => [at.request({ attributes: [at.stamp(301)] })]],
    ['without a time-stamp', 'stale', (at) => [at.request({ attributes: [attribute('User-Name', 'alice')] })]],
    ['cut short', 'malformed', (at) => [at.request({}).subarray(0, -1)]],
    ['nothing at all', 'malformed', () => [new Uint8Array(0)]],
    ['no request of this kind', 'malformed', (at) => [at.request({ code: CODE.accountingRequest })]],
    ['an Access-Request', 'malformed', (at) => [at.request({ code: CODE.accessRequest })]],
  ])('%s', async (_, counter, made) => {
    const at = bench(ack);
    await at.receive(...made(at));
    expect([at.handled, at.sent]).toEqual([[], []]);
    expect(at.receiver.counters).toEqual({
      accepted: 0,
      repeated: 0,
      unknownClient: 0,
      malformed: 0,
      forged: 0,
      stale: 0,
      overload: 0,
      [counter]: 1,
    });
  });

  test('a request with any of its bits flipped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 10_000 }), async (bit) => {
        const at = bench(ack);
        const request = at.request({ attributes: [at.stamp(), attribute('Acct-Session-Id', 'lane-1')] });
        request[(bit >> 3) % request.length]! ^= 1 << (bit & 7);
        await at.receive(request);
        expect([at.handled, at.sent]).toEqual([[], []]);
        expect(at.receiver.counters.forged + at.receiver.counters.malformed).toBe(1);
      }),
    );
  });

  test('more at once than are done at once', async () => {
    const at = bench(() => new Promise(() => {}));
    const client = attribute('User-Name', 'alice');
    for (let i = 0; i < 1_030; i++) {
      void at.receive(at.request({ id: i % 256, attributes: [client, at.stamp(), attribute('NAS-Port', i)] }));
    }
    await Promise.resolve();
    expect(at.receiver.counters).toMatchObject({ accepted: 1_024, overload: 6 });
  });
});

describe('the memory of answers', () => {
  test('never holds more than it may, and forgets nothing that could come again', () => {
    const memory = new AnswerMemory(3);
    const at = (seconds: number) => milliseconds(seconds * 1000);
    for (const key of ['a', 'b', 'c']) expect(memory.recall(key, at(0))).toBe('new');
    expect(memory.recall('d', at(1))).toBe('too-many');
    expect(memory.recall('a', at(599))).toBe('being-done');
    memory.answered('a', Uint8Array.of(1));
    expect(memory.recall('a', at(599))).toEqual({ answer: Uint8Array.of(1) });
    expect(memory.recall('d', at(600))).toBe('new');
    expect(memory.recall('a', at(600))).toBe('new');
  });
});

describe('listener and client', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  const listen = async (handle: (request: DynamicAuthorizationRequest) => Promise<DynamicAuthorizationAnswer>) => {
    const secretOf = (address: string) => (address === '127.0.0.1' ? SECRET : undefined);
    const listener = unwrap(await listenDynamicAuthorization({ host: '127.0.0.1', port: 0, secretOf, handle }));
    open.push(listener);
    return listener;
  };
  const clientOf = (port: number, more = {}) => {
    const server = { name: 'edge-1', host: '127.0.0.1', port };
    const client = createDynamicAuthorizationClient({ server, secret: SECRET, ...more });
    open.push(client);
    return client;
  };

  test('understand each other', async () => {
    const listener = await listen(async ({ kind, attributes }) =>
      kind === 'disconnect' && firstValue(attributes, 'Acct-Session-Id') === 'lane-1'
        ? { answer: 'ack' }
        : { answer: 'nak', errorCause: ERROR_CAUSE.unsupportedService },
    );
    const client = clientOf(listener.port);
    const session = attribute('Acct-Session-Id', 'lane-1');
    expect(await client.disconnect([session])).toEqual({ ok: true, value: { answer: 'ack', attributes: [] } });
    expect(await client.change([session])).toMatchObject({ ok: true, value: { answer: 'nak', errorCause: 405 } });
    const many = await Promise.all(
      Array.from({ length: 600 }, (_, port) => client.disconnect([session, attribute('NAS-Port', port)])),
    );
    expect(many.every((result) => result.ok && result.value.answer === 'ack')).toBe(true);
    expect(listener.counters()).toMatchObject({ accepted: 602, repeated: 0, forged: 0, stale: 0 });
  });

  test('a port that is taken is said to be', async () => {
    const { port } = await listen(ack);
    const again = await listenDynamicAuthorization({ host: '127.0.0.1', port, secretOf: () => SECRET, handle: ack });
    expect(again).toMatchObject({ ok: false, failure: { kind: 'cannot-listen', code: 'EADDRINUSE' } });
  });

  test('one that is silent is unreachable, after the same packet was sent again', async () => {
    const clock = new ManualClock();
    const silent: Socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(silent, 'listening');
    const seen: string[] = [];
    silent.on('message', (bytes) => seen.push(bytes.toString('hex')));
    const client = clientOf(silent.address().port, { clock });
    const answer = client.disconnect([attribute('User-Name', 'alice')]);
    const came = async (count: number) => {
      while (seen.length < count) await new Promise((turn) => setImmediate(turn));
    };
    await came(1);
    await clock.advance(milliseconds(1_500));
    await came(2);
    await clock.advance(milliseconds(4_000));
    expect(await answer).toMatchObject({ ok: false, failure: { kind: 'unreachable' } });
    expect(new Set(seen).size).toBe(1);
    silent.close();
  });

  test.each(['mandatory', 'optional'] as const)(
    'an answer without Message-Authenticator, which is %s',
    async (rule) => {
      await using edge = await FakeServer.start();
      const clock = new ManualClock();
      const client = createDynamicAuthorizationClient({
        server: { name: 'edge-1', host: '127.0.0.1', port: edge.port },
        secret: edge.secret,
        clock,
        ...(rule === 'optional' && { messageAuthenticator: rule }),
      });
      open.push(client);
      const result = client.disconnect([attribute('Acct-Session-Id', 'lane-1')]);
      const { signed, send, answer, packet } = await edge.came(1);
      expect(firstValue(packet.attributes, 'Event-Timestamp')).toBe(Math.floor(clock.now() / 1000));
      send(unsigned(signed(CODE.disconnectAck), packet.authenticator, edge.secret));
      answer(CODE.disconnectNak, [attribute('Error-Cause', 503)]);
      const believed = rule === 'optional' ? { answer: 'ack' } : { answer: 'nak', errorCause: 503 };
      expect(await result).toMatchObject({ ok: true, value: believed });
    },
  );

  test('a client that is closed says so to who waits, and to who asks', async () => {
    const listener = await listen(() => new Promise(() => {}));
    const client = clientOf(listener.port);
    const waiting = client.disconnect([]);
    await client.close();
    expect(await waiting).toMatchObject({ failure: { kind: 'closed' } });
    expect(await client.disconnect([])).toMatchObject({ failure: { kind: 'closed' } });
  });
});
