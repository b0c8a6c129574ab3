import { kilobitsPerSecond, unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import type { GroupReservation, LocationLimits, Store } from './store.ts';
import { deed, furnish, group, kinds, QUARANTINE_OF, reservation, SMALL, time } from './store-fixture.ts';

const place = (name: string, upld?: number, parent?: string): LocationLimits => ({
  name,
  ...(parent !== undefined && { parent }),
  ...(upld !== undefined && { upldCapacity: kilobitsPerSecond(upld) }),
});

/** Admission control: what is guaranteed in a location, its parts included, is never more than its capacity. */
export function admissionContract(store: () => Store): void {
  describe('admission control', () => {
    const lane = (groupId: number, rate: number, more: Partial<GroupReservation> = {}) =>
      group(groupId, { upld: { rate: kilobitsPerSecond(rate) }, ...more });
    const commit = async (...locations: LocationLimits[]) =>
      unwrap(await store().configuration.commit({ content: '', pools: [SMALL], locations }, deed()));
    const start = async () => {
      await furnish(store(), ['laptop', 'phone']);
      await commit(place('region', 10_000), place('cell', 5000, 'region'), place('other', undefined, 'region'));
    };
    const ask = (host: string, lanes: readonly GroupReservation[], location?: string) =>
      store().leases.reserve(reservation(host, lanes, location === undefined ? {} : { location }));
    const loads = async () =>
      Object.fromEntries((await store().locations.list()).map(({ name, guaranteed: { upld } }) => [name, upld]));

    test('counts what is granted there and in the parts, and counts it back when it ends', async () => {
      await start();
      unwrap(await ask('laptop', [lane(1, 2000), lane(2, 500)], 'cell'));
      unwrap(await ask('phone', [lane(1, 3000)], 'other'));
      expect(await loads()).toEqual({ region: 5500, cell: 2500, other: 3000 });
      unwrap(await store().leases.release('laptop', [1], deed()));
      expect(await loads()).toEqual({ region: 3500, cell: 500, other: 3000 });
      unwrap(await store().leases.expire(time(3600), 10));
      expect(await loads()).toEqual({ region: 0, cell: 0, other: 0 });
    });

    test('refuses what does not fit, here or in the larger location, and then has done nothing', async () => {
      await start();
      unwrap(await ask('laptop', [lane(1, 4000)], 'cell'));
      const refused = await ask('phone', [lane(1, 500), lane(2, 600)], 'cell');
      expect(refused).toMatchObject({
        failure: [
          { kind: 'capacity-exceeded', groupId: 2, location: 'cell', direction: 'upld', asked: 600, left: 500 },
        ],
      });
      expect(await store().leases.ofHost('phone', time(0))).toEqual([]);
      expect(await ask('phone', [lane(1, 6001)], 'other')).toMatchObject({
        failure: [{ kind: 'capacity-exceeded', location: 'region', left: 6000, retryAfter: 60 }],
      });
      unwrap(await ask('phone', [lane(1, 6000)], 'other'));
      expect(await loads()).toEqual({ region: 10_000, cell: 4000, other: 6000 });
    });

    test('a lane that is changed, or moves, counts the difference', async () => {
      await start();
      unwrap(await ask('laptop', [lane(1, 4000)], 'cell'));
      unwrap(await ask('laptop', [lane(1, 5000)], 'cell'));
      unwrap(await ask('laptop', [lane(1, 5000)], 'cell'));
      expect(kinds(await ask('laptop', [lane(1, 5001)], 'cell'))).toEqual(['capacity-exceeded']);
      unwrap(await ask('laptop', [lane(1, 8000)], 'other'));
      expect(await loads()).toEqual({ region: 8000, cell: 0, other: 8000 });
      unwrap(await ask('laptop', [lane(1, 8000, { class: 'films' })], 'other'));
      unwrap(await ask('laptop', [lane(1, 8000, { class: 'films', guaranteed: false })], 'other'));
      expect(await loads()).toEqual({ region: 0, cell: 0, other: 0 });
    });

    test('what is no promise, and what is nowhere, counts nothing', async () => {
      await start();
      unwrap(await ask('laptop', [lane(1, 9000, { guaranteed: false })], 'cell'));
      unwrap(await ask('phone', [lane(1, 90_000)]));
      expect(await loads()).toEqual({ region: 0, cell: 0, other: 0 });
    });

    test('a conflict and a revocation count back too', async () => {
      await start();
      const [lease] = unwrap(await ask('laptop', [lane(1, 1000), lane(2, 100)], 'cell'));
      const conflict = { state: 'address-conflict' as const, at: time(1), conflictAddresses: [lease!.ipv4!] };
      unwrap(await store().leases.report('laptop', [{ groupId: 1, report: conflict }], QUARANTINE_OF));
      expect(await loads()).toMatchObject({ cell: 100 });
      unwrap(await store().hosts.revoke('laptop', deed(2)));
      expect(await loads()).toMatchObject({ cell: 0, region: 0 });
    });

    test('a capacity lowered under what is granted: all stays and is renewed, nothing is added until it fits', async () => {
      await start();
      unwrap(await ask('laptop', [lane(1, 4000)], 'cell'));
      await commit(place('region', 3000), place('cell', 5000, 'region'));
      unwrap(await store().leases.extend('laptop', [{ groupId: 1, validUntil: time(7200) }], time(1)));
      unwrap(await ask('laptop', [lane(1, 3900)], 'cell'));
      expect(kinds(await ask('phone', [lane(1, 1)], 'cell'))).toEqual(['capacity-exceeded']);
      unwrap(await store().leases.release('laptop', [1], deed()));
      unwrap(await ask('phone', [lane(1, 3000)], 'cell'));
    });

    test('a location that is put elsewhere, or goes and comes back, takes its leases with it', async () => {
      await start();
      unwrap(await ask('laptop', [lane(1, 4000)], 'cell'));
      await commit(place('region', 10_000), place('country', 9000), place('cell', 5000, 'country'));
      expect(await loads()).toEqual({ cell: 4000, country: 4000, region: 0 });
      await commit(place('region', 10_000));
      expect(await loads()).toEqual({ region: 0 });
      await commit(place('region', 10_000), place('cell', 5000, 'region'));
      expect(await loads()).toEqual({ region: 4000, cell: 4000 });
      await commit();
      unwrap(await store().leases.release('laptop', [], deed()));
      await commit(place('cell', 5000));
      expect(await loads()).toEqual({ cell: 0 });
    });

    test('locations are taken on once, and nothing is written where they are known', async () => {
      await start();
      const locations = [place('cell', 77), place('new', undefined, 'cell')];
      unwrap(await store().locations.adopt(locations));
      expect(await store().locations.list()).toEqual(
        locations.map((one) => ({ ...one, guaranteed: { upld: 0, dnld: 0 } })),
      );
      unwrap(await store().locations.adopt(locations));
    });
  });
}
