import { milliseconds, seconds, unwrap } from '@sublane/basics';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Bench, CONFIGURATION, entry, LAPTOP, message, pool, setUp } from './service-fixture.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await setUp();
});
afterEach(() => bench.store.close());

const request = async (...groups: number[]) => {
  const asked = await bench.service.requestService(LAPTOP, message(groups.map((id) => entry(id))));
  return unwrap(asked)['sp-service-message']['application-group']?.map(
    (group) => group['access-interface-cfg'].ipv4?.address?.[0]?.ip,
  );
};
const conflict = (id: number, ...addresses: string[]) =>
  bench.service.reportService(LAPTOP, {
    'host-id': LAPTOP.hostId,
    'application-group': [{ id, state: 'address-conflict', reason: 'seen', 'conflict-address': addresses }],
  });
const fill = async () => (await bench.store.leases.fill()).find(({ name }) => name === 'calls');

test('an address in conflict is lost to the host and to everybody; the next request gets another', async () => {
  expect(await request(1)).toEqual(['192.0.2.2']);
  expect(await conflict(1, '192.0.2.2')).toEqual({ ok: true, value: undefined });
  const { 'sp-service-message': now } = unwrap(await bench.service.getService(LAPTOP, { 'host-id': LAPTOP.hostId }));
  expect(now).toEqual({ 'host-id': LAPTOP.hostId });
  expect(await fill()).toMatchObject({ held: 0, quarantined: 1 });
  expect(await request(1)).toEqual(['192.0.2.3']);
  expect(bench.service.counters()).toMatchObject({ quarantined: 1, granted: 2 });
  const renewed = await bench.service.renewService(LAPTOP, { 'host-id': LAPTOP.hostId });
  expect(unwrap(renewed)['application-group']).toHaveLength(1);
});

test('an ordinary report counts as none', async () => {
  await request(1);
  unwrap(await conflict(1, '192.0.2.99'));
  expect(bench.service.counters()).not.toHaveProperty('quarantined');
  expect(await fill()).toMatchObject({ held: 1, quarantined: 0 });
});

test('the pool says for how long, and the headend ends it by itself', async () => {
  const quarantine = { time: seconds(600), perHost: 1, perSubscriber: 8 };
  await bench.configure({
    ...CONFIGURATION,
    pools: new Map([...CONFIGURATION.pools, ['calls', pool('calls', { quarantine })]]),
  });
  await request(1, 2);
  unwrap(await conflict(1, '192.0.2.2'));
  // One host is not to empty the pool.
  expect(await conflict(2, '192.0.2.3')).toMatchObject({
    ok: false,
    failure: [{ kind: 'quarantine-full', groupId: 2, pool: 'calls', limit: 1, retryAfter: 600 }],
  });
  expect(bench.service.counters()).toMatchObject({ 'quarantine-full': 1 });
  await bench.clock.advance(milliseconds(599_000));
  expect(unwrap(await bench.service.expireLeases())).toBe(0);
  expect(await fill()).toMatchObject({ quarantined: 1 });
  await bench.clock.advance(milliseconds(1_000));
  expect(unwrap(await bench.service.expireLeases())).toBe(0);
  expect(await fill()).toMatchObject({ quarantined: 0, held: 1 });
  expect(await request(1)).toEqual(['192.0.2.2']);
  const trail = (await bench.store.audit.list({ hostId: LAPTOP.hostId }, { limit: 100 })).items;
  expect(trail.find(({ event }) => event === 'request-refused')?.detail).toMatchObject({
    operation: 'report-service',
    code: 'quarantine-full',
    pool: 'calls',
  });
});
