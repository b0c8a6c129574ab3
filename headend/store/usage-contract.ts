import { unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import type { Store } from './store.ts';
import { all, deed, furnish, group, QUARANTINE_OF, reservation, SMALL, shape, time } from './store-fixture.ts';

/** What subscribers' lanes have carried. */
export function usageContract(store: () => Store): void {
  const PERIOD = time(-1000);
  const used = () => store().usage.of('alice', PERIOD);
  const report = async (seconds: number, octets: { in?: number | string; out?: number | string }, groupId = 1) =>
    unwrap(
      await store().leases.report(
        'laptop',
        [
          {
            groupId,
            report: {
              state: 'applied',
              at: time(seconds),
              ...(octets.in !== undefined && { inOctets: String(octets.in) }),
              ...(octets.out !== undefined && { outOctets: String(octets.out) }),
            },
          },
        ],
        QUARANTINE_OF,
        () => PERIOD,
      ),
    );
  const cutOffs = async () =>
    (await all((page) => store().audit.list({}, page))).filter(({ event }) => event === 'usage-cut-off');
  /** Two lanes with 2 Mbit/s upload: in each direction 250,000 bytes in a second. */
  const start = async () => {
    const { leases } = await furnish(store(), ['laptop', 'phone'], [SMALL, shape('films', ['198.51.100.0/29'])]);
    unwrap(await leases.reserve(reservation('laptop', [group(1), group(2)])));
    return leases;
  };

  describe('usage', () => {
    test('is what each report adds to the last, both ways, of all lanes of the subscriber', async () => {
      await start();
      expect(await used()).toBe(0);
      await report(10, { in: 1000, out: 500 });
      await report(20, { in: 1700, out: 500 });
      await report(20, { in: 1700, out: 500 });
      await report(25, { in: 9 }, 2);
      expect(await used()).toBe(2209);
      expect(await store().usage.of('alice', time(0))).toBe(0);
      expect(await store().usage.of('bob', PERIOD)).toBe(0);
    });

    test('never goes back: a counter that did counts from 0, each by itself', async () => {
      await start();
      await report(10, { in: 1000, out: 500 });
      await report(20, { in: 300, out: 600 });
      expect(await used()).toBe(1500 + 300 + 100);
    });

    test('is not lost by a report that says nothing of it', async () => {
      await start();
      await report(10, { in: 1000, out: 500 });
      await report(11, {});
      await report(12, { out: 600 });
      await report(20, { in: 1001 });
      expect(await used()).toBe(1601);
      expect((await store().leases.ofHost('laptop', time(0)))[0]?.report).toMatchObject({
        inOctets: '1001',
        outOctets: '600',
      });
    });

    test('goes on where the lane moves to another address', async () => {
      const leases = await start();
      await report(10, { in: 1000, out: 500 });
      const moved = unwrap(
        await leases.reserve(reservation('laptop', [group(1, { open: ['films'] })], { at: time(20) })),
      );
      expect(moved[0]?.pool).toBe('films');
      await report(30, { in: 1100, out: 500 });
      expect(await used()).toBe(1600);
    });

    test('is no more than the lane’s rates allow in the time; who says more is in the trail, once', async () => {
      await start();
      await report(100, { in: 1000, out: 500 });
      await report(110, { in: '18446744073709551615', out: 600 });
      const most = Math.ceil(2 * 2000 * 125 * 10 * 1.1) + 65_536;
      expect(await used()).toBe(1500 + most);
      // It counts on from what it said.
      await report(111, { in: 1, out: '18446744073709551615' });
      await report(112, { in: 2, out: '18446744073709551615' });
      expect(await cutOffs()).toMatchObject([
        {
          actor: 'laptop',
          groupId: 1,
          detail: { subscriber: 'alice', claimed: '18446744073709550715', counted: most },
        },
      ]);
      await report(1000, { in: 3, out: '18446744073709551615' });
      await report(1001, { in: 3, out: 99_999_999 });
      expect(await cutOffs()).toHaveLength(2);
    });

    test('is not counted without a quota, and what was carried before one is not counted later', async () => {
      const leases = await start();
      const said = { state: 'applied' as const, at: time(10), inOctets: '1000', outOctets: '0' };
      unwrap(await leases.report('laptop', [{ groupId: 1, report: said }], QUARANTINE_OF));
      await report(20, { in: 1001, out: 0 });
      expect(await used()).toBe(1);
    });

    test('goes with its subscriber: whoever has the name next begins at 0', async () => {
      await start();
      await report(10, { in: 1000, out: 500 });
      for (const host of ['laptop', 'phone']) unwrap(await store().hosts.revoke(host, deed()));
      unwrap(await store().subscribers.remove('alice', deed()));
      expect(await used()).toBe(0);
    });

    test('set back begins at 0; what is over is forgotten, so much at a time', async () => {
      await start();
      await report(10, { in: 1000, out: 500 });
      expect(unwrap(await store().usage.reset('alice', PERIOD, deed(11, 'olga')))).toBe(1500);
      expect(await used()).toBe(0);
      await report(20, { in: 1001, out: 500 });
      expect(await used()).toBe(1);
      const rows = await all((page) => store().audit.list({}, page));
      expect(rows.filter(({ event }) => event === 'quota-reset')).toMatchObject([
        { actor: 'olga', at: time(11), detail: { subscriber: 'alice', octets: 1500 } },
      ]);
      expect(unwrap(await store().usage.expire(PERIOD, 5))).toBe(0);
      expect(unwrap(await store().usage.expire(time(0), 5))).toBe(1);
      expect(await used()).toBe(0);
    });
  });
}
