// Our client against Debian's netconfd (yuma123) behind OpenSSH: a server and an SSH that share no line with ours.
import { unwrap } from '@sublane/basics';
import {
  BASE_NAMESPACE,
  CAPABILITY,
  childElement,
  childElements,
  elementText,
  hasCapability,
  MONITORING_NAMESPACE,
  type XmlElement,
  xmlElement,
} from '@sublane/netconf';
import { asObject, connect, type NetconfClient, type SshOptions } from 'netconf-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Netconfd, netconfdMissing, startNetconfd } from './netconfd.ts';

const missing = netconfdMissing();
if (missing !== undefined) console.warn(`skipped: netconf-client against netconfd: ${missing}`);

let peer: Netconfd;
let client: NetconfClient;

const options = (more: Partial<SshOptions> = {}): SshOptions => ({
  host: '127.0.0.1',
  port: peer.port,
  user: peer.user,
  privateKey: peer.privateKey,
  hostKey: { fingerprints: [peer.hostKeyFingerprint] },
  ...more,
});
const SYSTEM = 'urn:ietf:params:xml:ns:yang:ietf-system';

beforeAll(async () => {
  if (missing === undefined) peer = await startNetconfd(['ietf-system']);
});
afterAll(() => peer?.[Symbol.asyncDispose]());
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});

describe('netconfd behind OpenSSH', () => {
  beforeEach(async () => {
    client = unwrap(await connect(options()));
    return async () => void (await client.close());
  });

  test('the hello: base:1.1, capabilities, a session-id', () => {
    expect(client.base).toBe('1.1');
    expect(hasCapability(client.capabilities, CAPABILITY.candidate)).toBe(true);
    expect(client.sessionId).toBeGreaterThan(0);
  });

  test('get with a subtree filter finds this very session', async () => {
    const filter = { subtree: `<netconf-state xmlns="${MONITORING_NAMESPACE}"><sessions/></netconf-state>` };
    const { data, xml } = unwrap(await client.get({ filter }));
    expect(childElements(data)[0]).toMatchObject({ name: 'netconf-state', namespace: MONITORING_NAMESPACE });
    expect(xml).toContain(`<session-id>${client.sessionId}</session-id>`);
    expect(unwrap(asObject(xml))).toMatchObject({ 'rpc-reply': { data: [{ 'netconf-state': [{}] }] } });
  });

  test('get-schema gives the text of a module', async () => {
    expect(unwrap(await client.getSchema({ identifier: 'ietf-netconf-acm' }))).toContain('module ietf-netconf-acm');
  });

  test('edit of the candidate, commit, get-config, and back', async () => {
    const filter = { subtree: `<system xmlns="${SYSTEM}"/>` };
    const system = (content: string | XmlElement[]) => xmlElement('system', SYSTEM, content);
    const location = 'attic <&> "1" \'2\' äöü';
    unwrap(await client.lock('candidate'));
    unwrap(
      await client.editConfig({
        target: 'candidate',
        config: system([xmlElement('location', SYSTEM, location)]),
        testOption: 'test-then-set',
        errorOption: 'rollback-on-error',
      }),
    );
    unwrap(await client.commit());
    const { data } = unwrap(await client.getConfig({ filter }));
    expect(elementText(childElement(childElement(data, 'system', SYSTEM)!, 'location', SYSTEM)!)).toBe(location);

    const attributes = [{ name: 'operation', namespace: BASE_NAMESPACE, prefix: 'nc', value: 'delete' }];
    unwrap(await client.editConfig({ target: 'candidate', config: xmlElement('system', SYSTEM, [], { attributes }) }));
    unwrap(await client.commit());
    expect(unwrap(await client.getConfig({ filter })).xml).not.toContain('attic');
    // Not before the commit: after a validate, netconfd 2.13 commits nothing.
    unwrap(await client.validate('candidate'));
    unwrap(await client.unlock('candidate'));
  });

  test('its refusals come with tag, path and what is bad', async () => {
    expect(await client.editConfig({ target: 'candidate', config: '<nonsense xmlns="urn:nobody"/>' })).toMatchObject({
      ok: false,
      failure: { kind: 'refused', errors: [{ tag: 'unknown-namespace', type: expect.any(String) }] },
    });
    expect(await client.rpc('<no-such-rpc xmlns="urn:nobody"/>')).toMatchObject({
      ok: false,
      failure: { kind: 'refused' },
    });
    await client.discardChanges();
  });

  test('a lock held by another session says by which', async () => {
    const other = unwrap(await connect(options()));
    unwrap(await other.lock('running'));
    const refused = await client.lock('running');
    if (refused.ok || refused.failure.kind !== 'refused') throw new Error('expected a refusal');
    expect(refused.failure.errors[0]).toMatchObject({ tag: 'lock-denied' });
    expect(elementText(refused.failure.errors[0]!.info![0]!)).toBe(String(other.sessionId));
    await other.close();
  });

  test('many rpcs in flight', async () => {
    const filter = { subtree: `<netconf-state xmlns="${MONITORING_NAMESPACE}"><statistics/></netconf-state>` };
    const replies = await Promise.all(Array.from({ length: 300 }, () => client.get({ filter })));
    expect(replies.filter(({ ok }) => ok)).toHaveLength(300);
  });

  test('a session killed by another one ends, and is told apart from a broken line', async () => {
    const victim = unwrap(await connect(options()));
    unwrap(await client.killSession(victim.sessionId));
    expect((await victim.closed).kind).toBe('closed-by-server');
  });

  test('notifications of sessions that begin and end', async () => {
    const seen: string[] = [];
    unwrap(
      await client.subscribe(({ content, eventTime }) => {
        expect(Number.isNaN(Date.parse(eventTime))).toBe(false);
        seen.push(content.name);
      }),
    );
    await unwrap(await connect(options())).close();
    await vi.waitFor(
      () => expect(seen).toEqual(expect.arrayContaining(['netconf-session-start', 'netconf-session-end'])),
      10_000,
    );
  });

  test('base:1.0, where we announce no more', async () => {
    const old = unwrap(await connect({ ...options(), capabilities: [CAPABILITY.base10] }));
    expect(old.base).toBe('1.0');
    expect((await old.getConfig()).ok).toBe(true);
    await old.close();
  });
});

describe('OpenSSH refuses', () => {
  test('a user it does not know', async () => {
    expect(await connect(options({ user: 'nobody-of-that-name' }))).toMatchObject({
      ok: false,
      failure: { kind: 'authentication-refused', methods: ['publickey'] },
    });
  });

  test('and is refused, with another host key than expected', async () => {
    const fingerprints = [peer.hostKeyFingerprint.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A'))];
    expect(await connect(options({ hostKey: { fingerprints } }))).toMatchObject({
      ok: false,
      failure: { kind: 'host-key-mismatch', expected: fingerprints, seen: peer.hostKeyFingerprint },
    });
  });
});
