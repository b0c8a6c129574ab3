import { unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import type { Store } from './store.ts';
import { all, deed, furnish, group, kinds, reservation, time } from './store-fixture.ts';

/** What a host or a subscriber has, taken back. */
export function withdrawContract(store: () => Store): void {
  const start = async () => {
    const furnished = await furnish(store(), ['laptop', 'phone', 'tablet']);
    unwrap(await furnished.subscribers.add({ name: 'bob', plan: 'gold' }, deed()));
    unwrap(await furnished.leases.reserve(reservation('laptop', [group(1), group(2)])));
    unwrap(await furnished.leases.reserve(reservation('phone', [group(1)], { subscriber: 'bob' })));
    unwrap(await furnished.leases.reserve(reservation('tablet', [group(1)])));
    return furnished;
  };
  const names = (leases: readonly { hostId: string; groupId: number }[]) =>
    leases.map(({ hostId, groupId }) => `${hostId} ${groupId}`);
  const held = async () => names(await all((page) => store().leases.list({}, page)));
  const rows = async () => {
    const trail = await all((page) => store().audit.list({}, page));
    return trail.filter(({ event }) => event === 'lease-released');
  };

  describe('withdrawal', () => {
    test.each([
      ['a host’s', { hostId: 'laptop' }, ['laptop 1', 'laptop 2']],
      ['a subscriber’s', { subscriber: 'alice' }, ['laptop 1', 'laptop 2', 'tablet 1']],
      ['of both', { hostId: 'tablet', subscriber: 'alice' }, ['tablet 1']],
      ['of nothing said', {}, []],
      ['by an id that is none', { leaseIds: ['1 or 1=1', ''] }, []],
    ] as const)('%s', async (_, selection, expected) => {
      const { leases } = await start();
      const before = await held();
      expect(names(unwrap(await leases.withdraw(selection, deed(5, 'olga'))))).toEqual(expected);
      expect(await held()).toEqual(before.filter((name) => !(expected as readonly string[]).includes(name)));
      expect(await rows()).toMatchObject(expected.map(() => ({ actor: 'olga', at: time(5) })));
      expect(await leases.fill()).toMatchObject([{ held: 4 - expected.length }]);
    });

    test('by id, each once', async () => {
      const { leases } = await start();
      const ids = (await leases.ofHost('laptop', time(0))).map(({ id }) => id);
      expect(unwrap(await leases.withdraw({ leaseIds: [...ids, ...ids] }, deed()))).toHaveLength(2);
      expect(unwrap(await leases.withdraw({ leaseIds: ids }, deed()))).toEqual([]);
    });

    test('what had ended by then has expired, by nobody’s hand', async () => {
      const { leases } = await start();
      unwrap(await leases.withdraw({ hostId: 'tablet' }, deed(3600, 'olga')));
      expect(await rows()).toEqual([]);
      const trail = await all((page) => store().audit.list({}, page));
      expect(trail.at(-1)).toMatchObject({ event: 'lease-expired', actor: 'headend', hostId: 'tablet' });
    });
  });

  describe('a subscriber who is suspended', () => {
    test('holds nothing any more, and gets nothing', async () => {
      const { leases, subscribers } = await start();
      const ended = unwrap(await subscribers.change('alice', { suspended: true }, deed(5, 'olga')));
      expect(names(ended)).toEqual(['laptop 1', 'laptop 2', 'tablet 1']);
      expect(await held()).toEqual(['phone 1']);
      expect(await rows()).toMatchObject([{ actor: 'olga' }, { actor: 'olga' }, { actor: 'olga' }]);
      expect(kinds(await leases.reserve(reservation('laptop', [group(1)])))).toEqual(['subscriber-suspended']);
      expect(unwrap(await subscribers.change('alice', { suspended: false }, deed(6)))).toEqual([]);
      expect(kinds(await leases.reserve(reservation('laptop', [group(1)])))).toEqual(['ok']);
    });

    test('of a reservation and a suspension at once, the later finds what the earlier did', async () => {
      const { leases, subscribers } = await start();
      const [reserved, suspended] = await Promise.all([
        leases.reserve(reservation('laptop', [group(3)])),
        subscribers.change('alice', { suspended: true }, deed()),
      ]);
      expect(kinds(reserved)).toEqual(['ok']);
      expect(names(unwrap(suspended))).toContain('laptop 3');
      expect(await held()).toEqual(['phone 1']);
    });
  });

  test('a subscriber who is removed leaves no lease behind, other hosts’ in its name among them', async () => {
    const { subscribers } = await start();
    expect(names(unwrap(await subscribers.remove('bob', deed())))).toEqual(['phone 1']);
    expect(await held()).toEqual(['laptop 1', 'laptop 2', 'tablet 1']);
  });
}
