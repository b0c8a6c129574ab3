import { unwrap } from '@sublane/basics';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { deed, furnish, group, reservation, time } from '../store/store-fixture.ts';
import { leaseEntry } from './lease-entry.ts';

test('a lease that was recalled says so, until it was requested again', async () => {
  const { leases, close } = await furnish(unwrap(await openSqliteStore({ path: ':memory:' })), ['laptop']);
  const entries = async () => (await leases.ofHost('laptop', time(0))).map(leaseEntry);
  unwrap(await leases.reserve(reservation('laptop', [group(1), group(2)])));
  expect(await entries()).toMatchObject([{ 'group-id': 1, state: 'active', authority: 'embedded' }, { 'group-id': 2 }]);
  const [first] = await leases.ofHost('laptop', time(0));
  unwrap(await leases.recall({ leaseIds: [first!.id] }, deed()));
  const recalled = async () => (await entries()).map((entry) => 'recalled' in entry && entry.recalled);
  expect(await recalled()).toEqual([[null], false]);
  unwrap(await leases.reserve(reservation('laptop', [group(1)])));
  expect(await recalled()).toEqual([false, false]);
  await close();
});
