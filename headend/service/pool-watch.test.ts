import { type Log, ManualClock, milliseconds, seconds, silentLog, unwrap } from '@sublane/basics';
import { beforeEach, expect, test } from 'vitest';
import { type Configuration, EMPTY_CONFIGURATION } from '../policy/configuration.ts';
import { HOUR } from '../pools/forecast.ts';
import type { PoolSettings } from '../pools/pool.ts';
import { poolOf } from '../pools/pool-settings.fixture.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { deed, furnish, group, kinds, reservation } from '../store/store-fixture.ts';
import { PoolWatch } from './pool-watch.ts';

const pool = (more: Partial<PoolSettings> = {}) =>
  poolOf('small', {
    prefixes: ['192.0.2.0/28'],
    excludes: ['192.0.2.11-192.0.2.14'],
    warnAt: 80,
    rest: seconds(0),
    ...more,
  });

const clock = new ManualClock();
let store: Store;
let configuration: Configuration;
let warned: string[];
let watch: PoolWatch;
const open = () => {
  const log: Log = Object.assign(Object.create(silentLog), {
    warn: (_: unknown, message: string) => void warned.push(message),
  });
  return new PoolWatch({ store, configuration: () => configuration, clock, log });
};
const configure = async (more: Partial<PoolSettings> = {}) => {
  const [small] = [pool(more)];
  configuration = { ...EMPTY_CONFIGURATION, pools: new Map([[small.name, small]]) };
  unwrap(await store.configuration.commit({ content: '', pools: [small.shape] }, deed()));
};
const rows = async () =>
  (await store.audit.list({}, { limit: 1000 })).items
    .filter(({ event }) => event.startsWith('pool-'))
    .map(({ event, detail }) => `${event} ${detail.held}/${detail.capacity}`);

beforeEach(async () => {
  warned = [];
  store = await furnish(unwrap(await openSqliteStore({ path: ':memory:' })), ['laptop'], []);
  watch = open();
  await configure();
});

/** So many leases are held from now on. */
async function hold(count: number): Promise<readonly string[]> {
  const present = await store.leases.ofHost('laptop', milliseconds(0));
  if (present.length > count) {
    const ends = present.slice(count).map(({ groupId }) => groupId);
    unwrap(await store.leases.release('laptop', ends, { actor: 'local', at: clock.now() }));
    return [];
  }
  const groups = Array.from({ length: count }, (_, at) => group(at + 1, { validUntil: milliseconds(1e15) }));
  const answer = await watch.observed(store).leases.reserve(reservation('laptop', groups, { groupsMax: 1000 }));
  return kinds(answer);
}

test('a pool that passes its mark is told of once, in the log and in the trail; so is one that refuses', async () => {
  await hold(7);
  await watch.look();
  expect(warned).toEqual([]);
  await hold(8);
  await watch.look();
  await watch.look();
  expect(warned).toEqual(['a pool is nearly full']);
  await hold(10);
  await watch.look();
  expect(await hold(11)).toEqual(['pool-empty']);
  expect(await hold(12)).toEqual(['pool-empty', 'pool-empty']);
  await watch.look();
  await hold(11);
  await watch.look();
  expect(await rows()).toEqual(['pool-filling 8/10', 'pool-empty 10/10']);
  await hold(5);
  await watch.look();
  await hold(10);
  await hold(11);
  await watch.look();
  expect(await rows()).toEqual(['pool-filling 8/10', 'pool-empty 10/10', 'pool-filling 10/10', 'pool-empty 10/10']);
  expect(warned).toHaveLength(4);
});

test('what is reserved for others fills the pool; one that gives nothing is not told of', async () => {
  await configure({ reservations: [1, 2, 3, 4].map((at) => ({ address: `192.0.2.${at}`, subscriber: 'bob' })) });
  await hold(4);
  await watch.look();
  expect(await rows()).toEqual(['pool-filling 4/10']);
  await configure({ adminState: 'draining' });
  await hold(10);
  await watch.look();
  expect(await rows()).toHaveLength(1);
});

test('a steady rise is foreseen from the samples of each hour, and told of a day before', async () => {
  const begin = Math.floor(clock.now() / HOUR) * HOUR;
  const heldAfter = async (hours: number, held: number) => {
    clock.advance(milliseconds(begin + hours * HOUR - clock.now()));
    await hold(held);
    await watch.look();
  };
  await configure({ prefixes: ['192.0.2.0/25'], excludes: [], warnAt: 100 });
  for (let hour = 1; hour <= 48; hour++) await heldAfter(hour, hour);
  expect((await store.pools.samples('small')).length).toBe(48);
  // 126 leases have room: at the end of hour 126.
  expect(watch.emptyAt('small')).toBe(begin + 126 * HOUR);
  expect(warned).toEqual([]);
  for (let hour = 49; hour <= 103; hour++) await heldAfter(hour, hour);
  expect(warned).toEqual(['a pool will be empty within a day, if it goes on so']);
  // Another watch, after a restart, knows the same, and loses no sample.
  watch = open();
  await watch.look();
  expect(watch.emptyAt('small')).toBe(begin + 126 * HOUR);
  expect((await store.pools.samples('small')).map(({ held }) => held)).toEqual(
    Array.from({ length: 103 }, (_, at) => at + 1),
  );
}, 30_000);

test('samples are kept for two weeks, and go with their pool', async () => {
  for (let hour = 0; hour < 14 * 24 + 5; hour++) {
    unwrap(await store.pools.sample(clock.now()));
    clock.advance(milliseconds(HOUR));
  }
  expect(await store.pools.samples('small')).toHaveLength(14 * 24);
  unwrap(await store.configuration.commit({ content: '', pools: [] }, deed()));
  expect(await store.pools.samples('small')).toEqual([]);
  await configure();
  expect(await store.pools.samples('small')).toEqual([]);
});
