import { randomBytes } from 'node:crypto';
import { connect as connectSocket } from 'node:net';
import { milliseconds, silentLog } from '@sublane/basics';
import ssh2, { type Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import { afterEach, describe, expect, test } from 'vitest';
import { UNRESTRICTED } from '../access.ts';
import type { AuthenticationRefused } from '../events.ts';
import { OK } from '../rpc-table.ts';
import { createNetconfServer, type NetconfServer, type ServerOptions } from '../server.ts';
import { lab } from '../testing/lab.ts';
import { errorsOf, isOk, TestClient } from '../testing/test-client.ts';
import { generateHostKey } from './host-key.ts';
import { speedUpKeyExchange } from './key-exchange.ts';
import type { AuthenticationAttempt } from './ssh-connection.ts';
import { listenSsh, type SshListener, type SshListenerOptions } from './ssh-listener.ts';
import { fingerprintOf } from './user-key.ts';

const { Client: SshClient, utils } = ssh2;
const hostKey = generateHostKey();
const userKey = generateHostKey();
const parsed = utils.parseKey(userKey);
if (parsed instanceof Error) throw parsed;
const known = fingerprintOf(parsed.getPublicSSH());

const open: { server: NetconfServer; listener: SshListener }[] = [];
afterEach(async () => {
  for (const { server, listener } of open.splice(0)) {
    await server.close({ drain: 0 });
    await listener.close();
  }
});

async function listen(options: Partial<SshListenerOptions> = {}, serverOptions: Partial<ServerOptions> = {}) {
  const attempts: AuthenticationAttempt[] = [];
  const refusals: AuthenticationRefused[] = [];
  const server = createNetconfServer({
    schema: lab().context,
    access: UNRESTRICTED,
    log: silentLog,
    rpcs: { 'lab:echo': ({ input }) => ({ kind: 'data', xml: `<text xmlns="urn:example:lab">${input.text}</text>` }) },
    events: { authenticationRefused: (one) => void refusals.push(one) },
    ...serverOptions,
  });
  const listener = await listenSsh({
    server,
    host: '127.0.0.1',
    port: 0,
    hostKeys: [hostKey],
    authenticate: async (attempt) => {
      attempts.push(attempt);
      const right = attempt.method === 'password' ? attempt.password === 'secret' : attempt.key.fingerprint === known;
      return right ? { user: attempt.user, role: 'operator' } : undefined;
    },
    ...options,
  });
  if (!listener.ok) throw new Error(listener.failure.message);
  open.push({ server, listener: listener.value });
  return { server, listener: listener.value, port: listener.value.address.port, attempts, refusals };
}

/** An ssh connection, or why there is none. */
function dial(port: number, config: ConnectConfig = {}): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new SshClient();
    client.on('ready', () => resolve(client)).on('error', reject);
    client.on('close', () => reject(new Error('closed')));
    const sock = connectSocket({ port, host: '127.0.0.1', noDelay: true });
    client.connect({ sock, username: 'ann', ...(config.password === undefined && { privateKey: userKey }), ...config });
  });
}

function netconf(client: Client, name = 'netconf'): Promise<ClientChannel> {
  return new Promise((resolve, reject) =>
    client.subsys(name, (error, channel) => (error ? reject(error) : resolve(channel))),
  );
}

async function session(port: number, config?: ConnectConfig): Promise<TestClient & { client: Client }> {
  const client = await dial(port, config);
  const test = new TestClient(await netconf(client));
  await test.open();
  return Object.assign(test, { client });
}

const ECHO = '<echo xmlns="urn:example:lab"><text>over ssh</text></echo>';

describe('a user', () => {
  test('enters by key: the signature is checked before anybody is asked', async () => {
    const { server, port, attempts } = await listen();
    const client = await session(port);
    expect(attempts).toMatchObject([
      {
        user: 'ann',
        method: 'publickey',
        key: { algorithm: 'ssh-ed25519', fingerprint: known },
        peer: { address: '127.0.0.1' },
      },
    ]);
    expect(errorsOf(await client.rpc(ECHO))).toEqual([]);
    expect(server.sessions()).toMatchObject([
      { identity: { user: 'ann', role: 'operator' }, transport: 'ssh', peer: { address: '127.0.0.1' } },
    ]);
    const closed = new Promise<void>((resolve) => client.client.on('close', () => resolve()));
    expect(isOk(await client.rpc('<close-session/>'))).toBe(true);
    await closed;
  });

  test('enters by password', async () => {
    const { port, attempts } = await listen();
    await session(port, { password: 'secret' });
    expect(attempts).toMatchObject([{ user: 'ann', method: 'password', password: 'secret' }]);
  });

  test.each([
    ['a wrong password', { password: 'guess' }, 'not-accepted'],
    ['an unknown key', { privateKey: generateHostKey() }, 'not-accepted'],
    ['an endless password', { password: 'x'.repeat(5000) }, 'malformed'],
    ['an endless name', { username: 'x'.repeat(5000) }, 'malformed'],
  ])('does not enter with %s', async (_, config, reason) => {
    const { port, refusals } = await listen();
    await expect(dial(port, config)).rejects.toThrow();
    expect(refusals).toMatchObject([{ peer: { address: '127.0.0.1' }, reason }]);
  });

  test('does not enter by a method that is not offered', async () => {
    const { port, attempts } = await listen({ methods: ['publickey'] });
    await expect(dial(port, { password: 'secret' })).rejects.toThrow();
    expect(attempts).toEqual([]);
  });

  test('is offered what there is for this name, and enters by nothing else', async () => {
    const { port, attempts } = await listen({ methods: (user) => (user === 'guest' ? ['password'] : ['publickey']) });
    await expect(dial(port, { username: 'ann', password: 'secret' })).rejects.toThrow();
    await expect(dial(port, { username: 'guest' })).rejects.toThrow();
    expect(attempts).toEqual([]);
    await session(port, { username: 'guest', password: 'secret' });
    await session(port, { username: 'ann' });
    expect(attempts.map(({ user, method }) => `${user} ${method}`)).toEqual(['guest password', 'ann publickey']);
  });

  test('does not enter where the decision fails', async () => {
    const { port } = await listen({ authenticate: () => Promise.reject(new Error('store is away')) });
    await expect(dial(port)).rejects.toThrow(/authentication/i);
  });

  test('has so many attempts on a connection', async () => {
    const { port, attempts, refusals } = await listen({ limits: { attempts: 3 } });
    let tries = 0;
    const authHandler = (_: unknown, __: unknown, next: (method: unknown) => void) => {
      tries++;
      next({ type: 'password', username: 'ann', password: `guess ${tries}` });
    };
    await expect(dial(port, { authHandler: authHandler as never })).rejects.toThrow();
    expect(attempts.length).toBe(3);
    expect(refusals.at(-1)?.reason).toBe('too-many-attempts');
  });

  test('does not enter by a change of password, and nothing breaks', async () => {
    const { port, attempts, refusals } = await listen();
    const authHandler = (methods: unknown) => {
      if (methods === null) changePassword();
    };
    const client = new SshClient();
    const changePassword = () =>
      (client as unknown as { _protocol: { authPassword(...what: string[]): void } })._protocol.authPassword(
        'ann',
        'secret',
        'another',
      );
    client.on('error', () => {});
    client.connect({ host: '127.0.0.1', port, username: 'ann', authHandler: authHandler as never });
    await expect.poll(() => refusals).toMatchObject([{ reason: 'malformed' }]);
    client.end();
    expect(attempts).toEqual([]);
    await session(port);
  });

  test('does not exchange keys again before entering', async () => {
    const { port, attempts } = await listen();
    const client = new SshClient();
    const closed = new Promise<void>((resolve) => client.on('close', () => resolve()));
    client.on('error', () => {});
    client.on('handshake', () => (client as unknown as { _protocol: { rekey(): void } })._protocol.rekey());
    client.connect({ host: '127.0.0.1', port, username: 'ann', authHandler: (() => {}) as never });
    await closed;
    expect(attempts).toEqual([]);
  });

  test.each(['none', 'keyboard-interactive'])('asks only so often by %s', async (type) => {
    const { port, attempts } = await listen();
    let asked = 0;
    const authHandler = (_: unknown, __: unknown, next: (method: unknown) => void) => {
      asked++;
      next({ type, username: 'ann', prompt: () => {} });
    };
    await expect(dial(port, { authHandler: authHandler as never })).rejects.toThrow();
    expect(asked).toBeLessThan(100);
    expect(attempts).toEqual([]);
  });
});

describe('a source', () => {
  test('that fails too often is shut out for a while', async () => {
    let now = 1000;
    const { port, attempts, refusals } = await listen({
      limits: { failuresPerSource: 2, failureWindow: milliseconds(60_000) },
      now: () => now,
    });
    const wrong = { password: 'guess' };
    await expect(dial(port, wrong)).rejects.toThrow();
    await expect(dial(port, wrong)).rejects.toThrow();
    await expect(dial(port)).rejects.toThrow();
    expect(attempts.length).toBe(2);
    expect(refusals.at(-1)?.reason).toBe('too-many-failures');
    now += 60_000;
    await session(port);
  });

  test('has so many connections that have not said who they are', async () => {
    const { port, refusals, listener } = await listen({ limits: { unauthenticatedPerSource: 2 } });
    const idle = [1, 2].map(() => connectSocket({ port, host: '127.0.0.1' }));
    await expect.poll(() => listener.connections).toBe(2);
    await expect(dial(port)).rejects.toThrow();
    expect(refusals).toMatchObject([{ reason: 'too-many-unauthenticated-of-source' }]);
    for (const socket of idle) socket.destroy();
    await expect.poll(() => listener.connections).toBe(0);
    await session(port);
  });

  test('that says nothing is dropped after the grace time', async () => {
    const { port, refusals } = await listen({ limits: { graceTime: milliseconds(30) } });
    const socket = connectSocket({ port, host: '127.0.0.1' }).resume();
    await new Promise((resolve) => socket.on('close', resolve));
    expect(refusals).toMatchObject([{ reason: 'too-late' }]);
  });

  test('that sends rubbish is dropped, and others are not', async () => {
    const { port } = await listen();
    const socket = connectSocket({ port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.write(`SSH-2.0-x\r\n${randomBytes(2000).toString('latin1')}`);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.resume();
    await closed;
    await session(port);
  });
});

describe('a connection', () => {
  test('offers the subsystem netconf and nothing else', async () => {
    const { port } = await listen();
    const client = await dial(port);
    await expect(netconf(client, 'sftp')).rejects.toThrow();
    await expect(
      new Promise((resolve, reject) => client.shell((error) => (error ? reject(error) : resolve(0)))),
    ).rejects.toThrow();
    await expect(
      new Promise((resolve, reject) => client.exec('id', (error) => (error ? reject(error) : resolve(0)))),
    ).rejects.toThrow();
    await expect(
      new Promise((resolve, reject) =>
        client.forwardOut('127.0.0.1', 1, '127.0.0.1', port, (error) => (error ? reject(error) : resolve(0))),
      ),
    ).rejects.toThrow();
    await expect(
      new Promise((resolve, reject) =>
        client.forwardIn('127.0.0.1', 0, (error) => (error ? reject(error) : resolve(0))),
      ),
    ).rejects.toThrow();
  });

  test('carries several sessions, so many', async () => {
    const { server, port } = await listen({ limits: { channels: 2 } });
    const client = await dial(port);
    for (let id = 1; id <= 2; id++) await new TestClient(await netconf(client)).open();
    await expect.poll(() => server.sessions().length).toBe(2);
    await expect(netconf(client)).rejects.toThrow();
  });

  test('without a session is closed', async () => {
    const { port } = await listen({}, { limits: { helloTime: milliseconds(50) } });
    const client = await dial(port);
    await new Promise<void>((resolve) => client.on('close', () => resolve()));
  });

  test('is closed when its last session is over, though the peer keeps it', async () => {
    const { listener, port } = await listen();
    const client = await session(port);
    (client.client as unknown as { end(): void }).end = () => {}; // a peer that never hangs up
    expect(isOk(await client.rpc('<close-session/>'))).toBe(true);
    await expect.poll(() => listener.connections, { timeout: 10_000 }).toBe(0);
  });

  test('has its channel closed, not only ended, after close-session, and when the peer has said its last', async () => {
    const { server, port } = await listen();
    const connection = await dial(port);
    for (const end of ['close-session', 'end of file'] as const) {
      const channel = await netconf(connection);
      const client = new TestClient(channel);
      await client.open();
      // RFC 4254 §5.3: a channel is closed by SSH_MSG_CHANNEL_CLOSE from either side.
      const closed = new Promise<void>((resolve) => channel.once('close', () => resolve()));
      if (end === 'close-session') expect(isOk(await client.rpc('<close-session/>'))).toBe(true);
      else channel.end();
      await closed;
      await expect.poll(() => server.sessions()).toEqual([]);
    }
  });

  test('of a session too many says so', async () => {
    const { port } = await listen({}, { limits: { sessionsPerUser: 1 } });
    await session(port);
    const client = await dial(port);
    const channel = await netconf(client);
    let said = '';
    channel.stderr.on('data', (piece: Buffer) => {
      said += piece;
    });
    channel.resume();
    await new Promise((resolve) => channel.on('close', resolve));
    expect(said).toContain('ann has 1 sessions open already');
  });

  test.each(['aes128-ctr', 'aes256-gcm@openssh.com'] as const)(
    'exchanges keys again with %s, and nothing is lost',
    async (cipher) => {
      let now = 0;
      const { port } = await listen({
        limits: { rekeyTime: milliseconds(1000) },
        now: () => {
          now += 500; // with every look at it
          return now;
        },
        rekeySweep: milliseconds(10),
      });
      const client = await session(port, { algorithms: { cipher: [cipher] } });
      let exchanges = 0;
      client.client.on('handshake', () => {
        exchanges++;
      });
      while (exchanges < 5) {
        const requests = Array.from({ length: 30 }, () => client.send(ECHO));
        for (const _ of requests) expect(errorsOf(await client.reply())).toEqual([]);
      }
    },
  );

  test('carries messages larger than its window, both ways', async () => {
    const { port } = await listen({}, { limits: { message: (32 << 20) as never } });
    const client = await session(port);
    const text = 'a'.repeat(50_000);
    const echo = `<echo xmlns="urn:example:lab"><text>${text}</text></echo>`;
    for (let round = 0; round < 100; round++) client.send(echo);
    for (let round = 0; round < 100; round++) expect(errorsOf(await client.reply())).toEqual([]);
  });

  test('works with x25519 as with other exchanges, and the cheap way is in place', async () => {
    const { port } = await listen();
    for (const kex of ['curve25519-sha256', 'ecdh-sha2-nistp256', 'diffie-hellman-group14-sha256'] as const) {
      const client = await session(port, { algorithms: { kex: [kex] } });
      expect(errorsOf(await client.rpc(ECHO))).toEqual([]);
    }
    expect(speedUpKeyExchange()()).toBe('in place');
  });
});

describe('a listener', () => {
  test.each([
    ['no host key', { hostKeys: [] }, 'host-key'],
    ['a host key that is none', { hostKeys: [hostKey, 'nonsense'] }, 'host-key'],
    ['an address that is not here', { host: '192.0.2.1' }, 'no-such-address'],
  ])('does not start with %s', async (_, options, kind) => {
    const server = createNetconfServer({ schema: lab().context, access: UNRESTRICTED, log: silentLog });
    const base = { server, host: '127.0.0.1', port: 0, hostKeys: [hostKey], authenticate: () => undefined };
    expect(await listenSsh({ ...base, ...options })).toMatchObject({ ok: false, failure: { kind } });
  });

  test('says that its port is taken', async () => {
    const { server, port } = await listen();
    const second = await listenSsh({
      server,
      host: '127.0.0.1',
      port,
      hostKeys: [hostKey],
      authenticate: () => undefined,
    });
    expect(second).toMatchObject({
      ok: false,
      failure: { kind: 'in-use', message: expect.stringContaining(String(port)) },
    });
  });

  test('shows the host key it was given', async () => {
    const { port } = await listen();
    const seen: string[] = [];
    await dial(port, { hostVerifier: (key: Buffer) => seen.push(fingerprintOf(key)) > 0 });
    const own = utils.parseKey(hostKey);
    expect(own instanceof Error ? [] : [fingerprintOf(own.getPublicSSH())]).toEqual(seen);
  });

  test('closes: nobody comes in, and what is in hand is answered', async () => {
    const release = Promise.withResolvers<void>();
    const rpcs: ServerOptions['rpcs'] = { 'lab:wait': () => release.promise.then(() => OK) };
    const { server, listener, port } = await listen({}, { rpcs });
    const idle = await dial(port);
    const client = await session(port);
    client.send('<wait xmlns="urn:example:lab"/>');
    await expect.poll(() => server.statistics().inRpcs).toBe(1);
    const closed = [listener.close(), server.close()];
    await new Promise<void>((resolve) => idle.once('close', () => resolve()));
    await expect(dial(port)).rejects.toThrow();
    release.resolve();
    expect(isOk(await client.reply())).toBe(true);
    await Promise.all(closed);
    await client.closed;
  });
});
