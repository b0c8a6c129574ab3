import { unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import type { Store } from './store.ts';
import { all, deed, furnish, group, reservation, time } from './store-fixture.ts';

/** Leases whose hosts are to request again. */
export function recallContract(store: () => Store): void {
  const start = async () => {
    const { leases } = await furnish(store(), ['laptop', 'phone']);
    unwrap(await leases.reserve(reservation('laptop', [group(1), group(2)])));
    unwrap(await leases.reserve(reservation('phone', [group(1)], { subscriber: 'bob' })));
    return leases;
  };
  const recalled = async () => {
    const held = await all((page) => store().leases.list({}, page));
    return held.filter((lease) => lease.recalled).map(({ hostId, groupId }) => `${hostId} ${groupId}`);
  };
  const rows = async () => {
    const trail = await all((page) => store().audit.list({}, page));
    return trail.filter(({ event }) => event === 'lease-recalled');
  };

  describe('recall', () => {
    test.each([
      ['a host’s', { hostId: 'laptop' }, ['laptop 1', 'laptop 2']],
      ['a subscriber’s', { subscriber: 'bob' }, ['phone 1']],
      ['of both', { hostId: 'laptop', subscriber: 'bob' }, []],
      ['of nobody', { subscriber: 'carol' }, []],
      ['of nothing said', {}, []],
      ['by an id that is none', { leaseIds: ['1 or 1=1', '999', ''] }, []],
    ] as const)('%s', async (_, filter, expected) => {
      const leases = await start();
      const marked = unwrap(await leases.recall(filter, deed(5, 'olga')));
      expect(marked.map(({ hostId, groupId, recalled: is }) => `${hostId} ${groupId} ${is}`)).toEqual(
        expected.map((name) => `${name} true`),
      );
      expect(await recalled()).toEqual(expected);
      expect(await rows()).toMatchObject(
        marked.map(({ id, hostId, groupId }) => ({
          at: time(5),
          actor: 'olga',
          hostId,
          groupId,
          detail: { lease: id, class: 'calls' },
        })),
      );
    });

    test('by id, each once; with a host, only its own', async () => {
      const leases = await start();
      const held = await leases.ofHost('laptop', time(0));
      const ids = held.map(({ id }) => id);
      expect(unwrap(await leases.recall({ leaseIds: ids, hostId: 'phone' }, deed()))).toEqual([]);
      expect(unwrap(await leases.recall({ leaseIds: [...ids, ...ids] }, deed()))).toHaveLength(2);
      expect(await recalled()).toEqual(['laptop 1', 'laptop 2']);
    });

    test('said again is nothing new; nor is what has ended', async () => {
      const leases = await start();
      unwrap(await leases.recall({ hostId: 'laptop' }, deed(5)));
      expect(unwrap(await leases.recall({ hostId: 'laptop' }, deed(6)))).toEqual([]);
      expect(unwrap(await leases.recall({ hostId: 'phone' }, deed(3600)))).toEqual([]);
      expect(await rows()).toHaveLength(2);
    });

    test('changes neither addresses nor end, and holds through a renewal', async () => {
      const leases = await start();
      const before = await leases.ofHost('phone', time(0));
      unwrap(await leases.recall({ hostId: 'phone' }, deed(5)));
      expect(await leases.ofHost('phone', time(5))).toEqual(before.map((lease) => ({ ...lease, recalled: true })));
      unwrap(await leases.extend('phone', [{ groupId: 1, validUntil: time(7200) }], time(6)));
      expect(await recalled()).toEqual(['phone 1']);
    });

    test('follows from another plan of the subscriber, and from nothing else it is given', async () => {
      await start();
      const change = (what: Parameters<Store['subscribers']['change']>[1]) =>
        store().subscribers.change('alice', what, deed(5));
      expect(unwrap(await change({ plan: 'gold', passwordHash: '$scrypt$x' }))).toEqual([]);
      expect(unwrap(await change({ suspended: false }))).toEqual([]);
      expect(await recalled()).toEqual([]);
      expect(unwrap(await change({ plan: 'silver' }))).toHaveLength(2);
      expect(await recalled()).toEqual(['laptop 1', 'laptop 2']);
    });

    test('is over once the group was requested again, in the same words or others', async () => {
      const leases = await start();
      unwrap(await leases.recall({ hostId: 'laptop' }, deed(5)));
      const again = [group(1), group(2, { rule: 'other' })];
      const given = unwrap(await leases.reserve(reservation('laptop', again, { at: time(6) })));
      expect(given.map((lease) => lease.recalled)).toEqual([false, false]);
      expect(await recalled()).toEqual([]);
    });
  });
}
