import { once } from 'node:events';
import { type AddressInfo, connect as connectSocket, createServer, type Server, type Socket } from 'node:net';
import { bytes, milliseconds, unwrap } from '@sublane/basics';
import ssh2, { type AuthContext, type PublicKeyAuthContext } from 'ssh2';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connect } from './connect.ts';
import { fingerprintOf, isKeyAmong, parseFingerprints } from './host-key.ts';
import type { SshOptions } from './ssh-transport.ts';
import { answerOk, echo, ScriptedServer } from './testing/scripted-server.ts';
import { makeKey, type SshPeer, sshPeer } from './testing/ssh-peer.ts';

const alice = makeKey();
const stranger = makeKey();

/** `alice` by her key, `bob` by his password, `carol` by being asked for hers. */
function authenticate(context: AuthContext): void {
  const { username } = context;
  if (context.method === 'keyboard-interactive' && username === 'carol') {
    context.prompt([{ prompt: 'Password:', echo: false }], ([answer]) => decide(context, answer === 'secret'));
    return;
  }
  const permitted =
    (context.method === 'password' && username === 'bob' && context.password === 'secret') ||
    (context.method === 'publickey' && username === 'alice' && isSignedBy(alice.public, context));
  decide(context, permitted);
}

function isSignedBy(publicKey: string, { key, blob, signature, hashAlgo }: PublicKeyAuthContext): boolean {
  const known = ssh2.utils.parseKey(publicKey);
  if (known instanceof Error) throw known;
  if (!key.data.equals(known.getPublicSSH())) return false;
  return signature === undefined || known.verify(blob!, signature, hashAlgo) === true;
}

function decide(context: AuthContext, permitted: boolean): void {
  if (permitted) context.accept();
  else context.reject(context.username === 'carol' ? ['keyboard-interactive'] : ['publickey', 'password']);
}

let peer: SshPeer;
beforeAll(async () => {
  peer = await sshPeer({
    authenticate,
    subsystem: (name) => (name === 'netconf' ? (channel) => void new ScriptedServer(channel, echo) : undefined),
  });
});
afterAll(() => peer[Symbol.asyncDispose]());

const as = (user: string, more: Partial<SshOptions>): SshOptions => ({
  host: '127.0.0.1',
  port: peer.port,
  user,
  hostKey: { fingerprints: [peer.fingerprint] },
  ...more,
});

describe('who is let in', () => {
  test.each<[string, () => SshOptions]>([
    ['by key', () => as('alice', { privateKey: alice.private })],
    ['by password', () => as('bob', { password: 'secret' })],
    ['by password, where the key is not accepted', () => as('bob', { privateKey: alice.private, password: 'secret' })],
    ['by an answer', () => as('carol', { password: 'secret' })],
    [
      'with one of several fingerprints',
      () =>
        as('bob', {
          password: 'secret',
          hostKey: { fingerprints: [fingerprintOf(Buffer.from('other')), `${peer.fingerprint}=`] },
        }),
    ],
    [
      'with a host key the caller trusts',
      () =>
        as('bob', {
          password: 'secret',
          hostKey: {
            verify: async (fingerprint, key) => fingerprint === peer.fingerprint && fingerprintOf(key) === fingerprint,
          },
        }),
    ],
  ])('%s', async (_, options) => {
    const client = unwrap(await connect(options()));
    const large = 'x'.repeat(3 << 20);
    expect(unwrap(await client.rpc(`<echo xmlns="urn:e">${large}</echo>`)).content.children[0]).toMatchObject({
      name: 'echo',
      children: [large],
    });
    expect(await client.close()).toMatchObject({ message: expect.stringContaining(`@127.0.0.1:${peer.port}`) });
  });

  test.each<[string, () => SshOptions, string, string]>([
    [
      'an unknown user',
      () => as('mallory', { password: 'secret' }),
      'authentication-refused',
      'does not let "mallory" in (tried: password)',
    ],
    ['a wrong password', () => as('bob', { password: 'guess' }), 'authentication-refused', '(tried: password)'],
    ['a wrong answer', () => as('carol', { password: 'guess' }), 'authentication-refused', 'keyboard-interactive'],
    [
      'a wrong key',
      () => as('alice', { privateKey: stranger.private }),
      'authentication-refused',
      '(tried: publickey)',
    ],
    [
      'a wrong key and a wrong password',
      () => as('alice', { privateKey: stranger.private, password: 'secret' }),
      'authentication-refused',
      '(tried: publickey, password)',
    ],
    ['no credentials', () => as('bob', {}), 'bad-input', 'Expected a private key or a password'],
    ['a key that is none', () => as('bob', { privateKey: 'no key' }), 'bad-input', 'The private key cannot be used'],
    [
      'a fingerprint that is none',
      () => as('bob', { password: 'secret', hostKey: { fingerprints: ['MD5:00:11'] } }),
      'bad-input',
      'found "MD5:00:11"',
    ],
    [
      'no fingerprint at all',
      () => as('bob', { password: 'secret', hostKey: { fingerprints: [] } }),
      'bad-input',
      'there is none',
    ],
  ])('not %s', async (_, options, kind, text) => {
    expect(await connect(options())).toMatchObject({
      ok: false,
      failure: { kind, message: expect.stringContaining(text) },
    });
  });
});

describe('a host key that is not trusted', () => {
  test('is shown beside the one expected, and no credential leaves', async () => {
    const seen = vi.fn(authenticate);
    await using other = await sshPeer({ authenticate: seen });
    const expected = [fingerprintOf(Buffer.from('another key'))];
    expect(
      await connect(as('bob', { port: other.port, password: 'secret', hostKey: { fingerprints: expected } })),
    ).toEqual({
      ok: false,
      failure: {
        kind: 'host-key-mismatch',
        expected,
        seen: other.fingerprint,
        message: `ssh://bob@127.0.0.1:${other.port} showed the key ${other.fingerprint} (ssh-ed25519); expected ${expected[0]}. If the server was not given a new key, somebody stands in between.`,
      },
    });
    expect(seen).not.toHaveBeenCalled();
  });

  test.each<[string, () => boolean | Promise<boolean>]>([
    ['says no', () => false],
    ['says no later', async () => false],
    ['fails', () => Promise.reject(new Error('no list'))],
    [
      'throws',
      () => {
        throw new Error('no list');
      },
    ],
  ])('the caller %s', async (_, verify) => {
    expect(await connect(as('bob', { password: 'secret', hostKey: { verify } }))).toMatchObject({
      ok: false,
      failure: {
        kind: 'host-key-mismatch',
        expected: [],
        seen: peer.fingerprint,
        message: expect.stringContaining('the caller does not trust it'),
      },
    });
  });
});

test('fingerprints are compared whole', () => {
  const key = Buffer.from('key');
  const digests = (list: string[]) => unwrap(parseFingerprints(list));
  expect(isKeyAmong(key, digests([fingerprintOf(Buffer.from('a')), fingerprintOf(key)]))).toBe(true);
  expect(isKeyAmong(key, digests([fingerprintOf(Buffer.from('a'))]))).toBe(false);
  expect(parseFingerprints([fingerprintOf(key), fingerprintOf(key).slice(0, -1)]).ok).toBe(false);
});

describe('what is no NETCONF server', () => {
  async function listen(serve: (socket: Socket) => void): Promise<Server & { port: number }> {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      serve(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return Object.assign(server, { port: (server.address() as AddressInfo).port });
  }

  test('nobody listens', async () => {
    const server = await listen(() => {});
    server.close();
    await once(server, 'close');
    expect(await connect(as('bob', { port: server.port, password: 'secret' }))).toEqual({
      ok: false,
      failure: {
        kind: 'unreachable',
        code: 'ECONNREFUSED',
        message: `ssh://bob@127.0.0.1:${server.port} cannot be reached: nothing listens there (connection refused); is the server running?`,
      },
    });
  });

  test('no such name', async () => {
    expect(await connect(as('bob', { host: 'no-such-name.invalid', password: 'secret' }))).toMatchObject({
      ok: false,
      failure: { kind: 'unreachable' },
    });
  });

  test.each<[string, (socket: Socket) => void, string]>([
    ['a web server', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'), 'unreachable'],
    ['one that hangs up', (socket) => socket.end(), 'unreachable'],
    ['one that hangs up in the middle', (socket) => socket.end('SSH-2.0-x\r\n'), 'closed'],
  ])('%s', async (_, serve, kind) => {
    const server = await listen(serve);
    const result = await connect(as('bob', { port: server.port, password: 'secret' }));
    expect(result).toMatchObject({
      ok: false,
      failure: { kind, message: expect.stringContaining(`127.0.0.1:${server.port}`) },
    });
    server.close();
  });

  test('one that says nothing, until the time is over or the caller gives up', async () => {
    const sockets: Socket[] = [];
    const server = await listen((socket) => sockets.push(socket.resume()));
    const options = as('bob', { port: server.port, password: 'secret' });
    expect(await connect({ ...options, timeout: milliseconds(100) })).toEqual({
      ok: false,
      failure: {
        kind: 'timeout',
        message: `127.0.0.1:${server.port} did not answer within 0.1 s (waited for the key exchange and authentication).`,
      },
    });
    expect(await connect({ ...options, signal: AbortSignal.timeout(50) })).toMatchObject({
      ok: false,
      failure: { kind: 'aborted' },
    });
    // Both connections are given back.
    await vi.waitFor(() => expect(sockets.map(({ closed }) => closed)).toEqual([true, true]));
    server.close();
  });

  test('SSH without the subsystem', async () => {
    await using other = await sshPeer({ authenticate, subsystem: () => undefined });
    expect(
      await connect(
        as('bob', { port: other.port, password: 'secret', hostKey: { fingerprints: [other.fingerprint] } }),
      ),
    ).toMatchObject({
      ok: false,
      failure: { kind: 'not-netconf', message: expect.stringContaining('offers no NETCONF subsystem') },
    });
    await vi.waitFor(() => expect(other.sockets[0]?.closed).toBe(true));
  });

  test('a subsystem that cannot start, and says why', async () => {
    await using other = await sshPeer({
      authenticate,
      subsystem: () => (channel) => {
        channel.stderr.write('netconfd: no datastore\n');
        channel.exit(1);
        channel.end();
      },
    });
    expect(
      await connect(
        as('bob', { port: other.port, password: 'secret', hostKey: { fingerprints: [other.fingerprint] } }),
      ),
    ).toMatchObject({
      ok: false,
      failure: {
        kind: 'closed',
        message: expect.stringContaining('closed the session before its hello; it said: netconfd: no datastore.'),
      },
    });
  });
});

describe('a session that stands', () => {
  test('ends when the connection breaks', async () => {
    await using other = await sshPeer({
      authenticate,
      subsystem: () => (channel) => void new ScriptedServer(channel, answerOk),
    });
    const client = unwrap(
      await connect(
        as('bob', { port: other.port, password: 'secret', hostKey: { fingerprints: [other.fingerprint] } }),
      ),
    );
    const waiting = client.rpc('<a xmlns="urn:e"/>');
    other.sockets[0]!.resetAndDestroy();
    expect(await client.closed).toMatchObject({ kind: 'lost', message: expect.stringContaining('ECONNRESET') });
    expect(await waiting).toMatchObject({ ok: false, failure: { kind: 'closed' } });
  });

  test.each([
    ['bytes', { bytes: bytes(100_000) }],
    ['time', { time: milliseconds(20) }],
  ])('exchanges keys again after so much of %s, and nothing is lost', async (_, limit) => {
    let exchanges = 0;
    await using other = await sshPeer({
      authenticate,
      subsystem: () => (channel) => void new ScriptedServer(channel, echo),
      onRekey: () => {
        exchanges++;
      },
    });
    const options = as('bob', { port: other.port, password: 'secret', hostKey: { fingerprints: [other.fingerprint] } });
    const client = unwrap(await connect({ ...options, rekey: { ...limit, sweep: milliseconds(5) } }));
    while (exchanges < 4) {
      const asked = Array.from({ length: 20 }, (_, index) => `<a xmlns="urn:e">${index}${'x'.repeat(2000)}</a>`);
      const replies = await Promise.all(asked.map((rpc) => client.rpc(rpc)));
      expect(
        replies.map((reply) =>
          unwrap(reply)
            .xml.replace(/^.*?<a/s, '<a')
            .replace(/<\/rpc-reply>$/, ''),
        ),
      ).toEqual(asked);
    }
    await client.close();
    const quiet = unwrap(await connect({ ...options, rekey: false }));
    const before = exchanges;
    for (let round = 0; round < 20; round++) unwrap(await quiet.rpc('<a xmlns="urn:e"/>'));
    expect(exchanges).toBe(before);
    await quiet.close();
  });

  test('ends when the server answers no keepalive any more', async () => {
    // A cable between the two that can be cut without either end noticing.
    const cut = new AbortController();
    const proxy = createServer((socket) => {
      const onward = connectSocket(peer.port, '127.0.0.1');
      for (const [from, to] of [
        [socket, onward],
        [onward, socket],
      ] as const) {
        from.on('error', () => {});
        from.on('data', (piece) => {
          if (!cut.signal.aborted) to.write(piece);
        });
        from.on('close', () => to.destroy());
      }
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const client = unwrap(
      await connect(as('bob', { port, password: 'secret', keepalive: { interval: milliseconds(30), misses: 2 } })),
    );
    cut.abort();
    expect(await client.closed).toMatchObject({ kind: 'lost', message: expect.stringContaining('Keepalive timeout') });
    proxy.close();
  });
});
