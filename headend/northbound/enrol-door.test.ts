import { ManualClock, milliseconds, silentLog, unwrap } from '@sublane/basics';
import { secretDigest } from '@sublane/enrolment';
import type { AuthenticationAttempt, Session } from 'netconf-server';
import { beforeEach, describe, expect, test } from 'vitest';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { deed, furnish } from '../store/store-fixture.ts';
import { admitBy, authenticateBy, doorEvents, methodsOf } from './doors.ts';
import { EnrolDoor } from './enrol-door.ts';
import { HostSessions } from './host-sessions.ts';
import { Revocations } from './revocations.ts';
import { enrolIdentity, hostIdentity, operatorIdentity } from './roles.ts';

const SECRET = 'a secret that nobody guesses';
let store: Store;
let clock: ManualClock;
let enrolDoor: EnrolDoor;
let revocations: Revocations;
let authenticate: ReturnType<typeof authenticateBy>;

beforeEach(async () => {
  store = await furnish(unwrap(await openSqliteStore({ path: ':memory:' })), ['laptop']);
  clock = new ManualClock();
  revocations = new Revocations();
  enrolDoor = new EnrolDoor({ invitations: store.invitations, clock });
  authenticate = authenticateBy({ store, enrolDoor, revocations });
  const expiresAt = milliseconds(clock.now() + 60_000);
  const invitation = { digest: secretDigest(SECRET), subscriber: 'alice', expiresAt, elsewhere: false };
  unwrap(await store.invitations.add(invitation, 64, { actor: 'local', at: clock.now() }));
});

const come = (password: string, user = 'enrol', address = '192.0.2.9') =>
  authenticate({ user, method: 'password', password, peer: { address, port: 1 } } as AuthenticationAttempt);
const events = () =>
  doorEvents({ store, clock, log: silentLog, hostSessions: new HostSessions(clock), enrolDoor, revocations });

describe('by password', () => {
  test('comes whoever has the secret of an invitation, as the user enrol', async () => {
    expect(await come(SECRET)).toEqual(enrolIdentity('1', secretDigest(SECRET)));
  });

  test.each([
    ['a wrong secret', 'a secret that somebody guessed', 'enrol'],
    ['no secret', '', 'enrol'],
    ['the secret under the name of a host', SECRET, 'laptop'],
    ['the secret under a name like it', SECRET, 'enrol#1'],
  ])('nobody comes with %s', async (_, secret, user) => {
    expect(await come(secret, user)).toBeUndefined();
  });

  test('it is offered to newcomers alone, who are offered nothing else', () => {
    expect(methodsOf('enrol')).toEqual(['password']);
    for (const user of ['laptop', 'olga', 'Enrol', 'enrol ', '']) expect(methodsOf(user)).toEqual(['publickey']);
  });

  test('who comes with a token that is over comes in to be told so', async () => {
    await clock.advance(milliseconds(120_000));
    expect(await come(SECRET)).toBeDefined();
  });

  test('of 10,000 guesses from one source 20 are looked at; other sources are not held up', async () => {
    let looked = 0;
    const counting = { find: async () => void looked++ };
    const door = new EnrolDoor({ invitations: counting, clock });
    for (let guess = 0; guess < 10_000; guess++) await door.enter(`guess ${guess}`, `2001:db8::${guess.toString(16)}`);
    expect(looked).toBe(20);
    await door.enter('guess', '2001:db8:0:1::1');
    expect(looked).toBe(21);
    await clock.advance(milliseconds(600_000));
    await door.enter('guess', '2001:db8::1');
    expect(looked).toBe(22);
  });

  test('the right one is no failure, however often', async () => {
    for (let time = 0; time < 50; time++) expect(await come(SECRET)).toBeDefined();
  });
});

test('a session for enrolling ends after 30 s', async () => {
  const closed: string[] = [];
  const session = {
    identity: enrolIdentity('1', new Uint8Array()),
    close: (reason: string) => void closed.push(reason),
  };
  events().sessionOpened?.(session as unknown as Session);
  await clock.advance(milliseconds(29_999));
  expect(closed).toEqual([]);
  await clock.advance(milliseconds(1));
  expect(closed).toEqual(['an enrolment has 30 s']);
});

test('an invitation has few sessions at a time; those of others do not count', () => {
  const admitOne = admitBy({ revocations });
  const newcomer = (id: string) => ({ identity: enrolIdentity(id, new Uint8Array()), transport: 'ssh' as const });
  const open = Array.from({ length: 4 }, () => newcomer('1') as unknown as Session);
  expect(admitOne(newcomer('1'), open)).toEqual({ admit: false, reason: 'this token is being used' });
  expect(admitOne(newcomer('1'), open.slice(1))).toEqual({ admit: true });
  expect(admitOne(newcomer('2'), open)).toEqual({ admit: true });
});

describe('who proved a key, and lost the right before the session stood', () => {
  const key = { algorithm: 'ssh-ed25519', data: Buffer.from('laptop'), fingerprint: '' };
  const come = (user: string) =>
    authenticate({ user, method: 'publickey', key, peer: { address: '192.0.2.9', port: 1 } } as AuthenticationAttempt);
  const opened = (identity: Awaited<ReturnType<typeof come>>) => {
    const closed: string[] = [];
    const close = (reason: string) => void closed.push(reason);
    events().sessionOpened?.({ identity, transport: 'ssh', close } as unknown as Session);
    return closed;
  };
  const line = `ssh-ed25519 ${key.data.toString('base64')}`;

  test('is not admitted, and closed at once where it was: also when the name has a new right by then', async () => {
    unwrap(await store.hosts.enrol({ hostId: 'phone', subscriber: 'alice', publicKey: line }, deed()));
    const before = await come('phone');
    expect(before).toMatchObject({ user: 'phone', role: 'host' });
    expect(opened(before)).toEqual([]);
    unwrap(await store.hosts.revoke('phone', deed()));
    revocations.note('host', 'phone');
    expect(await come('phone')).toBeUndefined();
    unwrap(await store.hosts.enrol({ hostId: 'phone', subscriber: 'alice', publicKey: line }, deed()));
    expect(opened(before)).toEqual(['the host was revoked']);
    const newcomer = { identity: before!, transport: 'ssh' as const };
    expect(admitBy({ revocations })(newcomer, [])).toMatchObject({ admit: false });
    const after = await come('phone');
    expect(opened(after)).toEqual([]);
    expect(admitBy({ revocations })({ ...newcomer, identity: after! }, [])).toMatchObject({ admit: true });
  });

  test('so it is with people; others are not concerned, nor who comes by the socket', async () => {
    const olga = operatorIdentity('olga', 'operator', revocations.present);
    revocations.note('operator', 'olga');
    expect(opened(olga)).toEqual(['the right to come in ended meanwhile']);
    expect(opened(hostIdentity('olga', 0))).toEqual([]);
    expect(opened(operatorIdentity('olga', 'operator'))).toEqual([]);
  });
});
