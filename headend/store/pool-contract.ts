import { seconds, unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import type { Store } from './store.ts';
import { deed, furnish, group, kinds, reservation, shape, time } from './store-fixture.ts';

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

    describe('whose prefixes begin elsewhere', () => {
      const UPPER = ['192.0.2.8/29', '2001:db8::8/125'];
      const WHOLE = ['192.0.2.0/28', '2001:db8::/124'];
      const hold = async (count: number) => {
        const { leases } = await furnish(
          store(),
          ['laptop', 'phone', 'tablet'],
          [shape('small', UPPER, { rest: seconds(60) })],
        );
        const groups = Array.from({ length: count }, (_, at) => group(at + 1));
        return { leases, held: unwrap(await leases.reserve(reservation('laptop', groups))) };
      };

      test('downwards: its leases are numbered anew and keep their addresses; what is lower is free', async () => {
        const { leases } = await hold(4);
        unwrap(await leases.release('laptop', [1, 2], deed()));
        unwrap(await leases.expire(time(60), 9));
        unwrap(await leases.release('laptop', [3], deed(60)));
        const before = await leases.ofHost('laptop', time(60));
        expect(before.map(({ ipv4 }) => ipv4)).toEqual(['192.0.2.12']);
        expect(await leases.outside(shape('small', WHOLE), 9)).toEqual([]);
        await commit('small', WHOLE, { rest: seconds(60) });
        expect(await leases.ofHost('laptop', time(60))).toEqual([{ ...before[0], index: 12 }]);
        expect(await leases.fill()).toMatchObject([{ held: 1, resting: 1, capacity: 14 }]);
        expect(await given(9)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((last) => `192.0.2.${last}`));
        // What rests is still who had it's; then comes what was never given.
        const [back, next] = unwrap(
          await leases.reserve(reservation('laptop', [group(3), group(5)], { at: time(61) })),
        );
        expect([back?.ipv4, next?.ipv4]).toEqual(['192.0.2.11', '192.0.2.10']);
        const [last] = unwrap(await leases.reserve(reservation('phone', [group(1)])));
        expect(last?.ipv4).toBe('192.0.2.13');
      });

      test('upwards: refused where a lease is below, or would have the network’s address', async () => {
        const { leases, configuration } = await furnish(
          store(),
          ['laptop', 'phone', 'tablet'],
          [shape('small', WHOLE)],
        );
        const groups = Array.from({ length: 10 }, (_, at) => group(at + 1));
        const held = unwrap(await leases.reserve(reservation('laptop', groups, { groupsMax: 100 })));
        const upper = shape('small', UPPER);
        expect(await leases.outside(upper, 20)).toEqual(held.slice(0, 8));
        unwrap(await leases.release('laptop', [1, 2, 3, 4, 5, 6, 7], deed()));
        expect(kinds(await configuration.commit({ content: '', pools: [upper] }, deed()))).toEqual(['record-in-use']);
        unwrap(await leases.release('laptop', [8], deed()));
        await commit('small', UPPER);
        expect((await leases.ofHost('laptop', time(0))).map(({ index, ipv4 }) => [index, ipv4])).toEqual([
          [1, '192.0.2.9'],
          [2, '192.0.2.10'],
        ]);
        expect(await given(4)).toEqual(['192.0.2.11', '192.0.2.12', '192.0.2.13', '192.0.2.14']);
        expect(kinds(await leases.reserve(reservation('phone', [group(1)])))).toEqual(['pool-empty']);
      });

      test('is refused where pairs would come apart, or prefixes be others', async () => {
        const { leases, held } = await hold(1);
        expect(await leases.outside(shape('small', ['192.0.2.0/28', '2001:db8::8/125']), 9)).toEqual(held);
        const delegating = {
          attachment: { kind: 'routed' },
          delegated: { prefix: '2001:db8:100::/48', length: 56 },
        } as const;
        await commit('small', UPPER, delegating);
        const [lease] = unwrap(await leases.reserve(reservation('laptop', [group(1)])));
        expect(lease?.delegatedPrefix).toBe('2001:db8:100:100::/56');
        expect(await leases.outside(shape('small', WHOLE, delegating), 9)).toEqual([lease]);
      });
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
