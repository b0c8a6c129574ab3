import { milliseconds, unwrap } from '@sublane/basics';
import type { ApplicationGroup } from '@sublane/yang';
import { expect, test } from 'vitest';
import { grantedGroup } from './granted-group.fixture.ts';
import { laneWishOf, whenDownOf } from './lane-wish-of.ts';

const NAMING = { name: 'calls', wireguardKeyFile: '/state/wireguard.key' };
const wish = (answer: ApplicationGroup) =>
  unwrap(laneWishOf({ groupId: 1, answer, sentAt: milliseconds(1_000), asked: '' }, NAMING));

test('all that is granted is in the wish', () => {
  const answer = grantedGroup(
    1,
    {
      mtu: 1400,
      ipv4: {
        address: [
          { ip: '192.0.2.101', 'prefix-length': 24 },
          { ip: '192.0.2.100', 'prefix-length': 24, deprecated: [null] },
        ],
      },
      'dns-server': ['198.51.100.53', '2001:db8:53::1'],
    },
    {
      'routing-cfg': {
        'ipv4-route': [{ 'destination-prefix': '0.0.0.0/0', 'next-hop-address': '192.0.2.1' }],
        'ipv6-route': [{ 'destination-prefix': '2001:db8:b::/48' }],
        unmatched: 'unreachable',
      },
      'qos-cfg': { dscp: 46, upld: { rate: 2000, burst: 32_000, priority: 'H' }, dnld: { rate: 4000, priority: 'M' } },
      'security-cfg': {
        profile: 'web',
        isolated: true,
        permit: [
          { name: 'web', destination: '198.51.100.0/24', protocol: 6, 'lower-port': 443 },
          { name: 'high', 'lower-port': 1000, 'upper-port': 2000 },
        ],
      },
    },
  );
  expect(wish(answer)).toEqual({
    groupId: 1,
    name: 'calls',
    interface: 'sl1',
    attachment: { type: 'on-link' },
    mtu: 1400,
    addresses: [
      { address: '192.0.2.101', prefixLength: 24, deprecated: false },
      { address: '192.0.2.100', prefixLength: 24, deprecated: true },
      { address: '2001:db8:a::1:1', prefixLength: 128, deprecated: false },
    ],
    routes: [{ destination: '0.0.0.0/0', nextHop: '192.0.2.1' }, { destination: '2001:db8:b::/48' }],
    unmatched: 'unreachable',
    dscp: 46,
    upld: { rate: 2000, burst: 32_000, priority: 'H' },
    dnld: { rate: 4000, priority: 'M' },
    security: {
      profile: 'web',
      isolated: true,
      whenDown: 'block',
      permit: [
        { name: 'web', destination: '198.51.100.0/24', protocol: 6, ports: { lower: 443, upper: 443 } },
        { name: 'high', ports: { lower: 1000, upper: 2000 } },
      ],
    },
    dns: ['198.51.100.53', '2001:db8:53::1'],
    validUntil: 601_000,
  });
});

test('a routed address is a host’s; a delegated prefix is the lane’s, whole', () => {
  const routed = grantedGroup(1, {
    type: 'iana-if-type:softwareLoopback',
    ipv4: { address: [{ ip: '203.0.113.7', 'prefix-length': 24 }] },
    ipv6: { address: [{ ip: '2001:db8:f::7', 'prefix-length': 64 }], 'delegated-prefix': ['2001:db8:77::/56'] },
  });
  expect(wish(routed).addresses).toEqual([
    { address: '203.0.113.7', prefixLength: 32, deprecated: false },
    { address: '2001:db8:f::7', prefixLength: 128, deprecated: false },
    { address: '2001:db8:77::1', prefixLength: 56, deprecated: true },
  ]);
  const onLink = grantedGroup(1, { ipv6: { address: [], 'delegated-prefix': ['2001:db8:77::/56'] } });
  expect(laneWishOf({ groupId: 1, answer: onLink, sentAt: milliseconds(1_000), asked: '' }, NAMING)).toMatchObject({
    ok: false,
    failure: { groupId: 1, reason: expect.stringContaining('2001:db8:77::/56') },
  });
});

test('what is not granted is not in it', () => {
  expect(Object.keys(wish(grantedGroup(1))).sort()).toEqual(
    ['addresses', 'attachment', 'dscp', 'groupId', 'interface', 'name', 'routes', 'unmatched', 'validUntil'].sort(),
  );
});

test('a profile that does not say what becomes of the applications means block; no profile, nothing', () => {
  expect(whenDownOf({ profile: 'p' })).toBe('block');
  expect(whenDownOf({ profile: 'p', 'when-down': 'host' })).toBe('host');
  expect(whenDownOf(undefined)).toBe('host');
});
