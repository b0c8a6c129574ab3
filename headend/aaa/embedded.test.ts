import { ManualClock, milliseconds, seconds, unwrap } from '@sublane/basics';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { createEmbeddedAuthenticator } from './embedded.ts';
import type { AuthenticationRequest, Authenticator } from './grant.ts';
import { HashingTurns } from './hashing-turns.ts';
import { hashPassword } from './password-hash.ts';

const cost = { logN: 4, r: 8, p: 1 };
const deed = { actor: 'local', at: milliseconds(0) };

let clock: ManualClock;
let store: Store;
let authenticator: Authenticator;
beforeEach(async () => {
  clock = new ManualClock();
  store = unwrap(await openSqliteStore({ path: ':memory:' }));
  const { subscribers } = store;
  unwrap(await subscribers.add({ name: 'alice', plan: 'gold', passwordHash: await hashPassword('right', cost) }, deed));
  unwrap(await subscribers.add({ name: 'bob', plan: 'silver', passwordHash: await hashPassword('other', cost) }, deed));
  unwrap(await subscribers.add({ name: 'keyless', plan: 'gold' }, deed));
  authenticator = await createEmbeddedAuthenticator({ subscribers, clock, cost });
});
afterEach(() => store.close());

const ask = (more: Partial<AuthenticationRequest> = {}) =>
  authenticator.authenticate({ hostId: 'laptop', enrolledFor: 'alice', source: '192.0.2.7', ...more });
const refusal = (kind: string, more: object = {}) => ({ ok: false, failure: { kind, ...more } });

describe('granted', () => {
  test('by the host’s key alone, for the subscriber it was enrolled for', async () => {
    const grant = { ok: true, value: { subscriber: 'alice', plan: 'gold', authority: 'embedded' } };
    expect(await ask()).toEqual(grant);
    expect(await ask({ userName: 'alice' })).toEqual(grant);
    expect(await ask({ password: 'right' })).toEqual(grant);
  });

  test('for another subscriber, by that one’s password', async () => {
    expect(await ask({ userName: 'bob', password: 'other' })).toEqual({
      ok: true,
      value: { subscriber: 'bob', plan: 'silver', authority: 'embedded' },
    });
  });
});

describe('refused', () => {
  test('another subscriber without a password, whether there is one or not', async () => {
    expect(await ask({ userName: 'bob' })).toEqual(refusal('password-required', { subscriber: 'bob' }));
    expect(await ask({ userName: 'nobody' })).toEqual(refusal('password-required', { subscriber: 'nobody' }));
  });

  test('a wrong password, also where none was needed', async () => {
    expect(await ask({ password: 'wrong' })).toEqual(refusal('wrong-password', { subscriber: 'alice' }));
    expect(await ask({ userName: 'bob', password: 'right' })).toEqual(refusal('wrong-password', { subscriber: 'bob' }));
  });

  test('an unknown subscriber, and one who has no password', async () => {
    expect(await ask({ userName: 'nobody', password: 'x' })).toEqual(
      refusal('unknown-subscriber', { subscriber: 'nobody' }),
    );
    expect(await ask({ userName: 'keyless', password: '' })).toEqual(
      refusal('wrong-password', { subscriber: 'keyless' }),
    );
    expect(await ask({ enrolledFor: 'gone' })).toEqual(refusal('unknown-subscriber', { subscriber: 'gone' }));
  });

  test('a suspended subscriber; a wrong password does not tell that', async () => {
    unwrap(await store.subscribers.change('alice', { suspended: true }, deed));
    expect(await ask()).toEqual(refusal('subscriber-suspended', { subscriber: 'alice' }));
    expect(await ask({ password: 'right' })).toEqual(refusal('subscriber-suspended', { subscriber: 'alice' }));
    expect(await ask({ password: 'wrong' })).toEqual(refusal('wrong-password', { subscriber: 'alice' }));
  });

  test('a password that was changed, at once', async () => {
    expect(await ask({ password: 'right' })).toMatchObject({ ok: true });
    unwrap(await store.subscribers.change('alice', { passwordHash: await hashPassword('new', cost) }, deed));
    expect(await ask({ password: 'right' })).toEqual(refusal('wrong-password', { subscriber: 'alice' }));
    expect(await ask({ password: 'new' })).toMatchObject({ ok: true });
  });
});

describe('while a password is being checked', () => {
  /** Does something after the check has begun and before it has ended. */
  const meanwhile = async (password: string, work: () => Promise<unknown>) => {
    const asked = ask({ userName: 'bob', password });
    await work();
    return asked;
  };

  beforeEach(async () => {
    // Dear enough that what comes meanwhile is there first.
    const passwordHash = await hashPassword('other', { logN: 14, r: 8, p: 5 });
    unwrap(await store.subscribers.change('bob', { passwordHash }, deed));
  });

  test('the subscriber is suspended', async () => {
    const answer = await meanwhile('other', () => store.subscribers.change('bob', { suspended: true }, deed));
    expect(answer).toEqual(refusal('subscriber-suspended', { subscriber: 'bob' }));
  });

  test('the password is changed', async () => {
    const passwordHash = await hashPassword('new', cost);
    const answer = await meanwhile('other', () => store.subscribers.change('bob', { passwordHash }, deed));
    expect(answer).toEqual(refusal('wrong-password', { subscriber: 'bob' }));
    expect(await ask({ userName: 'bob', password: 'other' })).toEqual(refusal('wrong-password', { subscriber: 'bob' }));
  });

  test('the subscriber is removed', async () => {
    const answer = await meanwhile('other', () => store.subscribers.remove('bob', deed));
    expect(answer).toEqual(refusal('unknown-subscriber', { subscriber: 'bob' }));
  });
});

describe('many at once', () => {
  test('wait for their turn, and too many are told to come later; that counts as no failure', async () => {
    const turns = new HashingTurns({ atOnce: 1, waiting: 4, retryAfter: seconds(7) });
    authenticator = await createEmbeddedAuthenticator({ subscribers: store.subscribers, clock, cost, turns });
    const tries = await Promise.all(
      Array.from({ length: 8 }, (_, at) => ask({ userName: 'bob', password: 'other', source: `192.0.2.${at}` })),
    );
    expect(tries.filter(({ ok }) => ok)).toHaveLength(5);
    expect(tries.slice(5)).toEqual([1, 2, 3].map(() => refusal('authentication-busy', { retryAfter: 7 })));
    // Ten would be too many for a subscriber, had those three failed.
    for (let at = 0; at < 9; at++)
      expect(await ask({ userName: 'bob', password: 'wrong', source: `198.51.100.${at}` })).toMatchObject(
        refusal('wrong-password'),
      );
  });
});

describe('a name that nobody has', () => {
  test('is checked by the hash of the next that has one, so that it takes as long as a known name', async () => {
    const dear = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    unwrap(await store.subscribers.add({ name: 'mia', plan: 'gold', passwordHash: dear }, deed));
    const checked: string[] = [];
    const verify = async (_: string, stored: string) => {
      checked.push(stored);
      return false;
    };
    authenticator = await createEmbeddedAuthenticator({ subscribers: store.subscribers, clock, cost, verify });
    for (const name of ['lea', 'keyless', 'mia', 'lea']) await ask({ userName: name, password: 'x' });
    expect(checked).toEqual([dear, dear, dear, dear]);
    await ask({ userName: 'alic', password: 'x' });
    expect(checked.at(-1)).toBe((await store.subscribers.find('alice'))?.passwordHash);
    // After the last: what a hash of ours costs.
    await ask({ userName: 'zoe', password: 'x' });
    expect(checked.at(-1)).toMatch(/^\$scrypt\$ln=4,r=8,p=1\$/);
  });

  test('does not come in by the password of that next one', async () => {
    expect(await ask({ userName: 'alic', password: 'right' })).toEqual(
      refusal('unknown-subscriber', { subscriber: 'alic' }),
    );
    expect(await ask({ userName: 'aaron', password: 'right' })).toMatchObject({ ok: false });
    expect(await ask({ enrolledFor: 'keyless', password: 'other' })).toMatchObject({ ok: false });
  });
});

describe('attempts are limited', () => {
  const wrong = (count: number, more: (at: number) => Partial<AuthenticationRequest>) =>
    Promise.all(Array.from({ length: count }, (_, at) => ask({ password: 'wrong', ...more(at) })));
  const kindsOf = (answers: Awaited<ReturnType<typeof wrong>>) =>
    new Set(answers.map((answer) => (answer.ok ? 'ok' : answer.failure.kind)));

  test('by subscriber, from wherever', async () => {
    const first = await wrong(10, (at) => ({ source: `192.0.2.${at}` }));
    expect(kindsOf(first)).toEqual(new Set(['wrong-password']));
    expect(await ask({ password: 'wrong', source: '198.51.100.1' })).toEqual(
      refusal('rate-limited', { retryAfter: 600 }),
    );
    // A guess that would be right is not tried either.
    expect(await ask({ password: 'right', source: '198.51.100.1' })).toMatchObject(refusal('rate-limited'));
    // Others, and the key alone, are not concerned.
    expect(await ask({ userName: 'bob', password: 'other', source: '198.51.100.1' })).toMatchObject({ ok: true });
    expect(await ask()).toMatchObject({ ok: true });
    await clock.advance(milliseconds(600_000));
    expect(await ask({ password: 'right', source: '198.51.100.1' })).toMatchObject({ ok: true });
  });

  test('by source, whoever it claims to be, known or not', async () => {
    const first = await wrong(20, (at) => ({ userName: `guess-${at}` }));
    expect(kindsOf(first)).toEqual(new Set(['unknown-subscriber']));
    expect(await ask({ userName: 'bob', password: 'other' })).toMatchObject(refusal('rate-limited'));
    expect(await ask({ userName: 'bob', password: 'other', source: '198.51.100.1' })).toMatchObject({ ok: true });
  });

  test('a host that sends its right password with every request is not slowed, whatever others try', async () => {
    expect(await ask({ password: 'right' })).toMatchObject({ ok: true });
    await wrong(12, (at) => ({ source: `192.0.2.${at}` }));
    for (let count = 0; count < 30; count++) expect(await ask({ password: 'right' })).toMatchObject({ ok: true });
    await clock.advance(milliseconds(3_600_000));
    expect(await ask({ password: 'right' })).toMatchObject({ ok: true });
  });
});
