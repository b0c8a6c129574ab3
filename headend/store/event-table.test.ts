import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import { afterEach, expect, test } from 'vitest';
import { event } from './event-contract.ts';
import type { EventOf } from './event-store.ts';
import { openSqliteStore, type SqliteStoreOptions } from './sqlite-store.ts';
import type { Store } from './store.ts';
import { deed, furnish, group, reservation, time } from './store-fixture.ts';

const stores: Store[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

async function open(more: Partial<SqliteStoreOptions> = {}): Promise<Store> {
  const store = unwrap(await openSqliteStore({ path: ':memory:', ...more }));
  stores.push(store);
  return store;
}

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sublane-events-'));
  folders.push(folder);
  return join(folder, 'headend.db');
}

const releases: EventOf = ({ event: name, at, hostId, groupId, detail }) =>
  name === 'lease-released'
    ? event(0, { at, xml: `<gone>${groupId} ${detail.reason}</gone>`, about: hostId ?? '' })
    : undefined;

const numbers = async (store: Store) => {
  const { events, agedThrough } = await store.events.read({ after: 0, limit: 10_000 });
  return { numbers: events.map(({ sequence }) => sequence), agedThrough };
};

async function fill(store: Store, count: number, name = 'service-withdrawn', from = 0) {
  await Promise.all(Array.from({ length: count }, (_, at) => store.events.append(event(from + at, { name }))));
}

const range = (from: number, through: number) => Array.from({ length: through - from + 1 }, (_, at) => from + at);

test('what a row of the trail makes is logged with it, and told before the write is answered', async () => {
  const store = await furnish(await open({ eventOf: releases }), ['laptop', 'phone']);
  const told: string[] = [];
  store.events.watch(({ xml, about }) => void told.push(`${about} ${xml}`));
  unwrap(await store.leases.reserve(reservation('laptop', [group(1), group(2)])));
  expect(told).toEqual([]);
  const ended = store.leases.withdraw({ hostId: 'laptop' } as never, { ...deed(5), reason: 'why' });
  unwrap(await ended);
  expect(told.toSorted()).toEqual(['laptop <gone>1 why</gone>', 'laptop <gone>2 why</gone>']);
  expect((await numbers(store)).numbers).toEqual([1, 2]);
});

test('a write that is refused or undone leaves no event and no gap', async () => {
  const store = await furnish(await open({ eventOf: releases }), ['laptop']);
  const told: number[] = [];
  store.events.watch(({ sequence }) => void told.push(sequence));
  const [lease] = unwrap(await store.leases.reserve(reservation('laptop', [group(1)])));
  // One group of writes: the bad one is undone with all of them, and the good one is done again.
  const bad = store.events.append(event(1, { xml: null as never }));
  const good = store.leases.releaseById(lease!.id, deed(9));
  await expect(bad).rejects.toThrow();
  unwrap(await good);
  unwrap(await store.events.append(event(2)));
  expect([told, (await numbers(store)).numbers]).toEqual([
    [1, 2],
    [1, 2],
  ]);
});

test('the log, its numbers and what is known of the past are there after a restart', async () => {
  const path = newPath();
  const bounds = { events: 300, sessions: 300, age: 1e12 };
  const first = await open({ path, eventBounds: bounds });
  await fill(first, 600);
  const before = { ...(await numbers(first)), aged: await first.events.agedAt(), created: first.events.createdAt };
  expect(before.aged).toBeDefined();
  await stores.pop()?.close();
  const second = await open({ path, eventBounds: bounds });
  expect(second.events.last).toBe(600);
  const after = { ...(await numbers(second)), aged: await second.events.agedAt(), created: second.events.createdAt };
  expect(after).toEqual(before);
  expect(unwrap(await second.events.append(event(1)))).toBe(601);
});

test('there are never many more than may be; the newest stay', async () => {
  const store = await open({ eventBounds: { events: 300, sessions: 10, age: 1e12 } });
  await fill(store, 2000);
  const { numbers: left, agedThrough } = await numbers(store);
  expect(left).toEqual(range(agedThrough + 1, 2000));
  expect(left.length).toBeGreaterThanOrEqual(300);
  expect(left.length).toBeLessThan(300 + 512);
  expect(await store.events.agedAt()).toBe(time(agedThrough - 1));
});

test('sessions that come and go drive out nothing else', async () => {
  const store = await open({ eventBounds: { events: 300, sessions: 10, age: 1e12 } });
  await fill(store, 5);
  await fill(store, 2000, 'netconf-session-start');
  const { numbers: left, agedThrough } = await numbers(store);
  expect(left.slice(0, 5)).toEqual(range(1, 5));
  expect(left.length).toBeLessThan(5 + 10 + 512);
  expect(agedThrough).toBeGreaterThan(1400);
});

test('what is too old goes, also where it is all there was', async () => {
  const store = await open({ eventBounds: { events: 10_000, sessions: 10_000, age: 1_000_000 } });
  await fill(store, 100);
  await fill(store, 256, 'service-withdrawn', 5_000);
  expect(await numbers(store)).toEqual({ numbers: range(101, 356), agedThrough: 100 });
  expect(await store.events.agedAt()).toBe(time(99));
});
