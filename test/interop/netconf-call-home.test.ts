// Call Home over SSH and TLS, our server calling our client: who proves what to whom, and what happens when one does not.
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { milliseconds, unwrap } from '@sublane/basics';
import {
  type Caller,
  type CallHomeListener,
  type ConnectFailure,
  type CallHomeOptions as ListenOptions,
  listenCallHome,
  type NetconfClient,
} from 'netconf-client';
import {
  type CallHome,
  type CallHomeOptions,
  type CallHomeState,
  callHome,
  certificateFingerprint,
  fingerprintOf,
  generateHostKey,
} from 'netconf-server';
import ssh2 from 'ssh2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CertificateAuthority, type Issued, opensslMissing } from './certificate-authority.ts';
import { ECHO, type EchoServer, echoServer } from './echo-server.ts';

const missing = opensslMissing();
if (missing !== undefined) console.warn(`skipped: Call Home: ${missing}`);

let folder: string;
let ca: CertificateAuthority;
let stranger: CertificateAuthority;
let device: Issued;
let manager: Issued;
const hostKey = generateHostKey();
const userKey = generateHostKey();
const publicOf = (pem: string) => {
  const key = ssh2.utils.parseKey(pem);
  if (key instanceof Error) throw key;
  return fingerprintOf(key.getPublicSSH());
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'call-home-'));
  if (missing !== undefined) return;
  ca = CertificateAuthority.root(folder);
  stranger = CertificateAuthority.root(folder, 'stranger');
  device = ca.issue('device', { names: 'DNS:device-7.example', usage: 'serverAuth' });
  manager = ca.issue('manager', { usage: 'clientAuth' });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

type Kind = 'ssh' | 'tls';
const KINDS: readonly Kind[] = ['ssh', 'tls'];

/** A client that waits for calls. */
async function wait(kind: Kind, more: Partial<ListenOptions> = {}) {
  const sessions: { readonly client: NetconfClient; readonly caller: Caller }[] = [];
  const refused: ConnectFailure[] = [];
  const login =
    kind === 'ssh'
      ? ({
          transport: 'ssh',
          user: 'manager',
          privateKey: userKey,
          hostKey: { fingerprints: [publicOf(hostKey)] },
        } as const)
      : ({
          transport: 'tls',
          certificate: manager.certificate,
          key: manager.key,
          server: { ca: ca.certificate, names: ['device-7.example'] },
        } as const);
  const options = {
    host: '127.0.0.1',
    port: 0,
    onRefused: (failure: ConnectFailure) => void refused.push(failure),
    ...login,
    ...more,
  };
  const listener: CallHomeListener = unwrap(
    await listenCallHome(options as ListenOptions, (client, caller) => void sessions.push({ client, caller })),
  );
  open.push(() => listener.close());
  return { listener, sessions, refused, port: listener.address.port };
}

const QUICK = { backoff: { first: milliseconds(20), longest: milliseconds(100) } };

/** A server that calls. */
function call(kind: Kind, ports: readonly number[], more: Partial<CallHomeOptions> = {}, limits = {}) {
  const echo: EchoServer = echoServer();
  const { server } = echo;
  const states: CallHomeState[] = [];
  const transport: CallHomeOptions['transport'] =
    kind === 'ssh'
      ? {
          kind,
          server,
          hostKeys: [hostKey],
          authenticate: (attempt) =>
            attempt.method === 'publickey' && attempt.key.fingerprint === publicOf(userKey)
              ? { user: attempt.user, role: 'operator' }
              : undefined,
          limits,
          keepalive: { interval: milliseconds(100), most: 3 },
        }
      : {
          kind,
          server,
          ...device,
          ca: ca.certificate,
          certToName: [
            { fingerprint: certificateFingerprint(new X509Certificate(ca.certificate)), mapType: 'common-name' },
          ],
          identify: ({ user }) => ({ user, role: 'operator' }),
          limits,
        };
  const home: CallHome = unwrap(
    callHome({
      name: 'the manager',
      endpoints: ports.map((port) => ({ host: '127.0.0.1', port })),
      transport,
      reconnect: QUICK,
      onState: (state) => void states.push(state),
      ...more,
    }),
  );
  open.push(async () => {
    const closed = home.close();
    await server.close({ drain: 0 });
    await closed;
  });
  return { ...echo, home, states };
}

/** A port that takes connections and does with them what it is told. */
async function peer(serve: (socket: Socket) => void) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

/** A port at which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe.each(KINDS)('over %s', (kind) => {
  test('a server calls; each shows who it is; the client works with it as if it had dialled', async () => {
    const { sessions, port } = await wait(kind);
    const { home, opened, states } = call(kind, [port]);
    await expect.poll(() => sessions.length).toBe(1);
    const [{ client, caller }] = sessions as [(typeof sessions)[0]];
    expect(unwrap(await client.rpc(ECHO)).xml).toContain('manager</user>');
    expect(caller).toMatchObject({ address: '127.0.0.1' });
    if (kind === 'ssh') expect(caller.hostKey).toBe(publicOf(hostKey));
    else expect(caller.certificate?.subject).toBe('CN=device');
    expect(opened).toMatchObject([{ transport: kind, identity: { user: 'manager' } }]);
    expect(home.state).toMatchObject({ kind: 'connected', to: `127.0.0.1:${port}` });
    expect(states.map((state) => state.kind)).toEqual(['dialling', 'greeting', 'connected']);
    await client.close();
  });

  test('it calls again when the session ends, when the connection breaks, and when nobody was there', async () => {
    const port = await freePort();
    const { states } = call(kind, [port]);
    await expect.poll(() => states.find((state) => state.kind === 'waiting')).toMatchObject({ reason: 'ECONNREFUSED' });
    const { sessions } = await wait(kind, { port });
    await expect.poll(() => sessions.length).toBe(1);
    await sessions[0]!.client.close();
    await expect.poll(() => sessions.length).toBe(2);
    sessions[1]!.client.destroy();
    await expect.poll(() => sessions.length).toBe(3);
    expect((await sessions[2]!.client.rpc(ECHO)).ok).toBe(true);
  });

  test('a client that takes the call and says nothing does not keep it: the next endpoint has its turn', async () => {
    const mute = await peer((socket) => socket.resume());
    const { sessions, port } = await wait(kind);
    const { states } = call(
      kind,
      [mute.port, port],
      { reconnect: { ...QUICK, attempts: 2 } },
      { graceTime: milliseconds(50) },
    );
    await expect.poll(() => sessions.length).toBe(1);
    expect(states.filter((state) => state.kind === 'waiting')).toMatchObject([
      { reason: 'too-late' },
      { reason: 'too-late' },
    ]);
    expect(mute.sockets.length).toBe(2);
  });

  test('a client that hangs up at once, or talks rubbish, neither', async () => {
    const rude = await peer((socket) => socket.end('220 mail.example ESMTP\r\n'));
    const { sessions, port } = await wait(kind);
    const { states } = call(kind, [rude.port, port], { reconnect: { ...QUICK, attempts: 1 } });
    await expect.poll(() => sessions.length).toBe(1);
    expect(states.filter((state) => state.kind === 'waiting').length).toBe(1);
  });

  test('a client that may not come in is told nothing, and called again, slower', async () => {
    const wrong =
      kind === 'ssh'
        ? { privateKey: generateHostKey() }
        : (({ certificate, key }) => ({ certificate, key }))(stranger.issue('m'));
    const { refused, port, sessions } = await wait(kind, wrong as Partial<ListenOptions>);
    const { states, refused: told, opened } = call(kind, [port]);
    await expect.poll(() => refused.length).toBeGreaterThan(2);
    expect(refused[0]).toMatchObject({
      kind: 'authentication-refused',
      message: expect.stringContaining('the server that called from 127.0.0.1:'),
    });
    expect(told[0]).toMatchObject({ reason: kind === 'ssh' ? 'not-accepted' : 'bad-certificate' });
    const said = states.find((state) => state.kind === 'waiting');
    expect(said).toMatchObject({ reason: expect.stringMatching(kind === 'ssh' ? 'manager: not-accepted' : 'CN=m') });
    expect([sessions, opened]).toEqual([[], []]);
  });

  test('the client talks to no server that is not the one expected: nothing of its own leaves', async () => {
    const other =
      kind === 'ssh'
        ? { hostKey: { fingerprints: [publicOf(generateHostKey())] } }
        : { server: { ca: ca.certificate, names: ['device-8.example'] } };
    const { refused, port, sessions } = await wait(kind, other as Partial<ListenOptions>);
    const { opened } = call(kind, [port]);
    await expect.poll(() => refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ kind: kind === 'ssh' ? 'host-key-mismatch' : 'certificate-refused' });
    expect([sessions, opened]).toEqual([[], []]);
  });

  test('a periodic connection ends when nothing is said, and the next begins with the next period', async () => {
    const { sessions, port } = await wait(kind);
    const period = milliseconds(1_000);
    const { states } = call(kind, [port], {
      connection: { kind: 'periodic', period, idleTimeout: milliseconds(400) },
    });
    await expect.poll(() => sessions.length, { timeout: 10_000 }).toBe(2);
    expect((await sessions[0]!.client.closed).kind).toBe('closed-by-server');
    expect(states.map((state) => state.kind).slice(0, 5)).toEqual([
      'dialling',
      'greeting',
      'connected',
      'resting',
      'dialling',
    ]);
  });

  test('it stops in every phase', async () => {
    const nobody = call(kind, [await freePort()]);
    await expect.poll(() => nobody.home.state.kind).toBe('waiting');
    await nobody.home.close();
    expect(nobody.home.state).toEqual({ kind: 'stopped' });
    const mute = await peer((socket) => socket.resume());
    const greeting = call(kind, [mute.port]);
    await expect.poll(() => greeting.home.state.kind).toBe('greeting');
    await greeting.home.close();
    const { sessions, port } = await wait(kind);
    const connected = call(kind, [port]);
    await expect.poll(() => sessions.length).toBe(1);
    const closed = connected.home.close();
    expect((await sessions[0]!.client.rpc(ECHO)).ok).toBe(true); // it ends with its server, not before
    await connected.server.close();
    await closed;
    expect((await sessions[0]!.client.closed).kind).toBe('closed-by-server');
    expect(sessions.length).toBe(1);
  });
});

test('over ssh, a client that died without a word is noticed, and called again', async () => {
  const { sessions, port } = await wait('ssh', { keepalive: false });
  let cut = false;
  const cable = await peer((near) => {
    const far = connectSocket(port, '127.0.0.1').on('error', () => {});
    const alive = !cut;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (piece) => void ((alive && cut) || to.write(piece)));
      from.on('close', () => to.destroy());
    }
  });
  call('ssh', [cable.port]);
  await expect.poll(() => sessions.length).toBe(1);
  cut = true;
  await expect.poll(() => sessions.length, { timeout: 10_000 }).toBe(2);
  expect((await sessions[1]!.client.rpc(ECHO)).ok).toBe(true);
});

describe('a client that waits', () => {
  test.each([{ most: 2 }, { mostOfOne: 2 }])(
    'takes so many callers that have not said who they are: %j',
    async (limit) => {
      const { listener, port, sessions } = await wait('ssh', limit);
      const idle = [1, 2].map(() => connectSocket(port, '127.0.0.1'));
      await expect.poll(() => listener.pending).toBe(2);
      const third = connectSocket(port, '127.0.0.1')
        .on('error', () => {})
        .resume();
      await once(third, 'close');
      for (const socket of idle) socket.destroy();
      await expect.poll(() => listener.pending).toBe(0);
      call('ssh', [port]);
      await expect.poll(() => sessions.length).toBe(1);
    },
  );

  test('gives up a caller that says nothing, and all of them when it is closed or its signal is raised', async () => {
    const { refused, port } = await wait('tls', { timeout: milliseconds(50) });
    const idle = connectSocket(port, '127.0.0.1')
      .on('error', () => {})
      .resume();
    await once(idle, 'close');
    expect(refused).toMatchObject([{ kind: 'timeout', message: expect.stringContaining('TLS handshake') }]);
    const stop = new AbortController();
    const other = await wait('ssh', { signal: stop.signal });
    const pending = connectSocket(other.port, '127.0.0.1')
      .on('error', () => {})
      .resume();
    await expect.poll(() => other.listener.pending).toBe(1);
    stop.abort();
    await once(pending, 'close');
    await expect.poll(() => other.refused).toMatchObject([{ kind: 'aborted' }]);
    const again = connectSocket(other.port, '127.0.0.1');
    expect(await new Promise((resolve) => again.once('error', ({ message }) => resolve(message)))).toMatch(
      'ECONNREFUSED',
    );
  });

  test.each<[string, Partial<ListenOptions>, object]>([
    ['where another listens', {}, { kind: 'not-listening', code: 'EADDRINUSE' }],
    ['at an address that is not here', { host: '192.0.2.1' }, { kind: 'not-listening' }],
    [
      'with a key that is none',
      { privateKey: 'x' } as Partial<ListenOptions>,
      { kind: 'bad-input', input: 'private-key' },
    ],
    ['when it was given up before', { signal: AbortSignal.abort() }, { kind: 'aborted' }],
  ])('does not %s', async (_, more, failure) => {
    const { port } = await wait('ssh');
    const login = {
      transport: 'ssh',
      user: 'm',
      privateKey: userKey,
      hostKey: { fingerprints: [publicOf(hostKey)] },
    } as const;
    const options = { host: '127.0.0.1', port, ...login, ...more } as ListenOptions;
    expect(await listenCallHome(options, () => {})).toMatchObject({ ok: false, failure });
  });

  test('over TLS has to know whom it waits for', async () => {
    const login = {
      transport: 'tls',
      certificate: manager.certificate,
      key: manager.key,
      server: { ca: ca.certificate },
    } as const;
    expect(await listenCallHome({ host: '127.0.0.1', port: 0, ...login }, () => {})).toMatchObject({
      ok: false,
      failure: { kind: 'bad-input', input: 'server-names' },
    });
  });
});

test.each<[string, Partial<CallHomeOptions>, string]>([
  ['nobody to call', { endpoints: [] }, 'endpoints'],
  ['no time between', { connection: { kind: 'periodic', period: milliseconds(0) } }, 'period'],
])('a server with %s does not start', (_, more, kind) => {
  const { server } = echoServer();
  const transport = { kind: 'ssh', server, hostKeys: [hostKey], authenticate: () => undefined } as const;
  const options = { name: 'x', endpoints: [{ host: '127.0.0.1' }], transport, ...more };
  expect(callHome(options)).toMatchObject({ ok: false, failure: { kind } });
});
