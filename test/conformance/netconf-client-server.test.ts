// Our client and our server: every transport, both versions, and what each says when the other misbehaves.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { milliseconds, silentLog, unwrap } from '@sublane/basics';
import { CAPABILITY, elementText, escapeText, rpcError, xmlElement } from '@sublane/netconf';
import { type Context, Libyang } from 'libyang-wasm';
import { attach, connect, connectUnix, keepLive, type NetconfClient, type SshOptions } from 'netconf-client';
import {
  createNetconfServer,
  fingerprintOf,
  generateHostKey,
  listenSsh,
  listenUnix,
  type NetconfServer,
  openDatastores,
  type Session,
  type SshListener,
  UNRESTRICTED,
  type UnixListener,
} from 'netconf-server';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

const NAMESPACE = 'urn:example:room';
const MODULE = `
module room {
  yang-version 1.1;
  namespace "${NAMESPACE}";
  prefix r;
  revision 2026-11-20;
  container room {
    leaf name { type string; }
    leaf size { type uint8 { range "1..200"; } }
  }
  rpc echo {
    input { leaf text { type string; mandatory true; } }
    output { leaf text { type string; } }
  }
  rpc refuse;
  rpc wait;
}`;
const echo = (text: string) => xmlElement('echo', NAMESPACE, [xmlElement('text', NAMESPACE, text)]);

const folder = mkdtempSync(join(tmpdir(), 'netconf-'));
const path = join(folder, 'server.sock');
const user = generateKey();
let context: Context;
let server: NetconfServer;
let ssh: SshListener;
let unix: UnixListener;
let fingerprint: string;
let begun: Session[] = [];

function generateKey() {
  const privateKey = generateHostKey();
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) throw parsed;
  return { privateKey, publicKey: parsed.getPublicSSH() };
}

beforeAll(async () => {
  context = unwrap(
    Libyang.load().createContext({ sources: [{ name: 'room', text: MODULE }], implement: [{ name: 'room' }] }),
  );
  server = createNetconfServer({
    schema: context,
    access: UNRESTRICTED,
    log: silentLog,
    datastores: unwrap(await openDatastores({ schema: context, log: silentLog })),
    events: { sessionOpened: (session) => void begun.push(session) },
    rpcs: {
      'room:echo': ({ input }) => ({
        kind: 'data',
        xml: `<text xmlns="${NAMESPACE}">${escapeText(String(input.text))}</text>`,
      }),
      'room:refuse': () => ({
        kind: 'refused',
        errors: [
          rpcError.resourceDenied('application', {
            appTag: 'room-full',
            message: 'no chair is left',
            info: [xmlElement('chairs', NAMESPACE, '0')],
          }),
        ],
      }),
      'room:wait': ({ signal }) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve({ kind: 'ok' }))),
    },
  });
  const host = generateKey();
  fingerprint = fingerprintOf(host.publicKey);
  ssh = unwrap(
    await listenSsh({
      server,
      host: '127.0.0.1',
      port: 0,
      hostKeys: [host.privateKey],
      authenticate: async (attempt) => {
        const permitted =
          attempt.method === 'password' ? attempt.password === 'secret' : attempt.key.data.equals(user.publicKey);
        return attempt.user === 'ann' && permitted ? { user: 'ann', role: 'operator' } : undefined;
      },
    }),
  );
  unix = unwrap(await listenUnix({ server, path, mode: 0o600, identity: { user: 'root', role: 'operator' } }));
});
afterAll(async () => {
  await server?.close({ drain: 0 });
  await ssh?.close();
  await unix?.close();
  context?.[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

const overSsh = (more: Partial<SshOptions> = {}): SshOptions => ({
  host: '127.0.0.1',
  port: ssh.address.port,
  user: 'ann',
  privateKey: user.privateKey,
  hostKey: { fingerprints: [fingerprint] },
  ...more,
});
const inMemory = (more: Parameters<typeof attach>[1] = {}) => {
  const [ours, theirs] = duplexPair();
  unwrap(server.accept(theirs, { identity: { user: 'ann', role: 'operator' }, transport: 'other' }));
  return attach(ours, more);
};

describe.each<[string, () => Promise<NetconfClient>]>([
  ['SSH with a key', async () => unwrap(await connect(overSsh()))],
  [
    'SSH with a password',
    async () => {
      const { privateKey: _, ...rest } = overSsh();
      return unwrap(await connect({ ...rest, password: 'secret' }));
    },
  ],
  ['a Unix socket', async () => unwrap(await connectUnix(path))],
  ['memory', async () => unwrap(await inMemory())],
  ['memory with base:1.0', async () => unwrap(await inMemory({ capabilities: [CAPABILITY.base10] }))],
])('over %s', (_, open) => {
  test('everything of a session works', async () => {
    const client = await open();
    const large = `<&]]>]]>${'x'.repeat(1 << 20)}`;
    expect(elementText(unwrap(await client.rpc(echo(large))).content.children[0] as never)).toBe(large);

    const replies = await Promise.all(Array.from({ length: 500 }, (_, number) => client.rpc(echo(`${number}`))));
    expect(replies.map((reply) => reply.ok && elementText(reply.value.content.children[0] as never))).toEqual(
      Array.from({ length: 500 }, (_, number) => `${number}`),
    );

    const room = xmlElement('room', NAMESPACE, [
      xmlElement('name', NAMESPACE, 'attic "&<>'),
      xmlElement('size', NAMESPACE, '9'),
    ]);
    unwrap(await client.editConfig({ config: room, defaultOperation: 'replace' }));
    const filter = { subtree: `<room xmlns="${NAMESPACE}"><name/></room>` };
    const { data } = unwrap(await client.getConfig({ filter }));
    expect(data.children).toMatchObject([{ name: 'room', children: [{ name: 'name', children: ['attic "&<>'] }] }]);
    expect(unwrap(await client.get({ filter })).data.children).toEqual(data.children);
    expect(unwrap(await client.getSchema({ identifier: 'room' }))).toContain('rpc echo');

    expect(await client.close()).toMatchObject({ kind: expect.stringMatching(/^closed/) });
  });

  test('refusals arrive whole, and the session goes on', async () => {
    const client = await open();
    expect(await client.rpc(xmlElement('refuse', NAMESPACE))).toMatchObject({
      ok: false,
      failure: {
        kind: 'refused',
        message: 'resource-denied (room-full): no chair is left',
        errors: [
          {
            tag: 'resource-denied',
            appTag: 'room-full',
            info: [{ name: 'chairs', namespace: NAMESPACE, children: ['0'] }],
          },
        ],
      },
    });
    const tagOf = async (content: string) => {
      const reply = await client.rpc(content);
      return reply.ok || reply.failure.kind !== 'refused' ? reply : reply.failure.errors[0]!.tag;
    };
    expect(await tagOf(`<echo xmlns="${NAMESPACE}"/>`)).toBe('missing-element');
    expect(await tagOf(`<echo xmlns="${NAMESPACE}"><txt/></echo>`)).toBe('unknown-element');
    expect(await tagOf('<echo xmlns="urn:nobody"/>')).toMatch(
      /^(unknown-namespace|operation-not-supported|unknown-element)$/,
    );
    expect(await client.editConfig({ config: `<room xmlns="${NAMESPACE}"><size>201</size></room>` })).toMatchObject({
      ok: false,
      failure: { kind: 'refused', errors: [{ path: { xpath: expect.stringContaining('size') } }] },
    });
    expect((await client.rpc(echo('still here'))).ok).toBe(true);
    await client.close();
  });

  test('a body that is no XML is refused in base:1.1 and ends the session in base:1.0', async () => {
    const client = await open();
    const reply = await client.rpc(`<echo xmlns="${NAMESPACE}"><text></echo>`);
    if (client.base === '1.1') {
      expect(reply).toMatchObject({ ok: false, failure: { kind: 'refused', errors: [{ tag: 'malformed-message' }] } });
      expect((await client.rpc(echo('still here'))).ok).toBe(true);
    } else {
      expect(reply).toMatchObject({ ok: false, failure: { kind: 'closed' } });
    }
    await client.close();
  });

  test('one session ends another, also in the middle of a request', async () => {
    const [client, victim] = [await open(), await open()];
    const waiting = victim.rpc(xmlElement('wait', NAMESPACE));
    unwrap(await client.killSession(victim.sessionId));
    expect((await victim.closed).kind).toBe('closed-by-server');
    expect(await waiting).toMatchObject({ ok: false });
    expect(await client.killSession(client.sessionId)).toMatchObject({
      failure: { errors: [{ tag: 'invalid-value' }] },
    });
    await client.close();
  });
});

describe('SSH', () => {
  test('refuses a stranger, and a guess', async () => {
    expect(await connect(overSsh({ user: 'eve' }))).toMatchObject({
      failure: { kind: 'authentication-refused', user: 'eve' },
    });
    expect(await connect(overSsh({ privateKey: generateHostKey(), password: 'guess' }))).toMatchObject({
      failure: { kind: 'authentication-refused', methods: ['publickey', 'password'] },
    });
  });

  test('the client refuses another host key', async () => {
    const fingerprints = [fingerprintOf(user.publicKey)];
    expect(await connect(overSsh({ hostKey: { fingerprints } }))).toMatchObject({
      failure: { kind: 'host-key-mismatch', expected: fingerprints, seen: fingerprint },
    });
  });
});

test('a live client comes back after the server ended its session', async () => {
  begun = [];
  const live = keepLive({
    open: (signal) => connectUnix(path, { signal }),
    backoff: { first: milliseconds(10), longest: milliseconds(100) },
  });
  const first = await live.connected();
  await vi.waitFor(() => expect(begun).toHaveLength(1));
  await begun[0]!.close('for a test');
  await first!.closed;
  const second = await live.connected();
  expect(second!.sessionId).not.toBe(first!.sessionId);
  expect((await live.rpc(echo('again'))).ok).toBe(true);
  await live.close();
});
