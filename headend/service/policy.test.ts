import { kilobitsPerSecond, ok, seconds, unwrap } from '@sublane/basics';
import { afterEach, describe, expect, test } from 'vitest';
import type { Grant } from '../aaa/grant.ts';
import type { Plan, Rule } from '../policy/plan.ts';
import { type Bench, CONFIGURATION, entry, GOLD, LAPTOP, message, setUp } from './service-fixture.ts';

/** What policy sees of a request, and what becomes of its decision. */

let bench: Bench;
afterEach(() => bench.store.close());

/** A headend with this plan, and an authority that grants it to everybody. */
async function serve(plan: Partial<Plan>, more: Partial<Grant> = {}): Promise<void> {
  const grant: Grant = { subscriber: 'alice', plan: 'gold', authority: 'isp', ...more };
  bench = await setUp({ authenticator: { authenticate: async () => ok(grant) } });
  const locations = new Map([
    ['cell', { name: 'cell', parent: 'east', accessPrefixes: ['198.51.100.0/28'] }],
    ['east', { name: 'east', accessPrefixes: ['198.51.100.0/24'] }],
    ['west', { name: 'west', accessPrefixes: [] }],
  ]);
  await bench.configure({ ...CONFIGURATION, locations, plans: new Map([['gold', { ...GOLD, ...plan }]]) });
}
const ask = async (more: Parameters<typeof entry>[1] = {}, peerAddress = LAPTOP.peerAddress, location = 'auto') => {
  const answer = await bench.service.requestService(
    { ...LAPTOP, peerAddress },
    message([entry(1, more)], { location }),
  );
  if (!answer.ok) return answer.failure[0];
  return (await bench.store.leases.ofHost(LAPTOP.hostId, bench.clock.now()))[0];
};
const calls = { class: 'conversational', overCeiling: 'refuse' } as const;
const rule = (name: string, when: Rule['when'], outcome: Rule['outcome'] = calls): Rule => ({ name, when, outcome });

describe('the place of a host', () => {
  const plan = { rules: [rule('in-east', { locations: ['east'] }), rule('in-west', { locations: ['west'] })] };

  test.each([
    ['the cell that its session comes from is in the east', '198.51.100.3', 'auto', 'in-east'],
    ['whatever it claims', '198.51.100.3', 'west', 'in-east'],
    ['of the east itself', '198.51.100.77', 'auto', 'in-east'],
    ['its word counts where no prefix decides', '203.0.113.9', 'west', 'in-west'],
    ['but not for a place that has prefixes', '203.0.113.9', 'east', '(default)'],
  ])('%s', async (_, peerAddress, claimed, expected) => {
    await serve(plan);
    expect(await ask({}, peerAddress, claimed)).toMatchObject({ rule: expected });
  });
});

test('the clock of the plan’s zone, else of the headend', async () => {
  // It is Saturday, 18:00 UTC.
  const rules = [rule('sunday-night', { days: ['sun'], time: { start: 120, end: 240 } })];
  await serve({ rules, timeZone: 'Asia/Tokyo' });
  expect(await ask()).toMatchObject({ rule: 'sunday-night' });
  await bench.store.close();
  await serve({ rules });
  expect(await ask()).toMatchObject({ rule: '(default)' });
});

test('the labels of its applications', async () => {
  await serve({ rules: [rule('office', { applications: ['büro*'] })] });
  expect(await ask({ 'application-list': ['spiele'] })).toMatchObject({ rule: '(default)' });
  expect(await ask({ 'application-list': ['spiele', 'büro-1'] })).toMatchObject({ rule: 'office' });
});

describe('a class that binds its lanes to a security profile', () => {
  const classes = new Map([
    ...GOLD.classes,
    ['conversational', { ...GOLD.classes.get('conversational')!, securityProfile: 'strict' }],
  ]);

  test('does so: the lease and the message have it', async () => {
    await serve({ classes });
    const answer = unwrap(await bench.service.requestService(LAPTOP, message([entry(1)])));
    expect(answer['sp-service-message']['application-group']?.[0]).toMatchObject({
      'security-cfg': { profile: 'strict' },
    });
    expect(await ask()).toMatchObject({ security: 'strict' });
  });

  test('refuses a request for another', async () => {
    await serve({ classes });
    const open = { name: 'open' };
    await bench.configure({
      ...CONFIGURATION,
      securityProfiles: new Map([...CONFIGURATION.securityProfiles, ['open', open]]),
      plans: new Map([['gold', { ...GOLD, classes }]]),
    });
    expect(await ask({ security: 'open' })).toMatchObject({
      kind: 'security-not-offered',
      asked: 'open',
      bound: 'strict',
    });
  });
});

describe('what the authority allows', () => {
  test('is a ceiling of every class, and the refusal says whose', async () => {
    await serve({}, { upldCeiling: kilobitsPerSecond(1500) });
    expect(await ask()).toMatchObject({ kind: 'over-ceiling', ceiling: 1500, authority: 'isp' });
    expect(await ask({ bandwidth: 1500 })).toMatchObject({ upld: { rate: 1500 } });
  });

  test('is lowered to, where the rule says so', async () => {
    await serve(
      { rules: [rule('any', {}, { ...calls, overCeiling: 'lower' })] },
      { upldCeiling: kilobitsPerSecond(1500) },
    );
    expect(await ask()).toMatchObject({ upld: { rate: 1500 } });
  });

  test('bounds the lease', async () => {
    await serve({}, { leaseMax: seconds(600) });
    const lease = await ask();
    expect(lease).toMatchObject({ validUntil: bench.clock.now() + 600_000 });
  });
});
