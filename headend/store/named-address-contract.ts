import { unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import type { WantedAddresses } from '../aaa/grant.ts';
import type { PoolSettings, PoolShape } from '../pools/pool.ts';
import type { GroupReservation, Reservation, Store } from './store.ts';
import { deed, furnish, group, kinds, QUARANTINE_OF, reservation, shape, time } from './store-fixture.ts';

const PREFIXES = ['192.0.2.0/28', '2001:db8::/64'];
const calls = (more: Partial<PoolSettings> = {}) =>
  shape('small', PREFIXES, {
    attachment: { kind: 'routed' },
    gateways: ['192.0.2.14'],
    excludes: ['192.0.2.8-192.0.2.13'],
    delegated: { prefix: '2001:db8:100::/48', length: 56 },
    ...more,
  });

/** Addresses that are somebody's before they are asked for: reserved in the pool, or chosen by an authority. */
export function namedAddressContract(store: () => Store): void {
  const start = (...pools: PoolShape[]) =>
    furnish(store(), ['laptop', 'phone', 'tablet'], pools.length > 0 ? pools : [calls()]);
  const ask = (hostId: string, groups: readonly (number | GroupReservation)[], more: Partial<Reservation> = {}) =>
    store().leases.reserve(
      reservation(
        hostId,
        groups.map((one) => (typeof one === 'number' ? group(one) : one)),
        more,
      ),
    );
  const given = async (...args: Parameters<typeof ask>) => unwrap(await ask(...args)).map(({ ipv4 }) => ipv4);
  const commit = (...pools: PoolShape[]) => store().configuration.commit({ content: '', pools }, deed(20));

  describe('a reserved address', () => {
    const reserved = calls({
      reservations: [
        { address: '192.0.2.2', subscriber: 'alice' },
        { address: '2001:db8::3', subscriber: 'alice', hostId: 'phone', groupId: 7 },
        { address: '192.0.2.1', subscriber: 'bob' },
      ],
    });

    test('is its subscriber’s before any other, and no other’s', async () => {
      await start(reserved);
      expect(await store().leases.fill()).toMatchObject([{ capacity: 7, reserved: 3 }]);
      expect(await given('laptop', [1, 2])).toEqual(['192.0.2.2', '192.0.2.4']);
      // Of two that fit, the one that fewer others could have.
      unwrap(await store().leases.release('laptop', [1], deed(1)));
      expect(await given('phone', [7, 8, 9])).toEqual(['192.0.2.3', '192.0.2.2', '192.0.2.5']);
      expect(await store().leases.fill()).toMatchObject([{ held: 4, reserved: 1, resting: 0 }]);
      expect(await given('tablet', [1, 2])).toEqual(['192.0.2.6', '192.0.2.7']);
      expect(kinds(await ask('tablet', [3]))).toEqual(['pool-empty']);
      expect(await given('tablet', [3], { subscriber: 'bob' })).toEqual(['192.0.2.1']);
    });

    test('comes back to its holder, and to everybody when it is no longer reserved', async () => {
      await start(reserved);
      await given('laptop', [1]);
      unwrap(await store().leases.release('laptop', [1], deed(1)));
      expect(await given('laptop', [2])).toEqual(['192.0.2.2']);
      unwrap(await commit(calls()));
      expect(await given('tablet', [1, 2, 3])).toEqual(['192.0.2.1', '192.0.2.3', '192.0.2.4']);
    });

    test('cannot be what somebody else holds; who holds it keeps it', async () => {
      await start();
      const [lease] = unwrap(await ask('laptop', [1], { subscriber: 'carol' }));
      const taken = calls({ reservations: [{ address: '192.0.2.1', subscriber: 'bob' }] });
      expect(await store().leases.reservedElsewhere(taken, 9)).toEqual([lease]);
      expect(kinds(await commit(taken))).toEqual(['record-in-use']);
      const own = calls({ reservations: [{ address: '192.0.2.1', subscriber: 'carol', groupId: 1 }] });
      unwrap(await commit(own));
      expect(await given('laptop', [1], { subscriber: 'carol' })).toEqual(['192.0.2.1']);
      // What was looked at once is not looked at again.
      expect(await store().leases.reservedElsewhere(own, 9)).toEqual([]);
    });

    test('in quarantine is withheld from its holder too', async () => {
      await start(reserved);
      await given('laptop', [1]);
      const report = { state: 'address-conflict' as const, at: time(5), conflictAddresses: ['192.0.2.2'] };
      unwrap(await store().leases.report('laptop', [{ groupId: 1, report }], QUARANTINE_OF));
      expect(await given('laptop', [1])).toEqual(['192.0.2.4']);
    });
  });

  describe('a delegated prefix', () => {
    test('goes with the address, in the lease, its list and the trail', async () => {
      const { leases, audit } = await start();
      const [first, second] = unwrap(await ask('laptop', [1, 2]));
      expect([first?.delegatedPrefix, second?.delegatedPrefix]).toEqual([
        '2001:db8:100:100::/56',
        '2001:db8:100:200::/56',
      ]);
      expect(await leases.findByAddress('2001:db8:100:1ff::7')).toEqual(first);
      expect(await leases.findByAddress('2001:db8:100:200::')).toEqual(second);
      for (const nobodys of ['2001:db8:100::1', '2001:db8:100:300::', '2001:db8:101::'])
        expect(await leases.findByAddress(nobodys)).toBeUndefined();
      const rows = (await audit.list({ hostId: 'laptop' }, { limit: 99 })).items;
      expect(rows.at(-1)).toMatchObject({ detail: { 'delegated-prefix': '2001:db8:100:200::/56' } });
    });

    test('bounds the pool, and does not change under a lease', async () => {
      const few = calls({ delegated: { prefix: '2001:db8:100::/54', length: 56 } });
      expect([few.size, few.capacity]).toEqual([4, 3]);
      const { leases } = await start();
      const held = unwrap(await ask('laptop', [1, 2]));
      const others = [
        { prefix: '2001:db8:200::/48', length: 56 },
        { prefix: '2001:db8:100::/48', length: 60 },
        undefined,
      ];
      for (const delegated of others) {
        const { delegated: _, ...without } = calls();
        const anew = delegated ? calls({ delegated }) : without;
        expect(await leases.outside(anew, 9)).toEqual(held);
        expect(kinds(await commit(anew))).toEqual(['record-in-use']);
      }
      expect(await leases.outside(calls({ delegated: { prefix: '2001:db8:100::/55', length: 56 } }), 9)).toEqual([
        held[1],
      ]);
      unwrap(await commit(calls({ delegated: { prefix: '2001:db8:100::/44', length: 56 } })));
    });

    test('comes to a lease that has none when its host asks again', async () => {
      const { delegated: _, ...before } = calls();
      const { leases } = await start(before);
      const [lease] = unwrap(await ask('laptop', [1]));
      expect(lease).not.toHaveProperty('delegatedPrefix');
      unwrap(await commit(calls()));
      expect(await leases.ofHost('laptop', time(0))).toEqual([lease]);
      const [again] = unwrap(await ask('laptop', [1]));
      expect(again).toEqual({ ...lease, delegatedPrefix: '2001:db8:100:100::/56' });
      expect(await leases.ofHost('laptop', time(0))).toEqual([again]);
    });
  });

  describe('an address that the authority chose', () => {
    const want = (wanted: WantedAddresses, more: Partial<Reservation> = {}): Partial<Reservation> => ({
      wanted,
      ...more,
    });
    const refusal = async (...args: Parameters<typeof ask>) => {
      const answer = await ask(...args);
      return answer.ok ? 'ok' : answer.failure;
    };
    const unavailable = (groupId: number, address: string, why: string) => [
      { kind: 'address-unavailable', groupId, address, why },
    ];

    test('is the lowest new group’s, and stays where it is', async () => {
      await start();
      const wanted = want({ ipv4: '192.0.2.5' });
      expect(await given('laptop', [2, 1, 3], wanted)).toEqual(['192.0.2.1', '192.0.2.5', '192.0.2.2']);
      expect(await given('laptop', [1, 4], wanted)).toEqual(['192.0.2.5', '192.0.2.3']);
      // Ended and not taken back yet, it is where it was.
      expect(await given('laptop', [1], { ...wanted, at: time(9999) })).toEqual(['192.0.2.5']);
    });

    test('waits, where no lane of the request can have it', async () => {
      await start(calls(), shape('films', ['198.51.100.0/29']));
      const films = group(1, { class: 'films', open: ['films'] });
      expect(await given('laptop', [films], want({ ipv4: '192.0.2.5' }))).toEqual(['198.51.100.1']);
      expect(await given('laptop', [films, 2], want({ ipv4: '192.0.2.5' }))).toEqual(['198.51.100.1', '192.0.2.5']);
      // A lane that has another is left alone, unless it was recalled.
      expect(await given('phone', [1])).toEqual(['192.0.2.1']);
      expect(await given('phone', [1], want({ ipv4: '192.0.2.6' }))).toEqual(['192.0.2.1']);
      unwrap(await store().leases.recall({ hostId: 'phone' }, deed(1)));
      expect(await given('phone', [1], want({ ipv4: '192.0.2.6' }))).toEqual(['192.0.2.6']);
    });

    test('may be excluded, or reserved for just this subscriber', async () => {
      await start(calls({ reservations: [{ address: '192.0.2.4', subscriber: 'alice', groupId: 3 }] }));
      expect(await given('laptop', [1], want({ ipv4: '192.0.2.9' }))).toEqual(['192.0.2.9']);
      expect(await given('phone', [3], want({ ipv6: '2001:db8::4' }))).toEqual(['192.0.2.4']);
      unwrap(await store().leases.release('laptop', [], deed(1)));
      // Given back, it is excluded still.
      expect(await given('tablet', [1, 2, 3, 4, 5], {})).not.toContain('192.0.2.9');
      expect(await given('laptop', [1], want({ ipv4: '192.0.2.9' }))).toEqual(['192.0.2.9']);
    });

    test('may be a prefix, or all of one place', async () => {
      await start();
      expect(await given('laptop', [1], want({ delegatedPrefix: '2001:db8:100:300::/56' }))).toEqual(['192.0.2.3']);
      const all = { ipv4: '192.0.2.4', ipv6: '2001:db8::4', delegatedPrefix: '2001:db8:100:400::/56' };
      const [lease] = unwrap(await ask('phone', [1], want(all)));
      expect(lease).toMatchObject(all);
    });

    test('is passed over by those that ask for any', async () => {
      await start();
      await given('laptop', [1], want({ ipv4: '192.0.2.3' }));
      expect(await given('phone', [1, 2, 3])).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.4']);
      unwrap(await store().leases.release('laptop', [], deed(1)));
      expect(await given('tablet', [1])).toEqual(['192.0.2.3']);
    });

    test.each<[string, WantedAddresses, string, string]>([
      ['another host holds it', { ipv4: '192.0.2.1' }, '192.0.2.1', 'held'],
      ['another device uses it', { ipv6: '2001:db8::2' }, '2001:db8::2', 'quarantined'],
      ['it is in no pool', { ipv4: '203.0.113.1' }, '203.0.113.1', 'in-no-pool'],
      ['it is no address', { ipv4: 'nonsense' }, 'nonsense', 'in-no-pool'],
      ['its prefix is of another length', { delegatedPrefix: '2001:db8:100::/60' }, '2001:db8:100::/60', 'in-no-pool'],
      ['it is the network', { ipv4: '192.0.2.0' }, '192.0.2.0', 'never-given'],
      ['it is the gateway', { ipv4: '192.0.2.14' }, '192.0.2.14', 'never-given'],
      ['it is reserved', { ipv4: '192.0.2.6' }, '192.0.2.6', 'reserved'],
      ['it is of two places', { ipv4: '192.0.2.4', ipv6: '2001:db8::5' }, '2001:db8::5', 'apart'],
      ['it is of two pools', { ipv4: '192.0.2.4', ipv6: '2001:db8:1::4' }, '2001:db8:1::4', 'apart'],
    ])('is refused where %s', async (_, wanted, address, why) => {
      const other = shape('other', ['2001:db8:1::/64']);
      await start(calls({ reservations: [{ address: '192.0.2.6', subscriber: 'bob' }] }), other);
      await given('phone', [1, 2]);
      const report = { state: 'address-conflict' as const, at: time(5), conflictAddresses: ['192.0.2.2'] };
      unwrap(await store().leases.report('phone', [{ groupId: 2, report }], QUARANTINE_OF));
      expect(await refusal('laptop', [4, 3], want(wanted))).toEqual(unavailable(3, address, why));
      expect(await store().leases.ofHost('laptop', time(0))).toEqual([]);
    });

    test('is refused where its pool gives nothing new', async () => {
      await start();
      const draining = group(1, { open: [], keep: ['small'], draining: new Set(['small']) });
      expect(await refusal('laptop', [draining], want({ ipv4: '192.0.2.3' }))).toEqual(
        unavailable(1, '192.0.2.3', 'pool-closed'),
      );
    });
  });

  describe('a pool that moves', () => {
    const other = shape('other', ['198.51.100.0/30']);
    const moving = (id: number) =>
      group(id, { open: ['third', 'other'], keep: ['third', 'other'], successors: new Map([['small', 'other']]) });

    test('keeps its leases until their hosts ask again; then the successor alone has addresses for them', async () => {
      const { leases } = await start(calls(), other, shape('third', ['203.0.113.0/29']));
      const [one] = unwrap(await ask('laptop', [1, 2, 3]));
      unwrap(await leases.extend('laptop', [{ groupId: 1, validUntil: time(9000) }], time(1)));
      expect((await leases.ofHost('laptop', time(1))).map(({ ipv4 }) => ipv4)).toEqual([
        '192.0.2.1',
        '192.0.2.2',
        '192.0.2.3',
      ]);
      const [moved] = unwrap(await ask('laptop', [moving(1)]));
      expect(moved).toMatchObject({ id: one?.id, pool: 'other', ipv4: '198.51.100.1' });
      // New lanes are not bound to it.
      expect(await given('laptop', [moving(2), moving(4)])).toEqual(['198.51.100.2', '203.0.113.1']);
      // Where it is full, the lease stays what it is.
      expect(await refusalOf(ask('laptop', [moving(3)]))).toEqual([
        { kind: 'pool-empty', groupId: 3, pool: 'other', retryAfter: 60 },
      ]);
      expect(await leases.findByAddress('192.0.2.3')).toMatchObject({ hostId: 'laptop', groupId: 3 });
    });
  });
}

async function refusalOf(answer: ReturnType<Store['leases']['reserve']>) {
  const done = await answer;
  return done.ok ? [] : done.failure;
}
