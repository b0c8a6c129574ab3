import { unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import type { Store } from './store.ts';
import { deed, furnish, group, kinds, reservation, shape } from './store-fixture.ts';

/** Pools that grow, shrink and take addresses back while leases are held. */
export function poolContract(store: () => Store): void {
  describe('a pool that changes under its leases', () => {
    const start = () => furnish(store(), ['laptop', 'phone', 'tablet']);
    const given = async (count: number) =>
      unwrap(
        await store().leases.reserve(
          reservation(
            'tablet',
            Array.from({ length: count }, (_, at) => group(at + 1)),
            { groupsMax: 100 },
          ),
        ),
      ).map(({ ipv4 }) => ipv4);
    const commit = async (...args: Parameters<typeof shape>) =>
      unwrap(await store().configuration.commit({ content: '', pools: [shape(...args)] }, deed()));

    test('grows: what was beyond its end can be given', async () => {
      const { leases } = await start();
      unwrap(
        await leases.reserve(
          reservation(
            'laptop',
            [1, 2, 3, 4, 5, 6].map((id) => group(id)),
          ),
        ),
      );
      await commit('small', ['192.0.2.0/28', '2001:db8::/64']);
      // .7, the old broadcast address, was never given.
      expect(await given(3)).toEqual(['192.0.2.7', '192.0.2.8', '192.0.2.9']);
    });

    test('an exclusion keeps an address back, also one that was released, until it is lifted', async () => {
      const { leases } = await start();
      unwrap(
        await leases.reserve(
          reservation(
            'laptop',
            [1, 2, 3, 4].map((id) => group(id)),
          ),
        ),
      );
      unwrap(await leases.release('laptop', [1, 2], deed()));
      const excluded = { excludes: ['192.0.2.2-192.0.2.3', '192.0.2.5'] };
      await commit('small', ['192.0.2.0/29', '2001:db8::/64'], excluded);
      expect(await given(2)).toEqual(['192.0.2.1', '192.0.2.6']);
      // Released while excluded: it does not come back with the release...
      unwrap(await leases.release('laptop', [3], deed()));
      expect(kinds(await leases.reserve(reservation('phone', [group(1)])))).toEqual(['pool-empty']);
      // ...but with the end of the exclusion. 4 is still held.
      await commit('small', ['192.0.2.0/29', '2001:db8::/64']);
      expect(
        unwrap(await leases.reserve(reservation('phone', [group(1), group(2), group(3)]))).map(({ ipv4 }) => ipv4),
      ).toEqual(['192.0.2.2', '192.0.2.3', '192.0.2.5']);
    });

    test('tells which leases a new layout would leave out', async () => {
      const { leases } = await start();
      unwrap(
        await leases.reserve(
          reservation(
            'laptop',
            [1, 2, 3, 4, 5].map((id) => group(id)),
          ),
        ),
      );
      const outside = async (...prefixes: string[]) =>
        (await leases.outside(shape('small', prefixes), 10)).map(({ groupId }) => groupId);
      expect(await outside('192.0.2.0/29', '2001:db8::/64')).toEqual([]);
      expect(await outside('192.0.2.0/24', '2001:db8::/64')).toEqual([]);
      // .3 would be the broadcast address.
      expect(await outside('192.0.2.0/30', '2001:db8::/64')).toEqual([3, 4, 5]);
      expect(await outside('192.0.2.0/29')).toEqual([1, 2, 3, 4, 5]);
      expect(await outside('192.0.2.0/29', '2001:db8:1::/64')).toEqual([1, 2, 3, 4, 5]);
      expect(await leases.outside(shape('unknown', ['192.0.2.0/29']), 10)).toEqual([]);
    });
  });
}
