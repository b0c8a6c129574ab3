import { bytes, kilobitsPerSecond, type Milliseconds, milliseconds } from '@sublane/basics';
import fc from 'fast-check';
import type { Attachment, LaneAddress, LaneWish, Priority, Wish } from './wish.ts';

/**
 * Any wish over a few groups, with addresses that never clash and lease ends after `now`. Without `sixToo` no tunnel
 * needs IPv6 to reach its far end.
 */
export function wishArbitrary(now: Milliseconds, uplinks: readonly string[], sixToo = true): fc.Arbitrary<Wish> {
  return fc.record({
    uplink: fc.constantFrom(...uplinks),
    lanes: fc
      .uniqueArray(fc.constantFrom(1, 2, 3, 7, 500), { maxLength: 4 })
      .chain((ids) => fc.tuple(...ids.map((id) => laneArbitrary(id, now, sixToo)))),
    direct: fc.constantFrom([], ['connected'], ['10.0.0.0/8', 'fd00::/8']),
  });
}

function laneArbitrary(groupId: number, now: Milliseconds, sixToo: boolean): fc.Arbitrary<LaneWish> {
  const address = (text: string, prefixLength: number) => ({ address: text, prefixLength, deprecated: false });
  const old = (text: string, prefixLength: number) => ({ address: text, prefixLength, deprecated: true });
  const a = `192.0.2.${(groupId % 100) + 100}`;
  const b = `192.0.2.${(groupId % 100) + 101 - 50}`;
  const c = `2001:db8:a::c:${groupId}`;
  const d = `2001:db8:a::d:${groupId}`;
  const rate = fc.record({
    rate: fc.constantFrom(500, 2_000, 80_000).map(kilobitsPerSecond),
    priority: fc.constantFrom<Priority>('H', 'M', 'L'),
  });
  return fc
    .record({
      addresses: fc.constantFrom(
        [],
        [address(a, 24)],
        [address(a, 32)],
        [address(c, 64)],
        [address(a, 24), address(c, 64)],
        [address(a, 24), address(c, 128)],
        [address(b, 24), old(a, 24), address(d, 64), old(c, 64)],
        [old(a, 24)],
      ),
      routes: fc.constantFrom(
        [],
        [{ destination: '198.51.100.0/24' }],
        [{ destination: '198.51.100.0/24', nextHop: '192.0.2.1' }, { destination: '2001:db8:b::/48' }],
        [{ destination: '0.0.0.0/0' }, { destination: '::/0', nextHop: '2001:db8:a::1' }],
      ),
      unmatched: fc.constantFrom('host' as const, 'unreachable' as const),
      dscp: fc.constantFrom(0, 34, 46),
      dns: fc.constantFrom(undefined, [], ['198.51.100.53'], ['2001:db8:b::53', '198.51.100.54', '2001:db8:b::54']),
      limited: fc.option(rate, { nil: undefined }),
      policed: fc.option(rate, { nil: undefined }),
      mtu: fc.option(fc.constantFrom(1280, 1400), { nil: undefined }),
      secured: fc.boolean(),
      lifetime: fc.constantFrom(60_000, 3_600_000),
      renamed: fc.boolean(),
      delegated: fc.boolean(),
      attachment: fc.constantFrom(
        ...ATTACHMENTS.filter((one) => sixToo || !('remote' in one) || !one.remote.includes(':')),
      ),
    })
    .map(({ limited, policed, mtu, secured, lifetime, renamed, dns, delegated, ...rest }) => ({
      groupId,
      name: `group-${groupId}`,
      interface: renamed ? `sl${groupId}-b` : `sl${groupId}`,
      ...rest,
      addresses:
        rest.attachment.type === 'routed'
          ? rest.addresses.map((one) => routed(one, groupId, delegated))
          : rest.addresses,
      ...(dns !== undefined && { dns }),
      ...(limited !== undefined && { upld: limited }),
      ...(policed !== undefined && { dnld: policed }),
      ...(mtu !== undefined && { mtu: bytes(mtu) }),
      ...(secured && {
        security: {
          profile: 'web',
          isolated: true,
          whenDown: 'block' as const,
          permit: [
            { name: 'web', destination: '198.51.100.0/24', protocol: 6, ports: { lower: 80, upper: 443 } },
            { name: 'dns', ports: { lower: 53, upper: 53 } },
          ],
        },
      }),
      validUntil: milliseconds(now + lifetime),
    }));
}

/** To the address alone, or a prefix of the group's own behind it. */
function routed(one: LaneAddress, groupId: number, delegated: boolean): LaneAddress {
  const six = one.address.includes(':');
  if (!six || !delegated) return { ...one, prefixLength: six ? 128 : 32 };
  return { ...one, address: one.address.replace('a::', `${(0x1000 + groupId).toString(16)}::`), prefixLength: 56 };
}

const WIREGUARD = { port: 51_820, keyFile: '/etc/sublane/wireguard.key' };

/** Each kind, to far ends of both families; some that differ in one thing only. */
export const ATTACHMENTS: readonly Attachment[] = [
  { type: 'on-link' },
  { type: 'routed' },
  { type: 'vlan', id: 100 },
  { type: 'vlan', id: 4094 },
  { type: 'tunnel', encapsulation: 'gre', remote: '203.0.113.1' },
  { type: 'tunnel', encapsulation: 'gre', remote: '203.0.113.1', key: 7 },
  { type: 'tunnel', encapsulation: 'gre', remote: '2001:db8:f::1', key: 0 },
  { type: 'tunnel', encapsulation: 'ipip', remote: '203.0.113.1' },
  { type: 'tunnel', encapsulation: 'ipip', remote: '2001:db8:f::1' },
  { type: 'tunnel', encapsulation: 'vxlan', remote: '203.0.113.1', port: 4789, identifier: 100 },
  { type: 'tunnel', encapsulation: 'vxlan', remote: '2001:db8:f::1', port: 8472, identifier: 0xffffff },
  { type: 'tunnel', encapsulation: 'wireguard', remote: '203.0.113.1', ...WIREGUARD, peerKey: `${'A'.repeat(43)}=` },
  { type: 'tunnel', encapsulation: 'wireguard', remote: '2001:db8:f::1', ...WIREGUARD, peerKey: `${'A'.repeat(42)}E=` },
];
