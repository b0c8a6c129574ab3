import { unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import type { Store } from './store.ts';
import { all, deed, furnish, group, kinds, QUARANTINE_OF, reservation, SMALL, shape, time } from './store-fixture.ts';

/** Who holds what. */
export function leaseContract(store: () => Store): void {
  const hosts = ['laptop', 'phone', 'tablet'];
  const start = () => furnish(store(), hosts);
  const addresses = (leases: readonly { ipv4?: string; ipv6?: string }[]) =>
    leases.map(({ ipv4, ipv6 }) => `${ipv4} ${ipv6}`);
  const events = async () =>
    (await all((page) => store().audit.list({}, page)))
      .filter(({ event }) => event.startsWith('lease-'))
      .map(({ event, groupId }) => `${event} ${groupId}`);

  describe('a reservation', () => {
    test('gives a pair of addresses to each group, lowest first, and can be read back whole', async () => {
      const { leases } = await start();
      const wish = group(4, { dnld: { rate: 8000 as never, burst: 32000 as never }, security: 'strict' });
      const given = unwrap(
        await leases.reserve(
          reservation('laptop', [group(9), wish], { location: 'east', peerAddress: '198.51.100.7' }),
        ),
      );
      expect(addresses(given)).toEqual(['192.0.2.1 2001:db8::1', '192.0.2.2 2001:db8::2']);
      expect(given[1]).toEqual({
        id: given[1]?.id,
        hostId: 'laptop',
        groupId: 4,
        subscriber: 'alice',
        plan: 'gold',
        class: 'calls',
        rule: 'first',
        pool: 'small',
        index: 2,
        ipv4: '192.0.2.2',
        ipv6: '2001:db8::2',
        dscp: 46,
        priority: 'H',
        upld: { rate: 2000 },
        dnld: { rate: 8000, burst: 32000 },
        applications: ['zoom'],
        security: 'strict',
        guaranteed: true,
        state: 'active',
        authority: 'embedded',
        recalled: false,
        location: 'east',
        peerAddress: '198.51.100.7',
        grantedAt: time(0),
        placedAt: time(0),
        validUntil: time(3600),
      });
      const [nine, four] = given;
      expect(await leases.ofHost('laptop', time(0))).toEqual([four, nine]);
      expect(await leases.find(four?.id ?? '')).toEqual(four);
      expect(await leases.findByAddress('192.0.2.2')).toEqual(four);
      expect(await leases.findByAddress('2001:db8:0::2')).toEqual(four);
      expect(await leases.findByAddress('192.0.2.6')).toBeUndefined();
      expect(await leases.findByAddress('nonsense')).toBeUndefined();
      expect(await leases.find('nonsense')).toBeUndefined();
      expect(await events()).toEqual(['lease-granted 9', 'lease-granted 4']);
    });

    test('sent again gives the same lease with a new end, and leaves no trace in the trail', async () => {
      const { leases } = await start();
      const [first] = unwrap(await leases.reserve(reservation('laptop', [group(1)])));
      const again = group(1, { validUntil: time(7200) });
      const [second] = unwrap(await leases.reserve(reservation('laptop', [again], { at: time(60) })));
      expect(second).toEqual({ ...first, validUntil: time(7200) });
      expect(await leases.ofHost('laptop', time(0))).toEqual([second]);
      expect(await events()).toEqual(['lease-granted 1']);
    });

    test('changed, it changes in place', async () => {
      const { leases } = await start();
      const [first] = unwrap(await leases.reserve(reservation('laptop', [group(1)])));
      const { upld: _, ...download } = group(1, { dnld: { rate: 1 as never }, rule: 'other', applications: [] });
      const [second] = unwrap(await leases.reserve(reservation('laptop', [download], { at: time(60) })));
      const { upld: _upld, ...rest } = first ?? {};
      expect(second).toEqual({ ...rest, dnld: { rate: 1 }, rule: 'other', applications: [] });
      expect(await leases.ofHost('laptop', time(0))).toEqual([second]);
      expect(await events()).toEqual(['lease-granted 1', 'lease-changed 1']);
    });

    test('of another class it gets another address and keeps its id; the old address is free', async () => {
      const films = shape('films', ['198.51.100.0/29'], { class: 'films' });
      const { leases } = await furnish(store(), hosts, [SMALL, films]);
      const [first] = unwrap(await leases.reserve(reservation('laptop', [group(1)])));
      const other = group(1, { class: 'films', open: ['films'] });
      const [second] = unwrap(await leases.reserve(reservation('laptop', [other], { at: time(60) })));
      expect(second).toMatchObject({ id: first?.id, ipv4: '198.51.100.1', pool: 'films', grantedAt: time(0) });
      expect(await leases.findByAddress('192.0.2.1')).toBeUndefined();
      const [next] = unwrap(await leases.reserve(reservation('phone', [group(1)])));
      expect(next?.ipv4).toBe('192.0.2.1');
      expect(await leases.fill()).toEqual([
        { name: 'small', held: 1, capacity: 6, quarantined: 0, resting: 0, reserved: 0 },
        { name: 'films', held: 1, capacity: 6, quarantined: 0, resting: 0, reserved: 0 },
      ]);
    });

    test('in a pool that no longer serves it, it moves', async () => {
      const here = shape('here', ['198.51.100.0/29']);
      const { leases } = await furnish(store(), hosts, [SMALL, here]);
      unwrap(await leases.reserve(reservation('laptop', [group(1)])));
      const [moved] = unwrap(await leases.reserve(reservation('laptop', [group(1, { open: ['here'] })])));
      expect(moved?.pool).toBe('here');
    });

    test('all groups or none', async () => {
      const { leases } = await start();
      const groups = [1, 2, 3, 4, 5, 6, 7, 8].map((groupId) => group(groupId));
      const refused = await leases.reserve(reservation('laptop', groups));
      expect(refused).toMatchObject({
        ok: false,
        failure: [
          { kind: 'pool-empty', groupId: 7, pool: 'small' },
          { kind: 'pool-empty', groupId: 8, pool: 'small' },
        ],
      });
      expect(await leases.ofHost('laptop', time(0))).toEqual([]);
      expect(await leases.fill()).toEqual([
        { name: 'small', held: 0, capacity: 6, quarantined: 0, resting: 0, reserved: 0 },
      ]);
      expect(unwrap(await leases.reserve(reservation('laptop', groups.slice(0, 6))))).toHaveLength(6);
    });

    test('goes to the next pool when the first is empty', async () => {
      const more = shape('more', ['198.51.100.0/29']);
      const { leases } = await furnish(store(), hosts, [SMALL, more]);
      const groups = [1, 2, 3, 4, 5, 6, 7, 8].map((groupId) => group(groupId, { open: ['small', 'more'] }));
      const given = unwrap(await leases.reserve(reservation('laptop', groups)));
      expect(given.map(({ pool }) => pool)).toEqual([...Array(6).fill('small'), 'more', 'more']);
    });

    test('counts the host’s groups: those that are over are refused, each', async () => {
      const { leases } = await start();
      unwrap(await leases.reserve(reservation('laptop', [group(1), group(2)])));
      const more = [group(2), group(3), group(4), group(5)];
      expect(await leases.reserve(reservation('laptop', more, { groupsMax: 3 }))).toMatchObject({
        ok: false,
        failure: [
          { kind: 'too-many-groups', groupId: 4, limit: 3, held: 2 },
          { kind: 'too-many-groups', groupId: 5, limit: 3, held: 2 },
        ],
      });
      expect(unwrap(await leases.reserve(reservation('laptop', [group(2), group(3)], { groupsMax: 3 })))).toHaveLength(
        2,
      );
    });

    test('a draining pool keeps what it has, to its end, and gives nothing', async () => {
      const { leases } = await start();
      unwrap(await leases.reserve(reservation('laptop', [group(1)])));
      const draining = (groupId: number) =>
        group(groupId, { open: [], keep: ['small'], draining: new Set(['small']), validUntil: time(9999) });
      const [kept] = unwrap(await leases.reserve(reservation('laptop', [draining(1)], { at: time(60) })));
      expect(kept).toMatchObject({ ipv4: '192.0.2.1', validUntil: time(3600) });
      expect(await leases.reserve(reservation('laptop', [draining(2)]))).toMatchObject({
        failure: [{ kind: 'pool-draining', groupId: 2, pool: 'small' }],
      });
    });

    test('that ended and was not taken back yet is a new lease at the same address', async () => {
      const { leases } = await start();
      const [first] = unwrap(await leases.reserve(reservation('laptop', [group(1)])));
      const later = { at: time(3600) };
      expect(await leases.ofHost('laptop', time(3600))).toEqual([]);
      const [second] = unwrap(
        await leases.reserve(reservation('laptop', [group(1, { validUntil: time(7200) })], later)),
      );
      expect(second).toMatchObject({ ipv4: first?.ipv4, grantedAt: time(3600) });
      expect(second?.id).not.toBe(first?.id);
      expect(await events()).toEqual(['lease-granted 1', 'lease-expired 1', 'lease-granted 1']);
      expect(await leases.fill()).toMatchObject([{ held: 1 }]);
    });

    test('is refused to a host that was revoked and a subscriber who is suspended', async () => {
      const { leases, subscribers } = await start();
      unwrap(await store().hosts.revoke('phone', deed()));
      expect(kinds(await leases.reserve(reservation('phone', [group(1)])))).toEqual(['unknown-host']);
      expect(kinds(await leases.reserve(reservation('stranger', [group(1)])))).toEqual(['unknown-host']);
      unwrap(await subscribers.change('alice', { suspended: true }, deed()));
      expect(kinds(await leases.reserve(reservation('laptop', [group(1)])))).toEqual(['subscriber-suspended']);
      unwrap(await subscribers.change('alice', { suspended: false }, deed()));
      expect(kinds(await leases.reserve(reservation('laptop', [group(1)])))).toEqual(['ok']);
    });

    test('writes the audit rows it was given, with it or not at all', async () => {
      const { leases } = await start();
      const audit = [
        { at: time(0), event: 'location-mismatch' as const, actor: 'laptop', detail: { claimed: 'moon' } },
      ];
      const many = [1, 2, 3, 4, 5, 6, 7].map((groupId) => group(groupId));
      expect(kinds(await leases.reserve(reservation('laptop', many, { audit })))).toEqual(['pool-empty']);
      unwrap(await leases.reserve(reservation('laptop', [group(1)], { audit })));
      // Nothing is granted or changed: nothing is noted.
      unwrap(await leases.reserve(reservation('laptop', [group(1)], { audit })));
      const rows = await all((page) => store().audit.list({}, page));
      expect(rows.filter(({ event }) => event === 'location-mismatch')).toHaveLength(1);
    });
  });

  test('many at once: no address twice, and those that are refused harm no other', async () => {
    const wide = shape('small', ['192.0.2.0/24', '2001:db8::/64']);
    const names = Array.from({ length: 300 }, (_, at) => `host-${at}`);
    const { leases } = await furnish(store(), names, [wide]);
    const answers = await Promise.all(
      names.map((name, at) => leases.reserve(reservation(at % 10 === 0 ? `stranger-${at}` : name, [group(1)]))),
    );
    const given = answers.flatMap((answer) => (answer.ok ? answer.value : []));
    expect(given).toHaveLength(254);
    expect(new Set(given.map(({ ipv4 }) => ipv4)).size).toBe(254);
    expect(new Set(given.map(({ ipv6 }) => ipv6)).size).toBe(254);
    expect(answers.map(kinds).filter(([kind]) => kind === 'unknown-host')).toHaveLength(30);
    expect(answers.map(kinds).filter(([kind]) => kind === 'pool-empty')).toHaveLength(16);
  });

  describe('released addresses', () => {
    test('are given again, lowest first, before fresh ones', async () => {
      const { leases } = await start();
      unwrap(await leases.reserve(reservation('laptop', [group(1), group(2), group(3), group(4)])));
      expect(unwrap(await leases.release('laptop', [3, 1], deed(5))).map(({ groupId }) => groupId)).toEqual([1, 3]);
      expect(unwrap(await leases.release('laptop', [3], deed(5)))).toEqual([]);
      const given = unwrap(await leases.reserve(reservation('phone', [group(1), group(2), group(3)])));
      expect(given.map(({ ipv4 }) => ipv4)).toEqual(['192.0.2.1', '192.0.2.3', '192.0.2.5']);
    });

    test('no group named: all of the host’s, and no other’s', async () => {
      const { leases } = await start();
      unwrap(await leases.reserve(reservation('laptop', [group(1), group(2)])));
      unwrap(await leases.reserve(reservation('phone', [group(1)])));
      expect(unwrap(await leases.release('laptop', [], deed()))).toHaveLength(2);
      expect(await leases.ofHost('phone', time(0))).toHaveLength(1);
    });

    test('by id', async () => {
      const { leases } = await start();
      const [lease] = unwrap(await leases.reserve(reservation('laptop', [group(1)])));
      expect(unwrap(await leases.releaseById(lease?.id ?? '', deed(1, 'olga')))).toEqual(lease);
      expect(kinds(await leases.releaseById(lease?.id ?? '', deed()))).toEqual(['record-unknown']);
      expect(kinds(await leases.releaseById('1 or 1=1', deed()))).toEqual(['record-unknown']);
      const rows = await all((page) => store().audit.list({ hostId: 'laptop' }, page));
      expect(rows.at(-1)).toMatchObject({ event: 'lease-released', actor: 'olga', groupId: 1 });
    });

    test('an id is never used again', async () => {
      const { leases } = await start();
      const ids = new Set<string>();
      for (let round = 0; round < 5; round++) {
        for (const { id } of unwrap(await leases.reserve(reservation('laptop', [group(1), group(2)])))) ids.add(id);
        unwrap(await leases.release('laptop', [], deed()));
      }
      expect(ids.size).toBe(10);
    });
  });

  describe('renewal', () => {
    test('moves the ends, in the order asked; all or none', async () => {
      const { leases } = await start();
      unwrap(await leases.reserve(reservation('laptop', [group(1), group(2)])));
      const ends = [
        { groupId: 2, validUntil: time(5000) },
        { groupId: 1, validUntil: time(4000) },
      ];
      expect(unwrap(await leases.extend('laptop', ends, time(60)))).toMatchObject(ends);
      const refused = await leases.extend('laptop', [...ends, { groupId: 3, validUntil: time(1) }], time(60));
      expect(refused).toEqual({ ok: false, failure: [{ kind: 'lease-unknown', groupId: 3 }] });
      expect(await leases.ofHost('laptop', time(0))).toMatchObject(ends.toReversed());
    });

    test('an ended lease is no lease', async () => {
      const { leases } = await start();
      unwrap(await leases.reserve(reservation('laptop', [group(1)])));
      const end = [{ groupId: 1, validUntil: time(9000) }];
      expect(kinds(await leases.extend('laptop', end, time(3600)))).toEqual(['lease-unknown']);
    });
  });

  test('expiry takes back what has ended, the longest ended first, so many at a time', async () => {
    const { leases } = await start();
    const groups = [4, 2, 3, 1].map((groupId) => group(groupId, { validUntil: time(groupId * 100) }));
    unwrap(await leases.reserve(reservation('laptop', groups)));
    const expire = async (at: number, limit: number) =>
      unwrap(await leases.expire(time(at), limit)).map(({ groupId }) => groupId);
    expect(await expire(99, 10)).toEqual([]);
    expect(await expire(300, 2)).toEqual([1, 2]);
    expect(await expire(300, 2)).toEqual([3]);
    expect((await leases.ofHost('laptop', time(0))).map(({ groupId }) => groupId)).toEqual([4]);
    expect((await events()).slice(4)).toEqual(['lease-expired 1', 'lease-expired 2', 'lease-expired 3']);
    expect(await leases.fill()).toMatchObject([{ held: 1 }]);
  });

  test('reports are kept; a change of state is in the trail, a repetition is not', async () => {
    const { leases } = await start();
    unwrap(await leases.reserve(reservation('laptop', [group(1)])));
    const report = (state: 'applied' | 'address-conflict', more = {}) =>
      leases.report('laptop', [{ groupId: 1, report: { state, at: time(5), ...more } }], QUARANTINE_OF);
    unwrap(await report('applied', { inOctets: '18446744073709551615' }));
    unwrap(await report('applied', { inOctets: '1' }));
    // Not its own: somebody else's to report.
    unwrap(await report('address-conflict', { conflictAddresses: ['192.0.2.2'] }));
    expect((await leases.ofHost('laptop', time(0)))[0]?.report).toEqual({
      state: 'address-conflict',
      at: time(5),
      conflictAddresses: ['192.0.2.2'],
      // Said last, and not unsaid.
      inOctets: '1',
    });
    const rows = await all((page) => store().audit.list({ hostId: 'laptop' }, page));
    expect(rows.filter(({ event }) => event === 'lane-reported').map(({ detail }) => detail)).toMatchObject([
      { state: 'applied' },
      { state: 'address-conflict', 'conflict-address': ['192.0.2.2'] },
    ]);
    const two = [1, 2].map((groupId) => ({ groupId, report: { state: 'failed' as const, at: time(6) } }));
    expect(await leases.report('laptop', two, QUARANTINE_OF)).toEqual({
      ok: false,
      failure: [{ kind: 'lease-unknown', groupId: 2 }],
    });
    expect((await leases.ofHost('laptop', time(0)))[0]?.report?.state).toBe('address-conflict');
  });

  test('lists page by page: all, of a host, of a pool, of both', async () => {
    const more = shape('more', ['198.51.100.0/29']);
    const { leases } = await furnish(store(), hosts, [SMALL, more]);
    unwrap(await leases.reserve(reservation('phone', [group(5), group(1, { open: ['more'] })])));
    unwrap(await leases.reserve(reservation('laptop', [group(3), group(2), group(1)])));
    const list = async (filter: Parameters<typeof leases.list>[0], limit: number) =>
      (await all((page) => leases.list(filter, page), limit)).map(({ hostId, groupId }) => `${hostId} ${groupId}`);
    for (const limit of [1, 2, 5, 100]) {
      expect(await list({}, limit)).toEqual(['phone 5', 'phone 1', 'laptop 3', 'laptop 2', 'laptop 1']);
      expect(await list({ hostId: 'laptop' }, limit)).toEqual(['laptop 1', 'laptop 2', 'laptop 3']);
      expect(await list({ pool: 'small' }, limit)).toEqual(['phone 5', 'laptop 3', 'laptop 2', 'laptop 1']);
      expect((await list({ subscriber: 'alice' }, limit)).sort()).toEqual((await list({}, limit)).sort());
      expect(await list({ subscriber: 'alice', hostId: 'phone', pool: 'small' }, limit)).toEqual(['phone 5']);
      expect(await list({ subscriber: 'bob' }, limit)).toEqual([]);
      expect(await list({ subscriber: 'bob', hostId: 'phone' }, limit)).toEqual([]);
      expect(await list({ hostId: 'phone', pool: 'more' }, limit)).toEqual(['phone 1']);
      expect(await list({ pool: 'nowhere' }, limit)).toEqual([]);
    }
  });
}
