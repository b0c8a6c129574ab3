import { ManualClock, silentLog, unwrap } from '@sublane/basics';
import { decodeToken, secretDigest, secretText } from '@sublane/enrolment';
import type { RpcOutcome, Session } from 'netconf-server';
import { beforeEach, describe, expect, test } from 'vitest';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { deed, furnish } from '../store/store-fixture.ts';
import { invitationRpcs } from './invitation-rpcs.ts';
import { enrolIdentity, LOCAL_IDENTITY } from './roles.ts';
import type { Handlers } from './rpc-handlers.ts';

const KEY = `ssh-ed25519 ${Buffer.concat([wire('ssh-ed25519'), wire(Buffer.alloc(32, 7))]).toString('base64')}`;
const FINGERPRINT = `SHA256:${'A'.repeat(43)}`;

let store: Store;
let rpcs: Handlers;
let reachable: { host: string; port: number }[];
let secrets: number;

beforeEach(async () => {
  store = await furnish(unwrap(await openSqliteStore({ path: ':memory:' })), ['laptop']);
  unwrap(await store.operators.add({ name: 'olga', role: 'operator', publicKey: 'k' }, deed()));
  reachable = [{ host: '192.0.2.1', port: 8830 }];
  secrets = 0;
  rpcs = invitationRpcs({
    store,
    clock: new ManualClock(1_800_000_000_500),
    log: silentLog,
    random: (count) => new Uint8Array(count).fill(++secrets),
    reachableAt: () => reachable,
    hostKeys: () => Array.from({ length: 12 }, () => FINGERPRINT),
    enrolledFor: (name) => ({ subscriber: name.toLowerCase(), elsewhere: name.endsWith('@isp') }),
  });
});

/** The text of its output; `tag app-tag` of a refusal. */
async function call(name: string, input: object, session: Partial<Session> = { identity: LOCAL_IDENTITY }) {
  const handler = rpcs[name];
  const outcome = (await handler?.({ input, session } as never)) as RpcOutcome;
  if (outcome.kind === 'refused') return outcome.errors.map(({ tag, appTag }) => `${tag} ${appTag}`).join();
  return outcome.kind === 'data' ? outcome.xml : 'ok';
}
const invite = (input: object) => call('sublane-headend:invite-host', { subscriber: 'alice', ...input });
const tokenIn = (xml: string) => unwrap(decodeToken(/<token[^>]*>([^<]+)</.exec(xml)?.[1] ?? ''));

describe('an invitation', () => {
  test('holds where the headend is, its keys, when it ends, and a secret that the store has not', async () => {
    const token = tokenIn(await invite({ 'valid-for': 60, 'host-id': 'phone' }));
    expect(token).toEqual({
      addresses: [{ host: '192.0.2.1', port: 8830 }],
      hostKeys: Array.from({ length: 8 }, () => FINGERPRINT),
      secret: new Uint8Array(32).fill(1),
      hostId: 'phone',
      expires: 1_800_000_060_000,
    });
    const digest = secretDigest(secretText(token.secret));
    expect(await store.invitations.find(digest)).toMatchObject({ hostId: 'phone', createdBy: 'local' });
  });

  test('leads to the addresses that the operator gives, in their order', async () => {
    const address = ['edge.example', 'edge.example:8830', '[2001:db8::1]:830', '2001:db8::2', '192.0.2.9'];
    expect(tokenIn(await invite({ address: address.slice(0, 4) })).addresses).toEqual([
      { host: 'edge.example', port: 830 },
      { host: 'edge.example', port: 8830 },
      { host: '2001:db8::1', port: 830 },
      { host: '2001:db8::2', port: 830 },
    ]);
  });

  test.each(['', 'a b', 'edge:0', 'edge:99999', 'user@edge', '[::1', `${'x'.repeat(254)}`])(
    'is not given for the address %j, and nothing is kept',
    async (address) => {
      expect(await invite({ address: ['edge.example', address] })).toBe('invalid-value address-unusable');
      expect((await store.invitations.list(deed().at, { limit: 10 })).items).toEqual([]);
    },
  );

  test('needs an address where the headend knows none', async () => {
    reachable = [];
    expect(await invite({})).toBe('missing-element address-needed');
    expect(tokenIn(await invite({ address: ['edge.example'] })).addresses).toHaveLength(1);
  });

  test('is for a subscriber here, or of elsewhere by the name it has there', async () => {
    expect(await invite({ subscriber: 'zoe' })).toBe('data-missing subscriber-unknown');
    await invite({ subscriber: 'Zoe@isp' });
    expect((await store.invitations.list(deed().at, { limit: 10 })).items).toMatchObject([{ subscriber: 'zoe@isp' }]);
  });

  test.each(['local', 'headend', 'enrol'])('is for no host called %s', async (name) => {
    expect(await invite({ 'host-id': name })).toBe('invalid-value name-reserved');
  });

  test('each has a secret of its own; 64 of a subscriber are enough', async () => {
    for (let n = 0; n < 64; n++) expect(await invite({})).toContain('<token');
    expect(await invite({})).toBe('resource-denied too-many-invitations');
  });
});

describe('enrol-host', () => {
  const closed: string[] = [];
  const newcomer = (secret: Uint8Array): Partial<Session> => ({
    identity: enrolIdentity('1', secretDigest(secretText(secret))),
    peer: { address: '::ffff:192.0.2.77', port: 1 },
    closeWhenIdle: (reason) => void closed.push(reason),
  });
  const enrol = (hostId: string, key = KEY, secret = new Uint8Array(32).fill(1)) =>
    call('sublane-service:enrol-host', { 'host-id': hostId, 'public-key': key }, newcomer(secret));
  const refusedRows = async () => {
    // What was noted before is written when this is.
    unwrap(await store.audit.append([]));
    return (await store.audit.list({}, { limit: 100 })).items.filter(({ event }) => event === 'request-refused');
  };

  beforeEach(async () => {
    closed.length = 0;
    await invite({});
  });

  test('makes the host known and ends the session', async () => {
    expect(await enrol('phone')).toBe('ok');
    expect(closed).toEqual(['the host is enrolled']);
    expect(await store.hosts.find('phone')).toMatchObject({ subscriber: 'alice', publicKey: KEY });
  });

  test.each([
    ['a name that is taken', 'laptop', KEY, 'in-use host-id-taken'],
    ['the name of a person', 'olga', KEY, 'in-use host-id-taken'],
    ['a name of the headend’s own', 'local', KEY, 'invalid-value name-reserved'],
    ['a key that is none', 'phone', 'ssh-ed25519 AAAA', 'invalid-value public-key-unusable'],
  ])('refuses %s, keeps the session, and leaves a row', async (_, hostId, key, refused) => {
    expect(await enrol(hostId, key)).toBe(refused);
    expect(closed).toEqual([]);
    expect(await refusedRows()).toMatchObject([
      { actor: 'enrol#1', detail: { operation: 'enrol-host', 'asked-for': hostId, peer: '192.0.2.77' } },
    ]);
    expect(await enrol('phone')).toBe('ok');
  });

  test('who tries again and again leaves one row', async () => {
    for (let time = 0; time < 50; time++) await enrol('laptop');
    expect(await refusedRows()).toHaveLength(1);
  });

  test('a token that was taken back meanwhile is refused', async () => {
    expect(await call('sublane-headend:remove-invitation', { 'invitation-id': '1' })).toBe('ok');
    expect(await enrol('phone')).toBe('access-denied invitation-unknown');
    expect(await call('sublane-headend:remove-invitation', { 'invitation-id': '1' })).toBe(
      'data-missing invitation-unknown',
    );
  });
});

function wire(bytes: string | Buffer): Buffer {
  const content = Buffer.from(bytes as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}
