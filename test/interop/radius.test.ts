// Our RADIUS client and listener against Debian's FreeRADIUS and its radclient.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ACCT_STATUS_TYPE,
  ACCT_TERMINATE_CAUSE,
  type Attribute,
  allValues,
  attribute,
  createRadiusClient,
  firstValue,
  milliseconds,
  octetCounters,
  type RadiusClient,
  type RadiusClientOptions,
} from '@sublane/radius';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Freeradius, type FreeradiusUser, freeradiusMissing, startFreeradius } from './freeradius.ts';

const missing = freeradiusMissing();
if (missing !== undefined) console.warn(`skipped: RADIUS against FreeRADIUS: ${missing}`);
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});

const USERS: readonly FreeradiusUser[] = [
  {
    name: 'alice@example.net',
    password: 'pass "word" zoë',
    reply: {
      'Filter-Id': 'gold',
      Class: ['first', '0x00ff'],
      'Session-Timeout': 600,
      'Framed-IP-Address': '192.0.2.7',
      'Framed-IPv6-Address': '2001:db8::7',
      'Delegated-IPv6-Prefix': '2001:db8:7::/56',
      'WISPr-Bandwidth-Max-Up': 2_000_000,
      'Acct-Interim-Interval': 60,
    },
  },
  { name: 'bob' },
  { name: 'carl', password: 'x', answer: 'challenge' },
  { name: 'dora', password: 'x', answer: 'nothing' },
];
const PASSWORD = 'pass "word" zoë';

const clients: RadiusClient[] = [];
afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));

function udpClient(servers: readonly Freeradius[], more: Partial<RadiusClientOptions> = {}): RadiusClient {
  const client = createRadiusClient({
    transport: 'udp',
    servers: servers.map(({ host, authenticationPort, accountingPort, secret }, at) => {
      return { name: `server-${at + 1}`, host, authenticationPort, accountingPort, secret };
    }),
    ...more,
  });
  clients.push(client);
  return client;
}

function tlsClient({ host, tls }: Freeradius, more: Partial<RadiusClientOptions> = {}): RadiusClient {
  const [ca, certificate, key] = [tls!.caFile, tls!.certificateFile, tls!.keyFile].map((file) => readFileSync(file));
  const client = createRadiusClient({
    transport: 'tls',
    servers: [{ name: 'server-1', host, authenticationPort: tls!.port }],
    tls: { ca: ca!, certificate: certificate!, key: key! },
    ...more,
  });
  clients.push(client);
  return client;
}

const of = (name: string): Attribute[] => [attribute('User-Name', name), attribute('NAS-Identifier', 'headend-1')];
const pap = (client: RadiusClient, name: string, password: string) =>
  client.authenticate({ attributes: of(name), credential: { method: 'pap', password } });

let server: Freeradius;
beforeAll(async () => {
  if (missing === undefined) server = await startFreeradius({ users: USERS, tls: true });
});
afterAll(() => server?.[Symbol.asyncDispose]());

describe.each(['udp', 'tls'] as const)('over %s', (transport) => {
  const open = () => (transport === 'udp' ? udpClient([server]) : tlsClient(server));

  test.each(['pap', 'chap'] as const)(
    '%s: the right password is accepted, and what is granted is read',
    async (method) => {
      const client = open();
      const credential = { method, password: PASSWORD };
      const result = await client.authenticate({ attributes: of('alice@example.net'), credential });
      if (!result.ok) throw new Error(result.failure.message);
      const { answer, attributes, server: name } = result.value;
      expect([answer, name]).toEqual(['accept', 'server-1']);
      expect(firstValue(attributes, 'Filter-Id')).toBe('gold');
      expect(allValues(attributes, 'Class').map((value) => Buffer.from(value).toString('hex'))).toEqual([
        '6669727374',
        '00ff',
      ]);
      expect(firstValue(attributes, 'Session-Timeout')).toBe(600);
      expect(firstValue(attributes, 'Framed-IP-Address')).toBe('192.0.2.7');
      expect(firstValue(attributes, 'Framed-IPv6-Address')).toBe('2001:db8::7');
      expect(firstValue(attributes, 'Delegated-IPv6-Prefix')).toBe('2001:db8:7::/56');
      expect(firstValue(attributes, 'WISPr-Bandwidth-Max-Up')).toBe(2_000_000);
      expect(firstValue(attributes, 'Acct-Interim-Interval')).toBe(60);
      expect(client.status()).toEqual([
        { name: 'server-1', state: 'alive', requests: 1, timeouts: 0, rejectedReplies: 0 },
      ]);
    },
  );

  test.each(['pap', 'chap'] as const)('%s: a wrong password and a wrong name are refused', async (method) => {
    const client = open();
    for (const [name, password] of [
      ['alice@example.net', 'wrong'],
      ['nobody', PASSWORD],
      ['bob', ''],
    ] as const) {
      const result = await client.authenticate({ attributes: of(name), credential: { method, password } });
      expect(result).toMatchObject({ ok: true, value: { answer: 'reject', reason: 'refused' } });
    }
  });

  test('a password of 128 bytes is right, too', async () => {
    const long = 'ü'.repeat(64);
    await using other = await startFreeradius({ users: [{ name: 'eve', password: long }], tls: true });
    const client = transport === 'udp' ? udpClient([other]) : tlsClient(other);
    expect(await pap(client, 'eve', long)).toMatchObject({ value: { answer: 'accept' } });
    expect(await pap(client, 'eve', `${long.slice(1)}x`)).toMatchObject({ value: { answer: 'reject' } });
    expect(await pap(client, 'eve', `${long}x`)).toMatchObject({ failure: { kind: 'unsendable' } });
  });

  test('without a password a known user is authorized, another is not', async () => {
    const client = open();
    const credential = { method: 'authorize-only' } as const;
    for (const [name, answer] of [
      ['alice@example.net', 'accept'],
      ['bob', 'accept'],
      ['nobody', 'reject'],
    ] as const) {
      expect(await client.authenticate({ attributes: of(name), credential })).toMatchObject({ value: { answer } });
    }
    expect(server.accesses().at(-1)).toMatchObject({
      'User-Name': ['nobody'],
      'NAS-Identifier': ['headend-1'],
      'Service-Type': ['Authorize-Only'],
    });
  });

  test('a challenge is a refusal with its reason', async () => {
    expect(await pap(open(), 'carl', 'x')).toMatchObject({ value: { answer: 'reject', reason: 'challenged' } });
  });

  test('a lane is accounted for from start to stop', async () => {
    const client = open();
    const session = attribute('Acct-Session-Id', `lane-${transport}`);
    const told = [
      [attribute('Acct-Status-Type', ACCT_STATUS_TYPE.start), attribute('Class', Uint8Array.of(0, 255))],
      [
        attribute('Acct-Status-Type', ACCT_STATUS_TYPE.interimUpdate),
        ...octetCounters({ input: 2 ** 32 + 5, output: 77 }),
        attribute('Framed-IPv6-Address', '2001:db8::7'),
      ],
      [
        attribute('Acct-Status-Type', ACCT_STATUS_TYPE.stop),
        attribute('Acct-Terminate-Cause', ACCT_TERMINATE_CAUSE.adminReset),
        attribute('Acct-Delay-Time', 3),
      ],
    ];
    for (const attributes of told) {
      const now = attribute('Event-Timestamp', Math.floor(Date.now() / 1000));
      expect(await client.account([...of('alice@example.net'), session, now, ...attributes])).toEqual({ ok: true });
    }
    const records = server.accounts().filter((one) => one['Acct-Session-Id']?.[0] === `lane-${transport}`);
    expect(records.map((one) => one['Acct-Status-Type'])).toEqual([['Start'], ['Interim-Update'], ['Stop']]);
    expect(records[0]).toMatchObject({ Class: ['0x00ff'] });
    expect(records[1]).toMatchObject({
      'Acct-Input-Octets': ['5'],
      'Acct-Input-Gigawords': ['1'],
      'Acct-Output-Octets': ['77'],
      'Framed-IPv6-Address': ['2001:db8::7'],
    });
    expect(records[2]).toMatchObject({ 'Acct-Terminate-Cause': ['Admin-Reset'], 'Acct-Delay-Time': ['3'] });
  });

  test('a thousand at once are each answered, and as they should be', async () => {
    const client = open();
    const results = await Promise.all(
      Array.from({ length: 1_000 }, (_, at) => pap(client, 'alice@example.net', at % 3 === 0 ? 'wrong' : PASSWORD)),
    );
    const answers = results.map((result) => (result.ok ? result.value.answer : result.failure.kind));
    expect(answers).toEqual(answers.map((_, at) => (at % 3 === 0 ? 'reject' : 'accept')));
    expect(client.status()).toMatchObject([{ requests: 1_000, timeouts: 0, rejectedReplies: 0 }]);
    expect(server.log()).not.toMatch(/conflicting packet/i);
  });
});

describe('a server', () => {
  test('with another secret is not believed, and its failure says so', async () => {
    const { host, authenticationPort } = server;
    const client = createRadiusClient({
      transport: 'udp',
      servers: [{ name: 'other', host, authenticationPort, secret: 'not the one' }],
      timeout: milliseconds(1_000),
    });
    clients.push(client);
    expect(await pap(client, 'alice@example.net', PASSWORD)).toMatchObject({ failure: { kind: 'unreachable' } });
    expect(client.status()).toMatchObject([{ state: 'dead', timeouts: 1 }]);
  });

  test('whose answers have no Message-Authenticator is not believed over UDP', async () => {
    await using other = await startFreeradius({ users: USERS, messageAuthenticator: false, tls: true });
    const client = udpClient([other], { timeout: milliseconds(1_000) });
    expect(await pap(client, 'alice@example.net', PASSWORD)).toMatchObject({
      failure: { kind: 'unreachable', message: expect.stringContaining('CVE-2024-3596') },
    });
    expect(client.status()[0]?.rejectedReplies).toBeGreaterThan(0);
    expect(await pap(tlsClient(other), 'alice@example.net', PASSWORD)).toMatchObject({ value: { answer: 'accept' } });
  });

  test('with a certificate that another has signed, or of another name, is not spoken to', async () => {
    await using other = await startFreeradius({ users: USERS, tls: true });
    const strange = tlsClient(server, { tls: { ...own(server), ca: readFileSync(other.tls!.caFile) } });
    expect(await pap(strange, 'alice@example.net', PASSWORD)).toMatchObject({
      failure: { kind: 'unreachable', message: expect.stringMatching(/certificate|signature/) },
    });
    // The same address by a name that is not in its certificate.
    const renamed = tlsClient({ ...server, host: '127.1' });
    expect(await pap(renamed, 'alice@example.net', PASSWORD)).toMatchObject({
      failure: { kind: 'unreachable', message: expect.stringContaining('127.1') },
    });
  });

  test('that wants a certificate of who asks does not answer without', async () => {
    const client = tlsClient(server, { tls: { ca: readFileSync(server.tls!.caFile) } });
    expect(await pap(client, 'alice@example.net', PASSWORD)).toMatchObject({ failure: { kind: 'unreachable' } });
  });

  test.each(['udp', 'tls'] as const)(
    'that is gone is left alone, and asked again when it is back (%s)',
    async (transport) => {
      await using first = await startFreeradius({ users: USERS, tls: { caOf: server } });
      const client = createRadiusClient({
        transport,
        servers: [first, server].map(({ host, authenticationPort, accountingPort, secret, tls }, at) => ({
          name: `server-${at + 1}`,
          host,
          authenticationPort: transport === 'udp' ? authenticationPort : tls!.port,
          accountingPort,
          secret,
        })),
        tls: { ...own(server), ca: readFileSync(server.tls!.caFile) },
        timeout: milliseconds(1_000),
        deadTime: milliseconds(60_000),
        probeInterval: milliseconds(300),
      });
      clients.push(client);
      const answeredBy = async () => {
        const result = await pap(client, 'alice@example.net', PASSWORD);
        return result.ok ? result.value.server : result.failure.message;
      };
      expect(await answeredBy()).toBe('server-1');
      await first.kill();
      expect(await answeredBy()).toBe('server-2');
      expect(await answeredBy()).toBe('server-2');
      expect(client.status()).toMatchObject([{ state: 'dead' }, { state: 'alive' }]);
      await first.start();
      while (client.status()[0]?.state === 'dead') await delay(20);
      expect(await answeredBy()).toBe('server-1');
    },
  );

  test('that hangs is as good as gone, for all who wait', async () => {
    await using first = await startFreeradius({ users: USERS });
    const client = udpClient([first, server], { timeout: milliseconds(1_000) });
    first.pause();
    const results = await Promise.all(Array.from({ length: 50 }, () => pap(client, 'alice@example.net', PASSWORD)));
    expect(results.every((result) => result.ok && result.value.server === 'server-2')).toBe(true);
    expect(client.status()).toMatchObject([
      { state: 'dead', requests: 50, timeouts: 50 },
      { state: 'alive', requests: 50 },
    ]);
    first.resume();
  });

  test('that leaves one request unanswered is not dead while it answers others', async () => {
    const client = udpClient([server], { timeout: milliseconds(1_000) });
    const unanswered = pap(client, 'dora', 'x');
    let over = false;
    void unanswered.then(() => {
      over = true;
    });
    while (!over) expect(await pap(client, 'alice@example.net', PASSWORD)).toMatchObject({ ok: true });
    expect(await unanswered).toMatchObject({ failure: { kind: 'unreachable' } });
    expect(client.status()).toMatchObject([{ state: 'alive', timeouts: 1 }]);
  });
});

function own({ tls }: Freeradius) {
  return { certificate: readFileSync(tls!.certificateFile), key: readFileSync(tls!.keyFile) };
}
