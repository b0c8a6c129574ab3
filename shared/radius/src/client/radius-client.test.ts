import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { ManualClock, milliseconds, unwrap } from '@sublane/basics';
import { afterEach, describe, expect, test } from 'vitest';
import { allValues, attribute, firstValue } from '../codec/attribute.ts';
import { SERVICE_TYPE } from '../codec/dictionary.ts';
import { encodeResponse } from '../codec/message.ts';
import { CODE } from '../codec/packet.ts';
import { revealPassword } from '../codec/password.ts';
import { acceptAll, FakeServer, unsigned } from '../testing/fake-server.ts';
import type { RadiusClient, RadiusClientOptions } from './client-types.ts';
import { createRadiusClient } from './radius-client.ts';

const seconds = (count: number) => milliseconds(count * 1_000);
const ALICE = [attribute('User-Name', 'alice')];
const ask = (client: RadiusClient, password = 'secret word') =>
  client.authenticate({ attributes: ALICE, credential: { method: 'pap', password } });

const open: RadiusClient[] = [];
afterEach(async () => {
  for (const client of open.splice(0)) await client.close();
});

function clientOf(servers: readonly FakeServer[], more: Partial<RadiusClientOptions> = {}) {
  const clock = new ManualClock();
  const log: string[] = [];
  const keep = (facts: object, message: string) => void log.push(`${message} ${JSON.stringify(facts)}`);
  const client = createRadiusClient({
    transport: 'udp',
    servers: servers.map(({ port, secret }, at) => {
      return { name: `server-${at + 1}`, host: '127.0.0.1', authenticationPort: port, accountingPort: port, secret };
    }),
    clock,
    log: { debug: keep, info: keep, warn: keep },
    ...more,
  });
  open.push(client);
  return { client, clock, log };
}

describe('a request', () => {
  test('has its password hidden, and is answered', async () => {
    await using server = await FakeServer.start();
    const { client } = clientOf([server]);
    const result = ask(client);
    const { packet, answer } = await server.came(1);
    const hidden = firstValue(packet.attributes, 'User-Password')!;
    expect(revealPassword(hidden, server.secret, packet.authenticator)).toBe('secret word');
    answer(CODE.accessAccept, [attribute('Filter-Id', 'gold')]);
    expect(await result).toMatchObject({ ok: true, value: { answer: 'accept', server: 'server-1' } });
  });

  test('that is not answered is sent again, byte for byte, and then no longer', async () => {
    await using server = await FakeServer.start();
    const { client, clock } = clientOf([server], { timeout: seconds(20) });
    const result = ask(client);
    // IRT 2 s, then twice as long each time, give or take a tenth: 0, 2, 6, 14; MRD is 20 s.
    for (const [count, after] of [
      [1, 0],
      [2, 2.3],
      [3, 4.6],
      [4, 9],
    ] as const) {
      await clock.advance(seconds(after));
      await server.came(count);
      expect(server.seen.length).toBe(count);
    }
    await clock.advance(seconds(5));
    const message = expect.stringContaining('server-1');
    expect(await result).toMatchObject({ ok: false, failure: { kind: 'unreachable', message } });
    expect(server.seen.length).toBe(4);
    expect(new Set(server.seen.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).size).toBe(1);
  });

  test('is sent again five times at most, however long it is waited for', async () => {
    await using server = await FakeServer.start();
    const { client, clock } = clientOf([server], { timeout: seconds(200) });
    const result = ask(client);
    for (let count = 1; count <= 6; count++) {
      await server.came(count);
      await clock.advance(seconds(18));
    }
    await clock.advance(seconds(100));
    expect(await result).toMatchObject({ failure: { kind: 'unreachable' } });
    expect(server.seen.filter(({ packet }) => packet.code === CODE.accessRequest).length).toBe(6);
  });

  test('that only asks for rights says so, and nothing else', async () => {
    await using server = await FakeServer.start();
    server.onRequest = acceptAll;
    const { client } = clientOf([server]);
    const attributes = [...ALICE, attribute('Service-Type', SERVICE_TYPE.framed)];
    await client.authenticate({ attributes, credential: { method: 'authorize-only' } });
    expect(allValues(server.seen[0]!.packet.attributes, 'Service-Type')).toEqual([SERVICE_TYPE.authorizeOnly]);
    expect(server.seen[0]!.packet.attributes.map(({ type }) => type)).toEqual([1, 6]);
  });

  test('of accounting with Acct-Delay-Time is another packet when it is sent again; an answer to any will do', async () => {
    await using server = await FakeServer.start();
    const { client, clock } = clientOf([server], { timeout: seconds(20) });
    const result = client.account([...ALICE, attribute('Acct-Status-Type', 1), attribute('Acct-Delay-Time', 5)]);
    await server.came(1);
    await clock.advance(seconds(2.3));
    await server.came(2);
    const [first, second] = server.seen;
    expect(firstValue(first!.packet.attributes, 'Acct-Delay-Time')).toBe(5);
    expect(firstValue(second!.packet.attributes, 'Acct-Delay-Time')).toBeGreaterThan(5);
    expect(second!.packet.id).not.toBe(first!.packet.id);
    first!.answer(CODE.accountingResponse);
    expect(await result).toEqual({ ok: true });
  });

  test('of accounting without it stays the same', async () => {
    await using server = await FakeServer.start();
    const { client, clock } = clientOf([server], { timeout: seconds(20) });
    const result = client.account([
      ...ALICE,
      attribute('Acct-Status-Type', 1),
      attribute('Event-Timestamp', 1_800_000_000),
    ]);
    await server.came(1);
    await clock.advance(seconds(2.3));
    const { answer } = await server.came(2);
    expect(server.seen[1]!.bytes).toEqual(server.seen[0]!.bytes);
    answer(CODE.accountingResponse);
    expect(await result).toEqual({ ok: true });
  });

  test('that fits in no packet is not sent', async () => {
    await using server = await FakeServer.start();
    const { client } = clientOf([server]);
    const unsendable = { ok: false, failure: { kind: 'unsendable' } };
    expect(await ask(client, 'x'.repeat(129))).toMatchObject(unsendable);
    expect(await client.account([attribute('User-Name', '')])).toMatchObject(unsendable);
    expect(await client.account([attribute('User-Name', 'x'.repeat(254))])).toMatchObject({
      failure: { kind: 'unsendable', message: expect.stringContaining('User-Name') },
    });
    server.onRequest = acceptAll;
    expect(await ask(client, 'x'.repeat(128))).toMatchObject({ ok: true });
    expect(server.seen.length).toBe(1);
  });

  test('never carries a password that it was not asked to hide', async () => {
    await using server = await FakeServer.start();
    const { client } = clientOf([server]);
    const attributes = [attribute('User-Password', Buffer.from('clear'))];
    const wrong = client.authenticate({ attributes, credential: { method: 'authorize-only' } });
    await expect(wrong).rejects.toThrow(TypeError);
  });

  test('waits when many are under way, and is refused when many wait', async () => {
    await using server = await FakeServer.start();
    const { client } = clientOf([server], { limits: { inFlight: 2, queued: 3 } });
    const results = Array.from({ length: 6 }, () => ask(client));
    expect(await results[5]).toMatchObject({ failure: { kind: 'busy', allowed: 3 } });
    await server.came(2);
    expect(server.seen.length).toBe(2);
    for (let count = 1; count <= 5; count++) (await server.came(count)).answer(CODE.accessAccept);
    for (const result of results.slice(0, 5)) expect(await result).toMatchObject({ ok: true });
  });

  test('that is under way or waits when the client closes fails with `closed`; so does a later one', async () => {
    await using server = await FakeServer.start();
    const { client } = clientOf([server], { limits: { inFlight: 1 } });
    const results = [ask(client), ask(client)];
    await server.came(1);
    await client.close();
    await client.close();
    for (const result of [...results, ask(client)]) expect(await result).toMatchObject({ failure: { kind: 'closed' } });
  });
});

describe('what is no answer is counted and ignored:', () => {
  test.each([
    'a flipped bit',
    'another secret',
    'an answer to another request',
    'an answer of another kind',
    'no Message-Authenticator',
    'noise',
  ])('%s', async (what) => {
    await using server = await FakeServer.start();
    const { client, log } = clientOf([server]);
    const result = ask(client);
    const { signed, send, answer, packet } = await server.came(1);
    const right = signed(CODE.accessAccept);
    switch (what) {
      case 'a flipped bit':
        right[right.length - 1]! ^= 1;
        send(right);
        break;
      case 'another secret':
        send(unwrap(encodeResponse({ code: CODE.accessAccept, attributes: [], secret: 'other', request: packet })));
        break;
      case 'an answer to another request':
        send(right.fill(packet.id ^ 1, 1, 2));
        break;
      case 'an answer of another kind':
        answer(CODE.accountingResponse);
        break;
      case 'no Message-Authenticator':
        send(unsigned(right, packet.authenticator, server.secret));
        break;
      case 'noise':
        send(Buffer.from([2]));
        break;
    }
    while (client.status()[0]!.rejectedReplies < 1) await new Promise((turn) => setImmediate(turn));
    answer(CODE.accessReject);
    expect(await result).toMatchObject({ ok: true, value: { answer: 'reject', reason: 'refused' } });
    expect(client.status()).toMatchObject([{ state: 'alive', rejectedReplies: 1, timeouts: 0 }]);
    expect(log.join()).not.toContain('secret word');
    expect(log.join()).not.toContain(server.secret);
  });

  test('what comes from another port is not even heard', async () => {
    await using server = await FakeServer.start();
    const { client } = clientOf([server]);
    const result = ask(client);
    const { signed, port, answer } = await server.came(1);
    const other = createSocket('udp4').bind(0, '127.0.0.1');
    await once(other, 'listening');
    await new Promise((sent) => other.send(signed(CODE.accessAccept), port, '127.0.0.1', sent));
    other.close();
    answer(CODE.accessReject);
    expect(await result).toMatchObject({ value: { answer: 'reject' } });
    expect(client.status()).toMatchObject([{ rejectedReplies: 0 }]);
  });
});

describe('servers', () => {
  test('the next is asked when the first is silent; the first is then left alone', async () => {
    await using first = await FakeServer.start();
    await using second = await FakeServer.start();
    second.onRequest = acceptAll;
    const { client, clock } = clientOf([first, second], { timeout: seconds(1) });
    const results = Array.from({ length: 20 }, () => ask(client));
    await first.came(20);
    await clock.advance(seconds(1.2));
    for (const result of results) expect(await result).toMatchObject({ value: { server: 'server-2' } });
    const before = first.seen.length;
    expect(await ask(client)).toMatchObject({ value: { server: 'server-2' } });
    expect(first.seen.length).toBe(before);
    expect(client.status()).toMatchObject([
      { name: 'server-1', state: 'dead', requests: 20, timeouts: 20 },
      { name: 'server-2', state: 'alive', requests: 21, timeouts: 0 },
    ]);
  });

  test('what was asked later moves on with the first that was given up', async () => {
    await using first = await FakeServer.start();
    await using second = await FakeServer.start();
    second.onRequest = acceptAll;
    const { client, clock } = clientOf([first, second], { timeout: seconds(10) });
    const early = ask(client);
    await first.came(1);
    await clock.advance(seconds(9.5));
    const before = first.seen.length;
    const late = ask(client);
    await first.came(before + 1);
    await clock.advance(seconds(1));
    expect(await early).toMatchObject({ value: { server: 'server-2' } });
    expect(await late).toMatchObject({ value: { server: 'server-2' } });
    expect(client.status()).toMatchObject([{ state: 'dead', timeouts: 2 }, {}]);
  });

  test('one that answers others meanwhile is not dead', async () => {
    await using only = await FakeServer.start();
    const { client, clock } = clientOf([only], { timeout: seconds(1) });
    const unanswered = ask(client);
    await only.came(1);
    only.onRequest = acceptAll;
    expect(await ask(client)).toMatchObject({ ok: true });
    only.onRequest = () => {};
    await clock.advance(seconds(1.2));
    expect(await unanswered).toMatchObject({ failure: { kind: 'unreachable' } });
    expect(client.status()).toMatchObject([{ state: 'alive', timeouts: 1 }]);
  });

  test('of which all are dead are not asked', async () => {
    await using only = await FakeServer.start();
    const { client, clock } = clientOf([only], { timeout: seconds(1) });
    const first = ask(client);
    await only.came(1);
    await clock.advance(seconds(1.2));
    expect(await first).toMatchObject({ failure: { kind: 'unreachable' } });
    const before = only.seen.length;
    expect(await ask(client)).toMatchObject({ failure: { kind: 'unreachable' } });
    expect(only.seen.length).toBe(before);
  });

  test('one that answers a probe is asked again at once', async () => {
    await using first = await FakeServer.start();
    await using second = await FakeServer.start();
    second.onRequest = acceptAll;
    const { client, clock } = clientOf([first, second], { timeout: seconds(1), deadTime: seconds(3_600) });
    const result = ask(client);
    await first.came(1);
    await clock.advance(seconds(1.2));
    await result;
    first.onRequest = acceptAll;
    const before = first.seen.length;
    // Every 6 s, give or take a third.
    await clock.advance(seconds(8.1));
    const probe = await first.came(before + 1);
    expect(probe.packet).toMatchObject({ code: CODE.statusServer, attributes: [] });
    while (client.status()[0]!.state === 'dead') await new Promise((turn) => setImmediate(turn));
    expect(await ask(client)).toMatchObject({ value: { server: 'server-1' } });
  });

  test('one that is known to answer probes is not tried before it answers one, dead time or not', async () => {
    await using only = await FakeServer.start();
    const { client, clock } = clientOf([only], { timeout: seconds(1), deadTime: seconds(20) });
    const state = () => client.status()[0]!.state;
    const die = async () => {
      only.onRequest = () => {};
      const before = only.seen.length;
      const result = ask(client);
      await only.came(before + 1);
      await clock.advance(seconds(1.2));
      expect(await result).toMatchObject({ ok: false });
    };
    const revive = async () => {
      only.onRequest = acceptAll;
      while (state() !== 'alive') await clock.advance(seconds(1));
    };
    await die();
    // The first probe is not answered; a later one is.
    await clock.advance(seconds(8.5));
    expect(only.seen.some(({ packet }) => packet.code === CODE.statusServer)).toBe(true);
    await revive();
    await die();
    await clock.advance(seconds(60));
    expect(state()).toBe('dead');
    await revive();
    expect(await ask(client)).toMatchObject({ ok: true });
  });

  test('one that answers no probes is tried with one request when its dead time is over', async () => {
    await using first = await FakeServer.start();
    await using second = await FakeServer.start();
    second.onRequest = acceptAll;
    const times = { timeout: seconds(1), deadTime: seconds(30) };
    const { client, clock } = clientOf([first, second], times);
    const result = ask(client);
    await first.came(1);
    await clock.advance(seconds(1.2));
    await result;
    await clock.advance(seconds(30.2));
    expect(client.status()).toMatchObject([{ state: 'unknown', timeouts: 1 }, {}]);
    const requests = () => first.seen.filter(({ packet }) => packet.code === CODE.accessRequest).length;
    const before = requests();
    const trial = ask(client);
    while (requests() === before) await new Promise((turn) => setImmediate(turn));
    // The others need not wait for it.
    expect(await ask(client)).toMatchObject({ value: { server: 'server-2' } });
    first.seen.findLast(({ packet }) => packet.code === CODE.accessRequest)!.answer(CODE.accessAccept);
    expect(await trial).toMatchObject({ value: { server: 'server-1' } });
    expect(client.status()).toMatchObject([{ state: 'alive' }, {}]);
  });

  test('one that was silent is asked from new sockets, whose address is looked up anew', async () => {
    await using only = await FakeServer.start();
    const { client, clock } = clientOf([only], { timeout: seconds(1), deadTime: seconds(2) });
    const first = ask(client);
    const { port } = await only.came(1);
    await clock.advance(seconds(1.2));
    expect(await first).toMatchObject({ ok: false });
    await clock.advance(seconds(2.2));
    only.onRequest = acceptAll;
    expect(await ask(client)).toMatchObject({ ok: true });
    expect(only.seen.at(-1)!.port).not.toBe(port);
    // An answer keeps the socket.
    expect(await ask(client)).toMatchObject({ ok: true });
    expect(only.seen.at(-1)!.port).toBe(only.seen.at(-2)!.port);
  });

  test('accounting goes on where only authentication is silent', async () => {
    await using authentication = await FakeServer.start();
    await using accounting = await FakeServer.start();
    accounting.onRequest = acceptAll;
    const servers = [
      {
        name: 'only',
        host: '127.0.0.1',
        authenticationPort: authentication.port,
        accountingPort: accounting.port,
        secret: accounting.secret,
      },
    ];
    const { client, clock } = clientOf([], { servers, timeout: seconds(1) });
    const result = ask(client);
    await authentication.came(1);
    await clock.advance(seconds(1.2));
    expect(await result).toMatchObject({ ok: false });
    expect(await client.account([attribute('Acct-Status-Type', 7)])).toEqual({ ok: true });
  });

  test('a host that has no address is unreachable, and the failure says why', async () => {
    const servers = [{ name: 'typo', host: 'no-such-host.invalid', secret: 'x' }];
    const { client, clock } = clientOf([], { servers, timeout: seconds(1) });
    const result = ask(client);
    let over = false;
    void result.then(() => (over = true));
    while (!over) await clock.advance(seconds(0.1));
    expect(await result).toMatchObject({
      failure: { kind: 'unreachable', message: expect.stringMatching(/getaddrinfo|ENOTFOUND|EAI_AGAIN|typo/) },
    });
  });

  test('a client without servers, without secrets or with odd limits is a mistake', () => {
    expect(() => clientOf([])).toThrow(RangeError);
    expect(() => clientOf([], { servers: [{ name: 'a', host: 'b' }] })).toThrow(/secret/);
    const twice = [1, 2].map(() => ({ name: 'a', host: 'b', secret: 'c' }));
    expect(() => clientOf([], { servers: twice })).toThrow(/name/);
    expect(() => clientOf([], { servers: twice.slice(1), limits: { inFlight: 0 } })).toThrow(RangeError);
  });
});
