import { unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import type { Store } from './store.ts';
import { all, furnish, group, reservation, SMALL, shape, time } from './store-fixture.ts';

/** The hosts' WireGuard keys. */
export function tunnelContract(store: () => Store): void {
  const KEY = 'mDnSGNSO0EZSnuFWpZ3FEZ0dsQW1FGKCmTrXGOgl0Fo=';
  const OTHER = 'HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=';
  const start = () => furnish(store(), ['laptop', 'phone'], [SMALL, shape('afar', ['198.51.100.0/24'])]);
  const inTunnel = (id: number, more = {}) => group(id, { open: ['afar'], wireguard: new Set(['afar']), ...more });
  const from = (hostId: string, wireguardKey: string, groups = [inTunnel(1)], at = time(0)) =>
    store().leases.reserve(reservation(hostId, groups, { wireguardKey, at }));

  describe('a host’s WireGuard key', () => {
    test('is kept with the lanes that need it, and with no others', async () => {
      const { leases } = await start();
      const both = [inTunnel(1), group(2, { open: ['small', 'afar'], wireguard: new Set(['afar']) })];
      const given = unwrap(await from('laptop', KEY, both));
      expect(given.map(({ pool, wireguardKey }) => [pool, wireguardKey])).toEqual([
        ['afar', KEY],
        ['small', undefined],
      ]);
      expect(await leases.ofHost('laptop', time(0))).toEqual(given);
    });

    test('that changes is a lease changed in place, and told in the trail', async () => {
      const { leases, audit } = await start();
      const [first] = unwrap(await from('laptop', KEY));
      const [second] = unwrap(await from('laptop', OTHER));
      expect(second).toEqual({ ...first, wireguardKey: OTHER });
      expect(await leases.ofHost('laptop', time(0))).toEqual([second]);
      const told = (await all((page) => audit.list({ hostId: 'laptop' }, page))).filter(({ event }) =>
        event.startsWith('lease-'),
      );
      expect(told.map(({ event, detail }) => [event, detail['wireguard-public-key']])).toEqual([
        ['lease-granted', KEY],
        ['lease-changed', OTHER],
      ]);
    });

    test('goes when the lane moves to where none is needed', async () => {
      await start();
      unwrap(await from('laptop', KEY));
      const [moved] = unwrap(await from('laptop', KEY, [group(1, { open: ['small'] })]));
      expect(moved).not.toHaveProperty('wireguardKey');
    });

    test('is one host’s: another is refused while the first has a lane by it', async () => {
      const { leases } = await start();
      unwrap(await from('laptop', KEY, [inTunnel(1, { validUntil: time(60) }), inTunnel(2, { validUntil: time(60) })]));
      const refused = { ok: false, failure: [{ kind: 'wireguard-key-in-use', groupId: 1 }] };
      expect(await from('phone', KEY)).toEqual(refused);
      expect(await leases.ofHost('phone', time(0))).toEqual([]);
      // Where it gets no tunnel, its key is nobody's concern.
      unwrap(await from('phone', KEY, [group(1)]));
      unwrap(await from('phone', OTHER));
      expect(await from('phone', KEY)).toEqual(refused);
      unwrap(await from('phone', KEY, [inTunnel(1)], time(60)));
    });
  });
}
