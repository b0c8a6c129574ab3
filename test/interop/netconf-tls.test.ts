// NETCONF over TLS, our client and OpenSSL's against our server: certificates of every kind, and peers that mean no good.
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTlsSocket } from 'node:tls';
import { milliseconds, unwrap } from '@sublane/basics';
import { connectTls, type TlsOptions } from 'netconf-client';
import {
  type CertToName,
  certificateFingerprint,
  listenTls,
  type TlsListener,
  type TlsListenerOptions,
} from 'netconf-server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CertificateAuthority, type Issued, opensslMissing } from './certificate-authority.ts';
import { ECHO, type EchoServer, echoServer } from './echo-server.ts';

const missing = opensslMissing();
if (missing !== undefined) console.warn(`skipped: NETCONF over TLS: ${missing}`);

let folder: string;
let ca: CertificateAuthority;
let below: CertificateAuthority;
let stranger: CertificateAuthority;
let own: Issued;
let olga: Issued;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netconf-tls-'));
  if (missing !== undefined) return;
  ca = CertificateAuthority.root(folder);
  below = ca.authority('below');
  stranger = CertificateAuthority.root(folder, 'stranger');
  own = ca.issue('server', { names: 'DNS:localhost,IP:127.0.0.1', usage: 'serverAuth' });
  olga = ca.issue('olga', { usage: 'clientAuth' });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});

const open: { echo: EchoServer; listener: TlsListener }[] = [];
afterEach(async () => {
  for (const { echo, listener } of open.splice(0)) {
    await echo.server.close({ drain: 0 });
    await listener.close();
  }
});

const printOf = ({ certificate }: { certificate: string }) => certificateFingerprint(new X509Certificate(certificate));
const byCommonName = (issuer: { certificate: string }): CertToName => ({
  fingerprint: printOf(issuer),
  mapType: 'common-name',
});

async function listen(options: Partial<TlsListenerOptions> = {}, echo = echoServer()) {
  const listener = unwrap(
    await listenTls({
      server: echo.server,
      host: '127.0.0.1',
      port: 0,
      certificate: own.certificate,
      key: own.key,
      ca: ca.certificate,
      certToName: [byCommonName(ca)],
      identify: ({ user }) => ({ user, role: 'operator' }),
      ...options,
    }),
  );
  open.push({ echo, listener });
  return { ...echo, listener, port: listener.address.port };
}

const as = (port: number, who: Issued, more: Partial<TlsOptions> = {}): TlsOptions => ({
  host: 'localhost',
  port,
  certificate: who.certificate,
  key: who.key,
  server: { ca: ca.certificate },
  ...more,
});

describe('who is let in', () => {
  test('by a certificate that maps to a name: a session, in the name that follows', async () => {
    const { server, port, opened, closed } = await listen();
    const client = unwrap(await connectTls(as(port, olga)));
    expect(unwrap(await client.rpc(ECHO)).xml).toContain('<user xmlns="urn:example:echo">olga</user>');
    expect(opened).toMatchObject([
      { identity: { user: 'olga', role: 'operator' }, transport: 'tls', peer: { address: '127.0.0.1' } },
    ]);
    const large = 'x'.repeat(3 << 20);
    const reply = unwrap(await client.rpc(`<echo xmlns="urn:example:echo"><text>${large}</text></echo>`));
    expect(reply.xml.length).toBeGreaterThan(large.length);
    expect(await client.close()).toMatchObject({ kind: 'closed' });
    await expect.poll(() => closed).toEqual([['olga', { kind: 'closed' }]]);
    expect(server.sessions()).toEqual([]);
  });

  test.each<[string, CertToName['mapType'], string, string]>([
    ['its mail address', 'san-rfc822-name', 'DNS:one.example,email:Olga@Example.NET', 'Olga@example.net'],
    ['its host name', 'san-dns-name', 'email:x@example.net,DNS:Edge.Example', 'edge.example'],
    ['its IPv4 address', 'san-ip-address', 'IP:192.0.2.7', '192.0.2.7'],
    ['its IPv6 address', 'san-ip-address', 'IP:2001:db8::7', '20010db8000000000000000000000007'],
    ['the first of its names', 'san-any', 'DNS:first.example,email:second@example.net', 'first.example'],
  ])('by %s', async (_, mapType, names, user) => {
    const who = ca.issue('named', { names });
    const { port, opened } = await listen({ certToName: [{ fingerprint: printOf(ca), mapType } as CertToName] });
    await using _client = unwrap(await connectTls(as(port, who)));
    expect(opened[0]?.identity.user).toBe(user);
  });

  test('by an entry of its own before one of its authority; by the next where one gives no name', async () => {
    const { port, opened } = await listen({
      certToName: [
        { fingerprint: printOf(ca), mapType: 'san-rfc822-name' }, // it has none
        { fingerprint: printOf(olga), mapType: 'specified', name: 'the chief' },
        byCommonName(ca),
      ],
    });
    await using _olga = unwrap(await connectTls(as(port, olga)));
    await using _other = unwrap(await connectTls(as(port, ca.issue('oscar'))));
    expect(opened.map(({ identity }) => identity.user)).toEqual(['the chief', 'oscar']);
  });

  test('by an authority between that we hold, or by the one above it; not by one that we do not hold', async () => {
    const deep = below.issue('deep');
    const chained = { ...deep, certificate: deep.certificate + below.certificate };
    for (const above of [below, ca]) {
      const { port, opened } = await listen({
        ca: ca.certificate + below.certificate,
        certToName: [byCommonName(above)],
      });
      await using _client = unwrap(await connectTls(as(port, chained)));
      expect(opened[0]?.identity.user).toBe('deep');
    }
    // RFC 7407 §4: "matches that of a locally held copy of a trusted CA certificate"
    const { port, refused } = await listen({ certToName: [byCommonName(below)] });
    expect(await connectTls(as(port, chained))).toMatchObject({ ok: false });
    expect(refused).toMatchObject([{ reason: 'not-mapped', detail: expect.stringContaining('CN=deep') }]);
  });

  test('with TLS 1.2 as with 1.3', async () => {
    const { port } = await listen();
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const { tls } = await shake(port, { cert: olga.certificate, key: olga.key, maxVersion });
      expect(tls.getProtocol()).toBe(maxVersion);
      const [hello] = (await once(tls, 'data')) as [Buffer];
      expect(hello.toString()).toContain('<hello');
      tls.destroy();
    }
  });

  test('each time by its certificate: no session is resumed', async () => {
    const { port } = await listen();
    const mine = { cert: olga.certificate, key: olga.key };
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const { tls, session } = await shake(port, { ...mine, maxVersion });
      await once(tls, 'data');
      const kept = session() ?? tls.getSession();
      tls.destroy();
      const again = await shake(port, { ...mine, maxVersion, ...(kept && { session: kept }) });
      expect(again.tls.isSessionReused()).toBe(false);
      again.tls.destroy();
    }
  });
});

/** A bare TLS connection, and the session that the server may have given for later. */
async function shake(port: number, options: ConnectionOptions) {
  let kept: Buffer | undefined;
  const tls = connectTlsSocket({ host: '127.0.0.1', port, servername: 'localhost', ca: ca.certificate, ...options });
  tls.on('session', (session) => {
    kept = session;
  });
  await once(tls, 'secureConnect'); // or its error
  tls.on('error', () => {});
  return { tls, session: () => kept };
}

describe('who is not', () => {
  test.each<[string, () => Issued, string, string]>([
    ['of another authority', () => stranger.issue('mallory'), 'bad-certificate', 'CN=mallory: '],
    ['that is over', () => ca.issue('past', { days: -1 }), 'bad-certificate', 'CN=past: CERT_HAS_EXPIRED'],
    ['for servers alone', () => ca.issue('host', { usage: 'serverAuth' }), 'bad-certificate', 'INVALID_PURPOSE'],
    ['that maps to no name', () => ca.issue('anon', { subject: '/O=Nobody' }), 'not-mapped', 'O=Nobody'],
    ['without any name', () => stranger.issue('empty', { subject: '/' }), 'bad-certificate', 'without a name: '],
    [
      'that has no subject',
      () => ca.issue('san', { subject: '/', names: 'DNS:a.example' }),
      'not-mapped',
      'DNS:a.example',
    ],
    ['with two names', () => ca.issue('two', { subject: '/CN=one/CN=two' }), 'not-mapped', 'CN=one'],
    ['whose name nobody has', () => ca.issue('nobody'), 'not-accepted', 'CN=nobody'],
  ])('a certificate %s', async (_, issue, reason, detail) => {
    const { port, refused, opened } = await listen({
      identify: ({ user }) => (user === 'nobody' ? undefined : { user, role: 'operator' }),
    });
    expect(await connectTls(as(port, issue()))).toMatchObject({
      ok: false,
      failure: {
        kind: 'authentication-refused',
        methods: ['certificate'],
        message: expect.stringContaining('does not accept the certificate of'),
      },
    });
    expect(refused).toMatchObject([{ method: 'certificate', reason, detail: expect.stringContaining(detail) }]);
    expect(opened).toEqual([]);
  });

  test('where the decision fails', async () => {
    const { port, refused } = await listen({ identify: () => Promise.reject(new Error('store is away')) });
    expect(await connectTls(as(port, olga))).toMatchObject({ ok: false });
    expect(refused).toMatchObject([{ reason: 'not-accepted', user: 'olga' }]);
  });

  test('without a certificate, with TLS 1.2 as with 1.3', async () => {
    const { port, refused } = await listen();
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const tls = connectTlsSocket({
        host: '127.0.0.1',
        port,
        ca: ca.certificate,
        servername: 'localhost',
        maxVersion,
      });
      tls.on('error', () => {});
      tls.write('<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"/>');
      let said = '';
      tls.on('data', (piece: Buffer) => {
        said += piece;
      });
      await new Promise((resolve) => tls.once('close', resolve));
      expect(said).toBe('');
    }
    expect(refused).toMatchObject([{ reason: 'no-certificate' }, { reason: 'no-certificate' }]);
  });

  test('with a forged authority beside its certificate', async () => {
    // Of our CA's name, but not of its key: OpenSSL does not build on it, nor do we.
    const forged = CertificateAuthority.root(mkdtempSync(join(folder, 'forged-')), 'ca');
    const { port, refused } = await listen();
    const who = forged.issue('olga');
    expect(await connectTls(as(port, { ...who, certificate: who.certificate + ca.certificate }))).toMatchObject({
      ok: false,
    });
    expect(refused).toMatchObject([{ reason: 'bad-certificate' }]);
  });

  test('who was revoked', async () => {
    const gone = ca.issue('gone');
    const { port, refused, listener } = await listen();
    await unwrap(await connectTls(as(port, gone))).close();
    const trust = { certificate: own.certificate, key: own.key, ca: ca.certificate, certToName: [byCommonName(ca)] };
    expect(listener.replace({ ...trust, crl: ca.revoke(gone) })).toEqual({ ok: true });
    expect(await connectTls(as(port, gone))).toMatchObject({ ok: false });
    expect(refused).toMatchObject([{ reason: 'bad-certificate', detail: 'CN=gone: CERT_REVOKED' }]);
    await unwrap(await connectTls(as(port, olga))).close();
  });

  test('who speaks TLS 1.1', async () => {
    const { port, refused } = await listen();
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await expect(shake(port, old)).rejects.toThrow(/protocol version/);
    expect(refused).toMatchObject([{ reason: 'handshake-failed', detail: 'ERR_SSL_UNSUPPORTED_PROTOCOL' }]);
  });
});

describe('peers that mean no good', () => {
  test('a slow handshake ends with the grace time; so does none at all', async () => {
    const { port, refused } = await listen({ limits: { graceTime: milliseconds(50) } });
    const idle = connectSocket(port, '127.0.0.1')
      .on('error', () => {})
      .resume();
    await once(idle, 'close');
    const slow = connectSocket(port, '127.0.0.1')
      .on('error', () => {})
      .resume();
    slow.write(Buffer.from([22, 3, 1, 0, 200, 1])); // the beginning of a ClientHello
    await once(slow, 'close');
    expect(refused).toMatchObject([{ reason: 'too-late' }, { reason: 'too-late' }]);
  });

  test('rubbish and HTTP are refused, and others are not', async () => {
    const { port, refused } = await listen();
    for (const rubbish of [
      'GET / HTTP/1.0\r\n\r\n',
      `<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"/>]]>]]>`,
    ]) {
      const socket = connectSocket(port, '127.0.0.1')
        .on('error', () => {})
        .resume();
      socket.write(rubbish);
      await once(socket, 'close');
    }
    expect(refused).toMatchObject([{ reason: 'handshake-failed' }, { reason: 'handshake-failed' }]);
    await unwrap(await connectTls(as(port, olga))).close();
  });

  test('one that never says hello is closed', async () => {
    const echo = echoServer({ limits: { helloTime: milliseconds(50) } });
    const { port } = await listen({}, echo);
    const { tls } = await shake(port, { cert: olga.certificate, key: olga.key });
    tls.resume();
    await once(tls, 'close');
    expect(echo.opened).toEqual([]);
  });

  test('a source that fails too often is shut out for a while', async () => {
    let now = 1000;
    const { port, refused } = await listen({
      limits: { failuresPerSource: 2, failureWindow: milliseconds(60_000) },
      now: () => now,
    });
    const wrong = stranger.issue('again');
    for (let attempt = 0; attempt < 3; attempt++) expect((await connectTls(as(port, wrong))).ok).toBe(false);
    expect((await connectTls(as(port, olga))).ok).toBe(false);
    expect(refused.map(({ reason }) => reason)).toEqual([
      'bad-certificate',
      'bad-certificate',
      'too-many-failures',
      'too-many-failures',
    ]);
    now += 60_000;
    await unwrap(await connectTls(as(port, olga))).close();
  });

  test('so many from one source that have not said who they are, and no more', async () => {
    const { port, refused, listener } = await listen({ limits: { unauthenticatedPerSource: 2 } });
    const idle = [1, 2].map(() => connectSocket(port, '127.0.0.1'));
    await expect.poll(() => listener.connections).toBe(2);
    expect((await connectTls(as(port, olga))).ok).toBe(false);
    expect(refused).toMatchObject([{ reason: 'too-many-unauthenticated-of-source' }]);
    for (const socket of idle) socket.destroy();
    await expect.poll(() => listener.connections).toBe(0);
    await unwrap(await connectTls(as(port, olga))).close();
  });

  test('a session too many is closed, and said to the application', async () => {
    const echo = echoServer({ limits: { sessionsPerUser: 1 } });
    const { port } = await listen({}, echo);
    await using _first = unwrap(await connectTls(as(port, olga)));
    expect((await connectTls(as(port, olga))).ok).toBe(false);
    expect(echo.sessionsRefused).toMatchObject([{ user: 'olga', transport: 'tls' }]);
  });
});

describe('the client', () => {
  test.each<[string, () => Partial<TlsOptions>, string]>([
    ['another authority', () => ({ server: { ca: stranger.certificate } }), 'CN=server: '],
    ['another name', () => ({ server: { ca: ca.certificate, names: ['edge.example'] } }), 'expected edge.example'],
    ['another certificate', () => ({ server: { fingerprints: ['ab'.repeat(32)] } }), 'its fingerprint is'],
  ])('does not talk to a server of %s than expected', async (_, options, text) => {
    const { port, opened } = await listen();
    expect(await connectTls(as(port, olga, options()))).toMatchObject({
      ok: false,
      failure: { kind: 'certificate-refused', message: expect.stringContaining(text) },
    });
    expect(opened).toEqual([]);
  });

  test('nor to one whose certificate is over, or is a client’s', async () => {
    for (const bad of [
      ca.issue('old', { names: 'DNS:localhost', days: -1 }),
      ca.issue('cl', { usage: 'clientAuth' }),
    ]) {
      const { port } = await listen({ certificate: bad.certificate, key: bad.key });
      expect(await connectTls(as(port, olga))).toMatchObject({ ok: false, failure: { kind: 'certificate-refused' } });
    }
  });

  test('nor to one whose certificate was revoked', async () => {
    const gone = ca.issue('gone-server', { names: 'DNS:localhost', usage: 'serverAuth' });
    const { port } = await listen({ certificate: gone.certificate, key: gone.key });
    const server = { ca: ca.certificate, crl: ca.revoke(gone) };
    expect(await connectTls(as(port, olga, { server }))).toMatchObject({
      ok: false,
      failure: { kind: 'certificate-refused', message: expect.stringContaining('CERT_REVOKED') },
    });
    const other = await listen();
    await unwrap(await connectTls(as(other.port, olga, { server }))).close();
  });

  test('takes a certificate without a subject, of which the names count', async () => {
    const bare = ca.issue('bare', { subject: '/', names: 'DNS:localhost', usage: 'serverAuth' });
    const { port, opened } = await listen({
      certificate: bare.certificate,
      key: bare.key,
      certToName: [{ fingerprint: printOf(ca), mapType: 'san-dns-name' }],
    });
    const mine = ca.issue('mine', { subject: '/', names: 'DNS:station-4.example', usage: 'clientAuth' });
    await unwrap(await connectTls(as(port, mine))).close();
    expect(opened[0]?.identity.user).toBe('station-4.example');
    const other = await connectTls(as(port, mine, { server: { ca: stranger.certificate } }));
    expect(other).toMatchObject({ ok: false, failure: { message: expect.stringContaining('DNS:localhost: ') } });
  });

  test('takes a pinned certificate, by one of several names, and by an address', async () => {
    const { port } = await listen();
    const pin = new X509Certificate(own.certificate).fingerprint256;
    for (const more of [
      { server: { fingerprints: ['00'.repeat(32), pin.toLowerCase()] } },
      { server: { ca: [stranger.certificate, ca.certificate], names: ['edge.example', 'localhost'] } },
      { host: '127.0.0.1' },
    ])
      await unwrap(await connectTls(as(port, olga, more))).close();
  });

  test.each<[string, () => Partial<TlsOptions>, string, string]>([
    ['a certificate that is none', () => ({ certificate: 'x' }), 'certificate', 'Expected PEM'],
    ['a key that is none', () => ({ key: 'x' }), 'private-key', 'Expected PEM'],
    ['the key of another', () => ({ key: own.key }), 'private-key', 'not that of the certificate of CN=olga'],
    ['no fingerprint', () => ({ server: { fingerprints: [] } }), 'fingerprint', 'there is none'],
    ['a fingerprint that is none', () => ({ server: { fingerprints: ['04:ab'] } }), 'fingerprint', 'found "04:ab"'],
    ['no name', () => ({ server: { ca: ca.certificate, names: [] } }), 'server-names', 'there is none'],
  ])('says what is wrong with %s', async (_, options, input, text) => {
    expect(await connectTls(as(1, olga, options()))).toMatchObject({
      ok: false,
      failure: { kind: 'bad-input', input, message: expect.stringContaining(text) },
    });
  });

  test('gives up in time on a server that does nothing, and when told to; nothing stays open', async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket.on('error', () => {}).resume())).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as { port: number };
    expect(await connectTls({ ...as(port, olga), timeout: milliseconds(100) })).toMatchObject({
      ok: false,
      failure: { kind: 'timeout', message: expect.stringContaining('waited for the TLS handshake') },
    });
    expect(await connectTls({ ...as(port, olga), signal: AbortSignal.timeout(50) })).toMatchObject({
      ok: false,
      failure: { kind: 'aborted' },
    });
    await expect.poll(() => sockets.map(({ closed }) => closed)).toEqual([true, true]);
    mute.close();
  });

  test('tells a server that is no TLS, one that cuts in the handshake, one that is not there', async () => {
    const plain = (socket: Socket) => void socket.resume().end('SSH-2.0-x\r\n');
    const cutting = (socket: Socket) => void socket.once('data', () => socket.destroy());
    for (const serve of [plain, cutting]) {
      const server = createServer((socket) => serve(socket.on('error', () => {}))).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as { port: number };
      const result = await connectTls(as(port, olga));
      expect(result).toMatchObject({ ok: false, failure: { message: expect.stringContaining(`localhost:${port}`) } });
      expect(result).toMatchObject({ failure: { kind: expect.stringMatching(/^(unreachable|closed)$/) } });
      server.close();
      await once(server, 'close');
      expect(await connectTls(as(port, olga))).toMatchObject({
        ok: false,
        failure: { kind: 'unreachable', code: 'ECONNREFUSED' },
      });
    }
  });

  test('notices a connection that breaks', async () => {
    const sockets: Socket[] = [];
    const { listener, port } = await listen();
    const cable = createServer((near) => {
      const far = connectSocket(port, '127.0.0.1').on('error', () => {});
      sockets.push(near.on('error', () => {}));
      near.pipe(far).pipe(near);
      near.on('close', () => far.destroy());
    }).listen(0, '127.0.0.1');
    await once(cable, 'listening');
    const client = unwrap(await connectTls(as((cable.address() as { port: number }).port, olga)));
    const waiting = client.rpc(ECHO);
    sockets[0]!.resetAndDestroy();
    expect(await client.closed).toMatchObject({ kind: 'lost' });
    expect((await waiting).ok).toBe(false);
    await expect.poll(() => listener.connections).toBe(0);
    cable.close();
  });
});

describe('a listener', () => {
  test.each<[string, () => Partial<TlsListenerOptions>, object]>([
    ['a certificate that is none', () => ({ certificate: 'x' }), { kind: 'credentials', part: 'certificate' }],
    ['a key that is none', () => ({ key: 'x' }), { kind: 'credentials', part: 'key' }],
    ['the key of another', () => ({ key: olga.key }), { part: 'key', message: expect.stringContaining('CN=server') }],
    ['no authority', () => ({ ca: '' }), { kind: 'credentials', part: 'ca' }],
    [
      'an authority that is none',
      () => ({ ca: olga.certificate }),
      { message: expect.stringContaining('no authority') },
    ],
    [
      'a weak fingerprint',
      () => ({ certToName: [{ fingerprint: '02:ab', mapType: 'san-any' }] }),
      { kind: 'cert-to-name', index: 0 },
    ],
    ['an address that is not here', () => ({ host: '192.0.2.1' }), { kind: 'no-such-address' }],
  ])('does not start with %s', async (_, options, failure) => {
    const base = { certificate: own.certificate, key: own.key, ca: ca.certificate, certToName: [] };
    const { server } = echoServer();
    const result = await listenTls({
      server,
      host: '127.0.0.1',
      port: 0,
      identify: () => undefined,
      ...base,
      ...options(),
    });
    expect(result).toMatchObject({ ok: false, failure });
  });

  test('shows a new certificate and believes new names from one connection to the next; a wrong one changes nothing', async () => {
    const { port, listener, opened } = await listen();
    await using first = unwrap(await connectTls(as(port, olga)));
    const next = ca.issue('renewed', { names: 'DNS:localhost' });
    const certToName: CertToName[] = [{ fingerprint: printOf(ca), mapType: 'specified', name: 'everybody' }];
    expect(listener.replace({ ...next, ca: ca.certificate, certToName })).toEqual({ ok: true });
    expect(listener.replace({ ...next, key: 'x', ca: ca.certificate, certToName: [] })).toMatchObject({ ok: false });
    const { tls } = await shake(port, { cert: olga.certificate, key: olga.key });
    expect(tls.getPeerX509Certificate()?.subject).toBe('CN=renewed');
    tls.destroy();
    await using _second = unwrap(await connectTls(as(port, olga)));
    expect(opened.map(({ identity }) => identity.user)).toEqual(['olga', 'everybody']);
    expect((await first.rpc(ECHO)).ok).toBe(true);
  });

  test('closes: nobody comes in, idle connections end, sessions with the server', async () => {
    const { server, listener, port, opened } = await listen();
    const idle = connectSocket(port, '127.0.0.1')
      .on('error', () => {})
      .resume();
    const client = unwrap(await connectTls(as(port, olga)));
    await expect.poll(() => listener.connections).toBe(2);
    const closed = listener.close();
    await once(idle, 'close');
    expect((await connectTls(as(port, olga))).ok).toBe(false);
    expect((await client.rpc(ECHO)).ok).toBe(true);
    await server.close();
    await closed;
    expect(await client.closed).toMatchObject({ kind: 'closed-by-server' });
    expect(opened.length).toBe(1);
  });
});
