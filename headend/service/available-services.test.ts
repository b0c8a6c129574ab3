import { bytes, kilobitsPerSecond, milliseconds, ok, unwrap } from '@sublane/basics';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Plan, Rule } from '../policy/plan.ts';
import type { Pool } from '../pools/pool.ts';
import type { GetAvailableServices } from './messages.ts';
import { type Bench, CONFIGURATION, entry, GOLD, LAPTOP, message, pool, setUp } from './service-fixture.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await setUp();
});
afterEach(() => bench.store.close());

const services = async (more: Partial<GetAvailableServices> = {}) =>
  unwrap(await bench.service.getAvailableServices(LAPTOP, { 'host-id': LAPTOP.hostId, ...more }));
/** Of each class that cannot be had, why. */
const missing = async (more: Partial<GetAvailableServices> = {}) =>
  Object.fromEntries(
    ((await services(more))['service-class'] ?? []).flatMap(({ name, unavailable }) =>
      unavailable === undefined ? [] : [[name, unavailable]],
    ),
  );
const configure = (plan: Partial<Plan>, pools: readonly Pool[] = []) =>
  bench.configure({
    ...CONFIGURATION,
    plans: new Map([['gold', { ...GOLD, ...plan }]]),
    pools: new Map([...CONFIGURATION.pools, ...pools.map((one) => [one.name, one] as const)]),
  });
const NEVER = { homeless: 'who asks for it gets streaming, by rule films' };

test('are the plan’s classes with their directions and ceilings, the place and the profiles', async () => {
  expect(await services()).toEqual({
    'groups-max': 3,
    location: 'east',
    'service-class': [
      {
        name: 'conversational',
        scope: 'external',
        priority: 'H',
        direction: ['upld', 'dnld'],
        'upld-ceiling': 5000,
        'dnld-ceiling': 8000,
      },
      { name: 'streaming', scope: 'internal', priority: 'M', direction: ['dnld'], 'dnld-ceiling': 25_000 },
      { name: 'best-effort', scope: 'external', priority: 'L', direction: ['upld', 'dnld'], 'upld-ceiling': 10_000 },
      {
        name: 'homeless',
        scope: 'external',
        priority: 'L',
        direction: ['dnld'],
        unavailable: NEVER.homeless,
      },
    ],
    'security-profile': ['strict'],
  });
});

test('have no ceiling above what the authority allows', async () => {
  await bench.store.close();
  const grant = { subscriber: 'alice', plan: 'gold', authority: 'isp' };
  const authenticator = { authenticate: async () => ok({ ...grant, dnldCeiling: kilobitsPerSecond(9000) }) };
  bench = await setUp({ authenticator });
  const ceilings = (await services())['service-class']?.map((one) => [one['upld-ceiling'], one['dnld-ceiling']]);
  expect(ceilings).toEqual([
    [5000, 8000],
    [undefined, 9000],
    [10_000, 9000],
    [undefined, 9000],
  ]);
});

describe('a class cannot be had', () => {
  const rules = (...first: Rule[]) => configure({ rules: [...first, ...GOLD.rules] });

  test('without addresses, while its pools are being emptied, while they are empty', async () => {
    await configure({}, [
      pool('films', { class: 'streaming', location: 'west', prefixes: ['203.0.113.0/29'], gateways: [] }),
    ]);
    expect(await missing()).toEqual({ ...NEVER, streaming: 'there are no addresses for it here' });
    await configure({}, [pool('calls', { adminState: 'draining' })]);
    expect(await missing()).toEqual({ ...NEVER, conversational: 'its addresses are being taken out of use' });
    await configure({}, [pool('calls', { prefixes: ['192.0.2.0/31'], gateways: [] })]);
    expect(await missing()).toEqual(NEVER);
    unwrap(await bench.service.requestService(LAPTOP, message([entry(1), entry(2)])));
    expect(await missing()).toEqual({ ...NEVER, conversational: 'all of its addresses are in use' });
  });

  test('behind a NAT, but through a WireGuard tunnel with a key', async () => {
    const wireguard = pool('roaming', {
      prefixes: ['10.9.0.0/24'],
      gateways: [],
      attachment: {
        kind: 'tunnel',
        tunnel: {
          encapsulation: 'wireguard',
          remote: '203.0.113.9',
          publicKey: 'HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=',
        },
      },
    });
    await configure({}, [wireguard]);
    const behind = { 'host-address': ['192.168.1.7'] };
    const passes = 'a NAT is between this host and the provider, and this class has no way through one';
    expect(await missing(behind)).toEqual({
      ...NEVER,
      streaming: passes,
      'best-effort': passes,
      conversational:
        'only through a WireGuard tunnel, for which this host has no key: a NAT is between this host and the provider',
    });
    const key = { 'wireguard-public-key': 'HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=' };
    expect(Object.keys(await missing({ ...behind, ...key }))).toEqual(['streaming', 'best-effort', 'homeless']);
    expect(
      await bench.service.getAvailableServices(LAPTOP, {
        'host-id': LAPTOP.hostId,
        'wireguard-public-key': `${'A'.repeat(43)}=`,
      }),
    ).toMatchObject({
      failure: [{ kind: 'wireguard-key-unusable' }],
    });
  });

  test('while a rule refuses it: its text, and until when', async () => {
    await bench.clock.advance(milliseconds(17.5 * 3_600_000));
    expect(await missing()).toEqual({ ...NEVER, 'best-effort': 'bulk transfers rest at noon (until 13:00)' });
    await configure({ rules: [{ name: 'never', when: {}, outcome: { refuse: 'no more of this' } }] });
    expect(await missing()).toEqual({
      conversational: 'no rule of the plan gives it',
      streaming: 'no rule of the plan gives it',
      'best-effort': 'no more of this',
      homeless: 'no rule of the plan gives it',
    });
  });

  test('outside the times and places of the rules that give it, but where one of them fits', async () => {
    const at = (when: Rule['when']): Rule => ({
      name: 'late',
      when,
      outcome: { class: 'streaming', overCeiling: 'lower' },
    });
    const only = async (...more: Rule[]) => {
      await configure({ rules: more });
      return (await missing()).streaming;
    };
    expect(await only(at({ time: { start: 1200, end: 1300 }, days: ['sat'] }))).toBe('only sat 20:00-21:40');
    expect(await only(at({ days: ['mon', 'tue'] }))).toBe('only on mon, tue');
    expect(await only(at({ locations: ['west'] }))).toBe('only at west');
    expect(
      await only(at({ locations: ['west'] }), { ...at({ applications: ['mp?*'], priority: 'H' }), name: 'x' }),
    ).toBe(undefined);
    await rules(at({ bandwidthMin: kilobitsPerSecond(20_000), direction: 'dnld', security: 'strict' }));
    expect(await missing()).toEqual(NEVER);
  });

  test('while what can be guaranteed at the place is taken; best effort can be had', async () => {
    const locations = new Map([
      ['east', { name: 'east', parent: 'country', accessPrefixes: ['198.51.100.0/24'] }],
      ['country', { name: 'country', accessPrefixes: [], upldCapacity: kilobitsPerSecond(2000) }],
    ]);
    const bulk = { ...GOLD.classes.get('best-effort')!, admission: 'best-effort' as const, dnld: undefined };
    const calls = { ...GOLD.classes.get('conversational')!, dnld: undefined };
    const classes = new Map([...GOLD.classes, [calls.name, calls], [bulk.name, bulk]] as never) as Plan['classes'];
    await bench.configure({ ...CONFIGURATION, locations, plans: new Map([['gold', { ...GOLD, classes }]]) });
    const limits = [
      { name: 'east', parent: 'country' },
      { name: 'country', upldCapacity: kilobitsPerSecond(2000) },
    ];
    unwrap(await bench.store.locations.adopt(limits));
    expect(await missing()).toEqual(NEVER);
    unwrap(await bench.service.requestService(LAPTOP, message([entry(1)])));
    expect(await missing()).toEqual({ ...NEVER, conversational: 'what can be guaranteed at country is taken' });
  });

  test('when the quota is used up, but by a rule that speaks of that', async () => {
    const quota = { octets: bytes(1000), period: 'month' } as const;
    await configure({ quota });
    unwrap(await bench.service.requestService(LAPTOP, message([entry(1)])));
    await bench.clock.advance(milliseconds(1000));
    const carried = { id: 1, state: 'applied' as const, 'in-octets': '600', 'out-octets': '400' };
    unwrap(await bench.service.reportService(LAPTOP, { 'host-id': LAPTOP.hostId, 'application-group': [carried] }));
    expect(await missing()).toEqual({
      conversational: 'the quota is used up',
      streaming: 'the quota is used up',
      'best-effort': 'the quota is used up',
      homeless: 'the quota is used up',
    });
    expect((await services()).quota).toEqual({
      octets: '1000',
      used: '1000',
      'begins-anew': '2026-12-01T00:00:00.000Z',
    });
    const slow: Rule = {
      name: 'slow',
      when: { quotaUsed: 100 },
      outcome: { class: 'best-effort', overCeiling: 'lower' },
    };
    await configure({ quota, rules: [slow, ...GOLD.rules] });
    expect(Object.keys(await missing())).toEqual(['conversational', 'streaming', 'homeless']);
  });
});
