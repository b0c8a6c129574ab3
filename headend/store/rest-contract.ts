import { seconds, unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import type { PoolShape } from '../pools/pool.ts';
import type { Store } from './store.ts';
import { deed, furnish, group, kinds, reservation, shape, time } from './store-fixture.ts';

const PREFIXES = ['192.0.2.0/29', '2001:db8::/64'];
const RESTING = shape('small', PREFIXES, { rest: seconds(60) });

/** Addresses that were given back, and whom they are kept for. */
export function restContract(store: () => Store): void {
  describe('an address that was given back', () => {
    const start = (...pools: PoolShape[]) =>
      furnish(store(), ['laptop', 'phone', 'tablet'], pools.length > 0 ? pools : [RESTING]);
    const request = async (hostId: string, groupIds: readonly number[], at = 0, more = {}) => {
      const groups = groupIds.map((id) => group(id, { validUntil: time(at + 3600), ...more }));
      const given = unwrap(await store().leases.reserve(reservation(hostId, groups, { at: time(at) })));
      return given.map(({ ipv4 }) => ipv4?.split('.')[3]);
    };
    const fill = async () => (await store().leases.fill())[0];

    test('rests: its last holder gets it again, others the next', async () => {
      const { leases } = await start();
      expect(await request('laptop', [1, 2])).toEqual(['1', '2']);
      unwrap(await leases.release('laptop', [1, 2], deed(10)));
      expect(await fill()).toMatchObject({ held: 0, resting: 2 });
      expect(await request('phone', [1, 2], 20)).toEqual(['3', '4']);
      // The same host's other group is another holder.
      expect(await request('laptop', [3], 20)).toEqual(['5']);
      expect(await request('laptop', [2, 1], 69)).toEqual(['2', '1']);
      expect(await fill()).toMatchObject({ held: 5, resting: 0 });
    });

    test('is everybody’s when the rest is over, in batches', async () => {
      const { leases } = await start();
      await request('laptop', [1, 2, 3]);
      unwrap(await leases.release('laptop', [], deed(10)));
      unwrap(await leases.expire(time(69), 10));
      expect(await fill()).toMatchObject({ resting: 3 });
      unwrap(await leases.expire(time(70), 2));
      expect(await fill()).toMatchObject({ resting: 1 });
      expect(await request('phone', [1, 2, 3], 71)).toEqual(expect.arrayContaining(['4']));
      unwrap(await leases.expire(time(71), 2));
      expect(await fill()).toMatchObject({ held: 3, resting: 0 });
    });

    test('rests after it expired and after its lane moved, too', async () => {
      const films = shape('films', ['198.51.100.0/29'], { rest: seconds(60) });
      const { leases } = await start(RESTING, films);
      await request('laptop', [1], 0, { validUntil: time(5) });
      unwrap(await leases.expire(time(5), 9));
      expect(await request('phone', [1], 6)).toEqual(['2']);
      const moved = { class: 'films', open: ['films'] };
      expect(await request('phone', [1], 7, moved)).toEqual(['1']);
      expect(await request('tablet', [1], 8)).toEqual(['3']);
      expect(await request('laptop', [1], 9)).toEqual(['1']);
      // Back in its old class, it is where it was; where it left it rests.
      expect(await request('phone', [1], 10)).toEqual(['2']);
      expect(await leases.fill()).toMatchObject([{ resting: 0 }, { held: 0, resting: 1 }]);
    });

    test('is given to others when nothing else is left, the one that has rested the longest first', async () => {
      const { leases } = await start();
      await request('laptop', [1, 2, 3, 4, 5, 6]);
      unwrap(await leases.release('laptop', [4], deed(10)));
      unwrap(await leases.release('laptop', [2], deed(20)));
      expect(await request('phone', [1], 21)).toEqual(['4']);
      expect(await request('phone', [2], 21)).toEqual(['2']);
      expect(kinds(await leases.reserve(reservation('tablet', [group(1)])))).toEqual(['pool-empty']);
      unwrap(await leases.release('laptop', [1, 3], deed(30)));
      expect(await request('tablet', [1, 2], 31)).toEqual(['1', '3']);
    });

    test('that has become a hole meanwhile is nobody’s', async () => {
      const { leases, configuration } = await start();
      await request('laptop', [1, 2]);
      unwrap(await leases.release('laptop', [1, 2], deed(10)));
      const excluding = shape('small', PREFIXES, { rest: seconds(60), excludes: ['192.0.2.1'] });
      unwrap(await configuration.commit({ content: '', pools: [excluding] }, deed(11)));
      expect(await fill()).toMatchObject({ resting: 1 });
      expect(await request('laptop', [1, 2], 12)).toEqual(['3', '2']);
      // When the hole is no more, it is free: nothing rests there any more.
      unwrap(await configuration.commit({ content: '', pools: [RESTING] }, deed(13)));
      expect(await request('phone', [1], 14)).toEqual(['1']);
    });

    test('is one group’s: two of one message that take what rests get two', async () => {
      const { leases } = await start();
      await request('laptop', [1, 2, 3, 4, 5, 6]);
      unwrap(await leases.release('laptop', [5, 6], deed(10)));
      expect(new Set(await request('phone', [1, 2], 11))).toEqual(new Set(['5', '6']));
    });

    test('by a quarantine does not rest', async () => {
      const { leases } = await start();
      await request('laptop', [1]);
      const report = { state: 'address-conflict' as const, at: time(5), conflictAddresses: ['192.0.2.1'] };
      const quarantineOf = () => ({ time: seconds(10), perHost: 8, perSubscriber: 8 });
      unwrap(await leases.report('laptop', [{ groupId: 1, report }], quarantineOf));
      expect(await fill()).toMatchObject({ quarantined: 1, resting: 0 });
      expect(await request('laptop', [1], 6)).toEqual(['2']);
    });
  });
}
