import { unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import type { Store } from './store.ts';
import { all, deed, furnish, group, kinds, QUARANTINE_OF, reservation, SMALL, shape, time } from './store-fixture.ts';

/** Addresses that nobody gets, since another device uses them. */
export function quarantineContract(store: () => Store): void {
  const start = () => furnish(store(), ['laptop', 'phone', 'tablet']);
  const request = async (hostId: string, ...groups: number[]) =>
    unwrap(
      await store().leases.reserve(
        reservation(
          hostId,
          groups.map((id) => group(id)),
        ),
      ),
    ).map(({ ipv4 }) => ipv4);
  const conflict = (hostId: string, groupId: number, ...conflictAddresses: string[]) =>
    store().leases.report(
      hostId,
      [{ groupId, report: { state: 'address-conflict', at: time(5), reason: 'answers ARP', conflictAddresses } }],
      QUARANTINE_OF,
    );
  const listed = async (filter = {}) =>
    (await all((page) => store().quarantine.list(filter, page))).map(({ ipv4 }) => ipv4);

  describe('a reported conflict', () => {
    test('ends the lease and withholds its addresses; the next request gets others', async () => {
      const { leases, quarantine, audit } = await start();
      expect(await request('laptop', 1)).toEqual(['192.0.2.1']);
      const [ended] = unwrap(await conflict('laptop', 1, '192.0.2.1', '198.51.100.9'));
      expect(ended).toMatchObject({ groupId: 1, ipv4: '192.0.2.1', ipv6: '2001:db8::1' });
      expect(await leases.ofHost('laptop', time(5))).toEqual([]);
      expect(await leases.fill()).toEqual([
        { name: 'small', held: 0, capacity: 6, quarantined: 1, resting: 0, reserved: 0 },
      ]);
      expect((await quarantine.list({}, { limit: 9 })).items).toEqual([
        {
          id: '1',
          pool: 'small',
          ipv4: '192.0.2.1',
          ipv6: '2001:db8::1',
          conflicts: ['192.0.2.1'],
          hostId: 'laptop',
          groupId: 1,
          leaseId: ended?.id,
          reason: 'answers ARP',
          since: time(5),
          until: time(3605),
        },
      ]);
      expect(await request('laptop', 1)).toEqual(['192.0.2.2']);
      expect(await request('phone', 1)).toEqual(['192.0.2.3']);
      const trail = await all((page) => audit.list({ hostId: 'laptop' }, page));
      expect(trail.map(({ event }) => event).slice(-4)).toEqual([
        'lease-granted',
        'lane-reported',
        'address-quarantined',
        'lease-granted',
      ]);
      expect(trail.at(-2)).toMatchObject({
        actor: 'laptop',
        groupId: 1,
        detail: { lease: ended?.id, ipv4: '192.0.2.1', 'conflict-address': ['192.0.2.1'], until: time(3605) },
      });
    });

    test('said again, because the answer was lost, changes nothing', async () => {
      const { leases } = await start();
      await request('laptop', 1, 2);
      await request('phone', 1);
      unwrap(await conflict('laptop', 1, '192.0.2.1'));
      expect(unwrap(await conflict('laptop', 1, '192.0.2.1'))).toEqual([]);
      expect(await leases.fill()).toMatchObject([{ held: 2, quarantined: 1 }]);
      // What was never its own is another matter.
      expect(kinds(await conflict('laptop', 3, '192.0.2.1'))).toEqual(['lease-unknown']);
      expect(kinds(await conflict('laptop', 1, '192.0.2.3'))).toEqual(['lease-unknown']);
      unwrap(await leases.release('phone', [], deed()));
      expect(kinds(await conflict('phone', 1, '192.0.2.1'))).toEqual(['lease-unknown']);
      const applied = [{ groupId: 1, report: { state: 'applied' as const, at: time(5) } }];
      expect(kinds(await leases.report('laptop', applied, QUARANTINE_OF))).toEqual(['lease-unknown']);
    });

    test('counts by either family, however it is written', async () => {
      await start();
      await request('laptop', 1);
      unwrap(await conflict('laptop', 1, '2001:DB8:0:0::1'));
      expect(await request('laptop', 1)).toEqual(['192.0.2.2']);
      expect(await listed({ address: '192.0.2.1' })).toEqual(['192.0.2.1']);
      expect(await listed({ address: '2001:db8::1' })).toEqual(['192.0.2.1']);
    });

    test('of addresses that are not the lease’s is noted and no more', async () => {
      const { leases } = await start();
      await request('laptop', 1);
      await request('phone', 1);
      expect(unwrap(await conflict('laptop', 1, '192.0.2.2', '2001:db8::2', 'nonsense'))).toEqual([]);
      expect(unwrap(await conflict('laptop', 1))).toEqual([]);
      const applied = { state: 'applied' as const, at: time(5), conflictAddresses: ['192.0.2.1'] };
      unwrap(await leases.report('laptop', [{ groupId: 1, report: applied }], QUARANTINE_OF));
      expect(await listed()).toEqual([]);
      expect(await leases.fill()).toMatchObject([{ held: 2, quarantined: 0 }]);
    });

    test('is refused, all of it, where a host keeps back as much as it may', async () => {
      const { leases } = await start();
      await request('laptop', 1, 2, 3);
      unwrap(await conflict('laptop', 1, '192.0.2.1'));
      const two = [2, 3].map((groupId) => ({
        groupId,
        report: { state: 'address-conflict' as const, at: time(65), conflictAddresses: [`192.0.2.${groupId}`] },
      }));
      expect(await leases.report('laptop', two, QUARANTINE_OF)).toEqual({
        ok: false,
        failure: [{ kind: 'quarantine-full', groupId: 3, pool: 'small', limit: 2, retryAfter: 3540 }],
      });
      expect((await leases.ofHost('laptop', time(5))).map(({ groupId, report }) => [groupId, report])).toEqual([
        [2, undefined],
        [3, undefined],
      ]);
      // Another host is none the worse, and what one host did counts for its pool only.
      await request('phone', 1);
      unwrap(await conflict('phone', 1, '192.0.2.4'));
      unwrap(await leases.report('laptop', two.slice(0, 1), QUARANTINE_OF));
      expect(await listed({ hostId: 'laptop' })).toEqual(['192.0.2.1', '192.0.2.2']);
      expect(await listed({ hostId: 'phone', pool: 'small' })).toEqual(['192.0.2.4']);
      expect(await listed({ pool: 'large' })).toEqual([]);
      expect(await listed({ hostId: 'phone', address: '192.0.2.1' })).toEqual([]);
    });

    test('is refused where the hosts of one subscriber keep back as much as they may', async () => {
      const { leases } = await start();
      for (const [at, hostId] of ['laptop', 'phone', 'tablet'].entries()) {
        await request(hostId, 1);
        unwrap(await conflict(hostId, 1, `192.0.2.${at + 1}`));
      }
      await request('tablet', 2);
      const report = { state: 'address-conflict' as const, at: time(65), conflictAddresses: ['192.0.2.4'] };
      expect(await leases.report('tablet', [{ groupId: 2, report }], QUARANTINE_OF)).toEqual({
        ok: false,
        failure: [
          { kind: 'quarantine-full', groupId: 2, pool: 'small', limit: 3, subscriber: 'alice', retryAfter: 3540 },
        ],
      });
      // Another subscriber's are counted by themselves.
      unwrap(await leases.reserve(reservation('tablet', [group(3)], { subscriber: 'bob' })));
      const other = { ...report, conflictAddresses: ['192.0.2.5'] };
      unwrap(await leases.report('tablet', [{ groupId: 3, report: other }], QUARANTINE_OF));
    });

    test('where a host may keep back nothing is refused at once', async () => {
      const { leases } = await start();
      await request('laptop', 1);
      const report = { state: 'address-conflict' as const, at: time(5), conflictAddresses: ['192.0.2.1'] };
      const none = () => ({ ...QUARANTINE_OF(), perHost: 0 });
      expect(await leases.report('laptop', [{ groupId: 1, report }], none)).toEqual({
        ok: false,
        failure: [{ kind: 'quarantine-full', groupId: 1, pool: 'small', limit: 0 }],
      });
    });

    test('empties a pool as leases do', async () => {
      const { leases } = await start();
      await request('laptop', 1, 2, 3, 4, 5, 6);
      unwrap(await conflict('laptop', 3, '192.0.2.3'));
      expect(kinds(await leases.reserve(reservation('phone', [group(1)])))).toEqual(['pool-empty']);
    });
  });

  describe('a quarantine ends', () => {
    test('when its time is over, and not before', async () => {
      const { quarantine, audit } = await start();
      await request('laptop', 1, 2);
      unwrap(await conflict('laptop', 1, '192.0.2.1'));
      expect(unwrap(await quarantine.expire(time(3604), 9))).toEqual([]);
      expect(unwrap(await quarantine.expire(time(3605), 9))).toMatchObject([{ ipv4: '192.0.2.1' }]);
      expect(await request('phone', 1)).toEqual(['192.0.2.1']);
      const [ended] = (await all((page) => audit.list({}, page))).filter(({ event }) => event === 'quarantine-ended');
      expect(ended).toMatchObject({ actor: 'headend', hostId: 'laptop', groupId: 1, detail: { ipv4: '192.0.2.1' } });
    });

    test('when an operator says so, by either address', async () => {
      const { quarantine, audit } = await start();
      await request('laptop', 1, 2);
      unwrap(await conflict('laptop', 1, '192.0.2.1'));
      unwrap(await conflict('laptop', 2, '192.0.2.2'));
      expect(unwrap(await quarantine.release('2001:db8:0::1', deed(9, 'olga')))).toMatchObject({ ipv4: '192.0.2.1' });
      expect(kinds(await quarantine.release('192.0.2.1', deed(9, 'olga')))).toEqual(['record-unknown']);
      expect(kinds(await quarantine.release('nonsense', deed(9, 'olga')))).toEqual(['record-unknown']);
      expect(await request('phone', 1, 2)).toEqual(['192.0.2.1', '192.0.2.3']);
      const rows = await all((page) => audit.list({}, page));
      expect(rows.find(({ event }) => event === 'quarantine-released')).toMatchObject({ actor: 'olga' });
    });
  });

  describe('a pool that is laid out anew', () => {
    const commit = async (...pools: ReturnType<typeof shape>[]) =>
      unwrap(await store().configuration.commit({ content: '', pools }, deed(20)));

    test('gives no quarantined address, wherever it lies now, until the quarantine ends', async () => {
      const { quarantine, leases } = await start();
      await request('laptop', 1);
      unwrap(await conflict('laptop', 1, '192.0.2.1'));
      await commit();
      await commit(shape('small', ['192.0.2.0/28']));
      expect(await leases.fill()).toMatchObject([{ capacity: 14, quarantined: 1 }]);
      expect(await request('phone', 1, 2)).toEqual(['192.0.2.2', '192.0.2.3']);
      unwrap(await quarantine.release('192.0.2.1', deed(30)));
      expect(await request('tablet', 1, 2)).toEqual(['192.0.2.1', '192.0.2.4']);
    });

    test('with other pairs withholds both of them', async () => {
      const { leases } = await start();
      await request('laptop', 1);
      unwrap(await conflict('laptop', 1, '192.0.2.1'));
      await commit(shape('small', ['192.0.2.0/29', '2001:db8:0:0:ffff::/80']));
      expect(await leases.fill()).toMatchObject([{ quarantined: 1 }]);
      await commit(shape('small', ['192.0.2.0/29']), shape('other', ['2001:db8::/64']));
      expect(await leases.fill()).toMatchObject([
        { name: 'small', quarantined: 1 },
        { name: 'other', quarantined: 1 },
      ]);
      expect(await request('phone', 1)).toEqual(['192.0.2.2']);
      const [six] = unwrap(await leases.reserve(reservation('phone', [group(2, { open: ['other'] })])));
      expect(six?.ipv6).toBe('2001:db8::2');
    });

    test('with a hole more or less keeps it', async () => {
      await start();
      await request('laptop', 1, 2);
      unwrap(await conflict('laptop', 1, '192.0.2.1'));
      await commit(shape('small', ['192.0.2.0/29', '2001:db8::/64'], { excludes: ['192.0.2.1'] }));
      await commit(SMALL);
      expect(await request('phone', 1)).toEqual(['192.0.2.3']);
    });
  });
}
