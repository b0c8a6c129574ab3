import { bytes, kilobitsPerSecond, milliseconds, seconds, unwrap } from '@sublane/basics';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Plan, Rule } from '../policy/plan.ts';
import { type Bench, CONFIGURATION, entry, GOLD, LAPTOP, message, setUp } from './service-fixture.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await setUp();
});
afterEach(() => bench.store.close());

const me = { 'host-id': LAPTOP.hostId };
const minutes = (count: number) => bench.clock.advance(milliseconds(count * 60_000));
const plan = (more: Partial<Plan>) =>
  bench.configure({ ...CONFIGURATION, plans: new Map([['gold', { ...GOLD, ...more }]]) });
const quota = { octets: bytes(1_000_000), period: 'day' } as const;
const request = () => bench.service.requestService(LAPTOP, message([entry(1)]));
const renew = () => bench.service.renewService(LAPTOP, me);
const carry = (octets: number, id = 1) =>
  bench.service.reportService(LAPTOP, {
    ...me,
    'application-group': [{ id, state: 'applied', 'in-octets': String(octets), 'out-octets': '0' }],
  });
const held = async () => (await bench.store.leases.ofHost(LAPTOP.hostId, bench.clock.now()))[0];
const again = { ok: false, failure: [{ kind: 'request-again', groupId: 1 }] };
/** 18:00 at the bench, in UTC. */
const untilMidnight = (minute: number) => seconds(6 * 3600 - minute * 60);

describe('a quota that is used up', () => {
  test('refuses requests and renewals until it begins anew; the lane stands to the end of its lease', async () => {
    await plan({ quota });
    unwrap(await request());
    await minutes(20);
    unwrap(await carry(999_999));
    unwrap(await renew());
    await minutes(1);
    unwrap(await carry(1_000_000));
    const refusal = { kind: 'quota-exceeded', groupId: 1, plan: 'gold' };
    expect(await renew()).toEqual({ ok: false, failure: [{ ...refusal, retryAfter: untilMidnight(21) }] });
    expect(await request()).toEqual({ ok: false, failure: [{ ...refusal, retryAfter: untilMidnight(21) }] });
    expect(await held()).toMatchObject({ groupId: 1, validUntil: bench.clock.now() + 59 * 60_000 });
    expect(bench.service.counters()).toMatchObject({ 'quota-exceeded': 2 });
    await minutes(6 * 60 - 21);
    unwrap(await request());
  });

  test('is the subscriber’s, whatever the host', async () => {
    await plan({ quota });
    unwrap(await request());
    await minutes(10);
    unwrap(await carry(1_000_000));
    const phone = { hostId: 'alice-phone', peerAddress: '198.51.100.21' };
    expect(await bench.service.requestService(phone, message([entry(1)], { 'host-id': phone.hostId }))).toMatchObject({
      failure: [{ kind: 'quota-exceeded' }],
    });
    const bob = { hostId: 'bob-laptop' };
    unwrap(await bench.service.requestService(bob, message([entry(1)], { 'host-id': bob.hostId })));
  });

  test('lowers where a rule says so: the live lease is to be requested again, once', async () => {
    const slow: Rule = {
      name: 'throttled',
      when: { quotaUsed: 80 },
      outcome: { class: 'best-effort', overCeiling: 'lower' },
    };
    await plan({ quota, rules: [slow, ...GOLD.rules] });
    unwrap(await request());
    await minutes(10);
    unwrap(await carry(799_999));
    unwrap(await renew());
    unwrap(await carry(800_000));
    expect(await renew()).toEqual(again);
    unwrap(await request());
    expect(await held()).toMatchObject({ class: 'best-effort', rule: 'throttled' });
    unwrap(await renew());
    unwrap(await carry(5_000_000));
    unwrap(await renew());
    // At midnight it begins anew, and the lane is what it was.
    await minutes(50);
    for (let hour = 0; hour < 5; hour++) {
      unwrap(await renew());
      await minutes(50);
    }
    unwrap(await renew());
    await minutes(59);
    expect(await renew()).toEqual(again);
    unwrap(await request());
    expect(await held()).toMatchObject({ class: 'conversational', rule: 'calls' });
  });
});

test('what was carried is forgotten after two months', async () => {
  await plan({ quota });
  unwrap(await request());
  await minutes(10);
  unwrap(await carry(1000));
  const today = milliseconds(Date.parse('2026-11-21T00:00:00Z'));
  const after = async (days: number) => {
    await minutes(days * 24 * 60);
    unwrap(await bench.service.expireLeases());
    return bench.store.usage.of('alice', today);
  };
  expect(await after(61)).toBe(1000);
  expect(await after(1)).toBe(0);
});

describe('a lease is to be requested again', () => {
  const rules = (...first: Rule[]) => plan({ rules: [...first, ...GOLD.rules] });

  test('when a time window begins or ends', async () => {
    await rules({
      name: 'evening',
      when: { time: { start: 18 * 60, end: 19 * 60 } },
      outcome: { class: 'best-effort', overCeiling: 'lower' },
    });
    unwrap(await request());
    await minutes(59);
    unwrap(await renew());
    await minutes(1);
    expect(await renew()).toEqual(again);
    unwrap(await request());
    expect(await held()).toMatchObject({ rule: 'calls' });
    unwrap(await renew());
  });

  test('when a rule refuses it from now on', async () => {
    await rules({ name: 'rest', when: { time: { start: 18 * 60 + 30, end: 20 * 60 } }, outcome: { refuse: 'rest' } });
    unwrap(await request());
    await minutes(30);
    expect(await renew()).toEqual(again);
    expect(await request()).toMatchObject({ failure: [{ kind: 'rule-refuses', rule: 'rest' }] });
    expect(await held()).toBeDefined();
  });

  test('when its plan gives it another rate, mark or route, and not when it gives others something else', async () => {
    unwrap(await request());
    const [calls, films] = ['conversational', 'streaming'].map((name) => GOLD.classes.get(name)!);
    const classes = (name: string, more: object) =>
      plan({ classes: new Map([...GOLD.classes, [name, { ...GOLD.classes.get(name)!, ...more }]]) });
    await classes(films!.name, { dscp: 1 });
    unwrap(await renew());
    for (const more of [
      { dscp: 10 },
      { routes: [{ to: '192.0.2.0/24' }] },
      { upld: { ceiling: kilobitsPerSecond(5000), burst: bytes(1) } },
    ]) {
      await classes(calls!.name, more);
      expect(await renew()).toEqual(again);
    }
    // It fits below the new ceiling as it did below the old one.
    await classes(calls!.name, { upld: { ceiling: kilobitsPerSecond(2000), burst: calls!.upld?.burst } });
    expect(await renew()).toEqual(again);
    unwrap(await request());
    unwrap(await renew());
  });

  test('when its host has moved to another location, and not when it has another address there', async () => {
    unwrap(await request());
    unwrap(await bench.service.renewService({ ...LAPTOP, peerAddress: '198.51.100.99' }, me));
    expect(await bench.service.renewService({ ...LAPTOP, peerAddress: '192.0.2.200' }, me)).toEqual(again);
  });
});
