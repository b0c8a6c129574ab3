import type { ApplicationGroup } from '@sublane/yang';
import fc from 'fast-check';

/** What a text would do that reached a shell, a script of nft, a path or a terminal. */
export const MISCHIEF = [
  'mischief',
  '"; flush ruleset; #mischief',
  '$(mischief)',
  '../../mischief',
  '\u009b31mmischief',
];

const V4 = [
  ...['0.0.0.0', '127.0.0.1', '127.0.0.53', '169.254.1.1', '224.0.0.1', '255.255.255.255', '240.0.0.1'],
  ...['192.0.2.0', '192.0.2.1', '192.0.2.2', '192.0.2.255', '192.168.7.1', '192.168.7.9', '198.51.100.9'],
];
const V6 = [
  ...['::', '::1', '::ffff:127.0.0.1', '::ffff:192.0.2.2', 'fe80::1', 'ff02::1', '::127.0.0.1'],
  ...['2001:db8:a::', '2001:db8:a::1', '2001:db8:a::2', '2001:DB8:A:0:0:0:0:2', '64:ff9b::7f00:1'],
];
const mostly = <T>(good: fc.Arbitrary<T>, ...bad: readonly fc.Arbitrary<T>[]) =>
  fc.oneof({ weight: 24, arbitrary: good }, ...bad.map((arbitrary) => ({ weight: 1, arbitrary })));
const address4 = mostly(
  fc.integer({ min: 3, max: 250 }).map((last) => `192.0.2.${last}`),
  fc.constantFrom(...V4),
  fc.ipV4(),
);
const address6 = mostly(
  fc.integer({ min: 3, max: 0xffff }).map((last) => `2001:db8:a::${last.toString(16)}`),
  fc.constantFrom(...V6),
  fc.ipV6().filter((text) => !text.includes('%')),
);
const address = fc.oneof(address4, address6);
const prefix4 = mostly(
  fc.constantFrom('0.0.0.0/0', '198.51.100.0/24', '203.0.113.0/25', '10.0.0.0/8'),
  fc.tuple(fc.oneof(fc.constantFrom(...V4), fc.ipV4()), fc.integer({ min: 0, max: 32 })).map(([a, l]) => `${a}/${l}`),
);
const prefix6 = mostly(
  fc.constantFrom('::/0', '2001:db8:b::/48', '2000::/3'),
  fc.tuple(fc.constantFrom(...V6), fc.integer({ min: 0, max: 128 })).map(([a, l]) => `${a}/${l}`),
);
const text = mostly(fc.constantFrom('web', 'calls', 'a-1'), fc.constantFrom(...MISCHIEF));
const length = (most: number) => mostly(fc.constant(most), fc.integer({ min: 0, max: most }));

const entry = (ip: fc.Arbitrary<string>, most: number) =>
  fc.record({
    ip,
    'prefix-length': length(most),
    deprecated: fc.option(fc.constant([null] as const), { nil: undefined }),
  });
const list = <T>(of: fc.Arbitrary<T>, most = 3) => fc.array(of, { maxLength: most });
const route = (prefix: fc.Arbitrary<string>, hop: fc.Arbitrary<string>) =>
  fc.record({ 'destination-prefix': prefix, 'next-hop-address': fc.option(hop, { nil: undefined }) });

const tunnel = fc.record({
  encapsulation: fc.constantFrom('gre' as const, 'ipip' as const, 'vxlan' as const, 'wireguard' as const),
  'remote-address': mostly(fc.constantFrom('198.51.100.1', '2001:db8:b::1'), address),
  'remote-port': fc.option(mostly(fc.constant(4789), fc.integer({ min: 0, max: 65_535 })), { nil: undefined }),
  key: fc.option(mostly(fc.constant(7), fc.integer({ min: 0, max: 0xffffffff })), { nil: undefined }),
  'public-key': fc.option(fc.constantFrom(`${'B'.repeat(42)}E=`, `${'A'.repeat(43)}=`), { nil: undefined }),
});

/** Well-formed by the schema, and whatever a headend that means harm may put in. */
const group = (id: number): fc.Arbitrary<ApplicationGroup> =>
  fc
    .record({
      interface: mostly(
        fc.constant(`sl${id}`),
        fc.constantFrom('sl1', 'sl-v7', 'sl-x7', 'sl-t00000000', 'slb1', 'sl-', 'sl0'),
      ),
      type: fc.constantFrom('propVirtual', 'softwareLoopback', 'l2vlan', 'tunnel', 'ethernetCsmacd', 'ppp'),
      vlan: fc.integer({ min: 1, max: 4094 }),
      tunnel,
      mtu: fc.option(mostly(fc.constant(1400), fc.integer({ min: 1280, max: 65_535 })), { nil: undefined }),
      four: list(entry(address4, 32)),
      six: list(entry(address6, 128)),
      delegated: list(prefix6, 1),
      dns: list(mostly(fc.constantFrom('198.51.100.53'), address), 2),
      routes4: list(route(prefix4, address4)),
      routes6: list(route(prefix6, address6)),
      unmatched: fc.constantFrom('host' as const, 'unreachable' as const),
      dscp: fc.integer({ min: 0, max: 63 }),
      rate: fc.option(fc.integer({ min: 1, max: 4_294_967_295 }), { nil: undefined }),
      burst: fc.option(fc.integer({ min: 1514, max: 4_294_967_295 }), { nil: undefined }),
      profile: fc.option(text, { nil: undefined }),
      permit: list(
        fc.record({ name: text, destination: fc.option(fc.oneof(prefix4, prefix6), { nil: undefined }) }),
        2,
      ),
      applications: list(text, 2),
      lease: mostly<readonly [number, number]>(fc.constant([600, 300]), fc.constantFrom([1, 0], [4_294_967_295, 5])),
      leaseId: text,
    })
    .map((made) => {
      const rate = made.rate && {
        rate: made.rate,
        ...(made.burst && { burst: made.burst }),
        priority: 'H' as const,
      };
      return JSON.parse(
        JSON.stringify({
          id,
          'access-interface-cfg': {
            interface: made.interface,
            type: `iana-if-type:${made.type}`,
            mtu: made.mtu,
            ...(made.type === 'l2vlan' && { 'vlan-id': made.vlan }),
            ...(made.type === 'tunnel' && { tunnel: made.tunnel }),
            ipv4: { address: made.four },
            ipv6: { address: made.six, 'delegated-prefix': made.delegated },
            'dns-server': made.dns,
          },
          'routing-cfg': { 'ipv4-route': made.routes4, 'ipv6-route': made.routes6, unmatched: made.unmatched },
          'qos-cfg': { dscp: made.dscp, upld: rate, dnld: rate },
          'security-cfg': made.profile && { profile: made.profile, permit: made.permit },
          'application-list': made.applications,
          lease: { id: made.leaseId, 'valid-lifetime': made.lease[0], 'renew-after': made.lease[1] },
        }),
      ) as ApplicationGroup;
    })
    .filter(
      ({ 'access-interface-cfg': { ipv4, ipv6 } }) => (ipv4?.address?.length ?? 0) + (ipv6?.address?.length ?? 0) > 0,
    );

/** A reply about up to three groups. */
export const hostileReply: fc.Arbitrary<readonly ApplicationGroup[]> = fc
  .subarray([1, 2, 65_519], { minLength: 1 })
  .chain((ids) => fc.tuple(...ids.map(group)));
