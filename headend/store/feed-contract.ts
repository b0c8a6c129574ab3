import { seconds, unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import type { Store } from './store.ts';
import { all, deed, furnish, group, QUARANTINE_OF, reservation, shape, time } from './store-fixture.ts';

/** What readers of the trail go by, and what it tells them of another authority's leases. */
export function feedContract(store: () => Store): void {
  const OTHER = shape('other', ['198.51.100.0/29'], { class: 'films' });
  const FILMS = { class: 'films', open: ['other'], keep: ['other'] };
  const RADIUS = {
    authority: 'isp',
    radiusClass: ['Y2xhc3M='],
    accounting: { userName: 'alice@isp', interimInterval: seconds(60) },
    endsBy: time(900),
  };
  const rows = async () => {
    const trail = await all((page) => store().audit.list({}, page));
    return trail.filter(({ event }) => event.startsWith('lease-')).map(({ event, detail }) => ({ event, detail }));
  };

  describe('feeds', () => {
    test('a new reader begins at the end of the trail; its place is kept and never goes back', async () => {
      const { feeds } = await furnish(store(), ['laptop']);
      const end = feeds.tail();
      expect(end).toBeGreaterThan(0);
      expect(unwrap(await feeds.open('isp'))).toBe(end);
      unwrap(await store().leases.reserve(reservation('laptop', [group(1)])));
      expect(feeds.tail()).toBe(end + 1);
      expect(unwrap(await feeds.open('isp'))).toBe(end);
      unwrap(await feeds.advance('isp', end + 1));
      unwrap(await feeds.advance('isp', end));
      expect(unwrap(await feeds.open('isp'))).toBe(end + 1);
      unwrap(await feeds.open('edge'));
      expect(await feeds.names()).toEqual(['edge', 'isp']);
      unwrap(await feeds.remove('isp'));
      expect(await feeds.names()).toEqual(['edge']);
    });
  });

  describe('another authority’s lease', () => {
    test('keeps what the authority asked for, and tells the trail', async () => {
      const { leases } = await furnish(store(), ['laptop']);
      const [held] = unwrap(await leases.reserve(reservation('laptop', [group(1)], RADIUS)));
      expect(held).toMatchObject({ ...RADIUS, grantedAt: time(0), placedAt: time(0) });
      expect(await leases.find(held!.id)).toEqual(held);
      const report = { state: 'applied' as const, at: time(9), inOctets: '18446744073709551615', outOctets: '7' };
      unwrap(await leases.report('laptop', [{ groupId: 1, report }], QUARANTINE_OF));
      unwrap(await leases.release('laptop', [1], deed(10, 'laptop')));
      const told = {
        authority: 'isp',
        'placed-at': time(0),
        'radius-class': ['Y2xhc3M='],
        'user-name': 'alice@isp',
        'ends-by': time(900),
      };
      expect(await rows()).toMatchObject([
        { event: 'lease-granted', detail: told },
        {
          event: 'lease-released',
          detail: { ...told, session: held!.id, 'in-octets': '18446744073709551615', 'out-octets': '7' },
        },
      ]);
    });

    test('that moves says where it was, since when, and what it had carried', async () => {
      const { leases } = await furnish(store(), ['laptop'], [shape('small', ['192.0.2.0/29']), OTHER]);
      unwrap(await leases.reserve(reservation('laptop', [group(1)], RADIUS)));
      const report = { state: 'applied' as const, at: time(9), inOctets: '12' };
      unwrap(await leases.report('laptop', [{ groupId: 1, report }], QUARANTINE_OF));
      const later = { ...RADIUS, at: time(60) };
      const [moved] = unwrap(await leases.reserve(reservation('laptop', [group(1, FILMS)], later)));
      expect(moved).toMatchObject({ grantedAt: time(0), placedAt: time(60) });
      expect((await rows()).at(-1)).toMatchObject({
        event: 'lease-changed',
        detail: {
          ipv4: moved!.ipv4,
          'placed-at': time(60),
          'was-ipv4': '192.0.2.1',
          'was-authority': 'isp',
          'was-placed-at': time(0),
          'was-session': moved!.id,
          'was-in-octets': '12',
          'was-subscriber': 'alice',
          session: `${moved!.id}-${time(60).toString(36)}`,
        },
      });
      // The counters go on, the new lane begins at nothing, and what begins anew counts from 0.
      const carried = async (inOctets: string, at: number) => {
        const said = { state: 'applied' as const, at: time(at), inOctets };
        unwrap(await leases.report('laptop', [{ groupId: 1, report: said }], QUARANTINE_OF));
        return (await leases.find(moved!.id))?.carried;
      };
      expect(await carried('30', 70)).toEqual({ in: '18', out: '0' });
      expect(await carried('5', 80)).toEqual({ in: '23', out: '0' });
    });

    test('given to another subscriber on the same addresses, it is another lane to the authorities', async () => {
      const { leases } = await furnish(store(), ['laptop']);
      unwrap(await leases.reserve(reservation('laptop', [group(1)], RADIUS)));
      const later = { ...RADIUS, at: time(60), subscriber: 'bob@isp' };
      const [held] = unwrap(await leases.reserve(reservation('laptop', [group(1)], later)));
      expect(held).toMatchObject({ placedAt: time(60), ipv4: '192.0.2.1' });
      expect(await leases.find(held!.id)).toEqual(held);
      expect((await rows()).at(-1)).toMatchObject({
        event: 'lease-changed',
        detail: { subscriber: 'bob@isp', 'was-subscriber': 'alice', 'was-ipv4': '192.0.2.1', 'was-session': held!.id },
      });
    });

    test('has a new end when it is granted anew, without another row', async () => {
      const { leases } = await furnish(store(), ['laptop']);
      unwrap(await leases.reserve(reservation('laptop', [group(1)], RADIUS)));
      const later = { ...RADIUS, at: time(60), endsBy: time(1500) };
      const [again] = unwrap(await leases.reserve(reservation('laptop', [group(1)], later)));
      expect(again).toMatchObject({ endsBy: time(1500), placedAt: time(0) });
      expect(await leases.find(again!.id)).toEqual(again);
      expect(await rows()).toHaveLength(1);
    });

    test('is found by its authority, page by page; the embedded one’s are not', async () => {
      const { leases } = await furnish(store(), ['laptop', 'phone']);
      unwrap(await leases.reserve(reservation('laptop', [group(1), group(2), group(3)], RADIUS)));
      unwrap(await leases.reserve(reservation('phone', [group(1)])));
      const found = async (authority: string) =>
        (await all((page) => leases.ofAuthority(authority, page))).map(({ hostId, groupId }) => `${hostId} ${groupId}`);
      expect(await found('isp')).toEqual(['laptop 1', 'laptop 2', 'laptop 3']);
      expect(await found('embedded')).toEqual([]);
      const selected = await leases.select({ subscriber: 'alice', hostId: 'phone' });
      expect(selected.map(({ hostId }) => hostId)).toEqual(['phone']);
    });
  });
}
