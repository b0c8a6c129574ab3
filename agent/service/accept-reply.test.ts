import { faultText, unwrap } from '@sublane/basics';
import type { ApplicationGroup, RoutingCfgRoute } from '@sublane/yang';
import { describe, expect, test } from 'vitest';
import { parseAgentConfig } from '../config/agent-config.ts';
import { parsePrefix } from '../lanes/ip-address.ts';
import { acceptReply, leaseRefusals, type ReplyHost } from './accept-reply.ts';
import { grantedGroup } from './granted-group.fixture.ts';
import { refusalsText } from './reply-refusal.ts';

const HOST: ReplyHost = {
  addresses: [
    { address: '127.0.0.1', link: 'lo' },
    { address: '192.0.2.2', link: 'eth0' },
    { address: '192.168.7.1', link: 'br-lan' },
    { address: '2001:db8:a::2', link: 'eth0' },
  ],
  networks: [
    { prefix: parsePrefix('192.0.2.0/24')!, link: 'eth0' },
    { prefix: parsePrefix('2001:db8:a::/64')!, link: 'eth0' },
    { prefix: parsePrefix('192.168.7.0/24')!, link: 'br-lan' },
  ],
  gateways: ['192.0.2.1', '2001:db8:a::1'],
  resolvers: ['9.9.9.9', '2001:db8:99::53'],
  defaultLink: 'eth0',
  direct: [],
  headend: '198.51.100.9',
  wireguardPublicKey: `${'H'.repeat(42)}A=`,
};
const rulesOf = (accept: string) => {
  const text = `host-id: laptop\nheadends: [ { address: 192.0.2.1 } ]\ngroups: []\naccept: ${accept}\n`;
  const read = parseAgentConfig(text, 'agent.yaml', '/');
  if (!read.ok && read.failure.kind === 'wrong') throw new Error(read.failure.faults.map(faultText).join());
  return unwrap(read).accept;
};
const verdict = (groups: readonly ApplicationGroup[], accept = '{}', host: Partial<ReplyHost> = {}) =>
  acceptReply({ groups, standing: [], isNew: () => true, rules: rulesOf(accept), host: { ...HOST, ...host } });
/** What one group is refused for, as `rule path value why`. */
const refusals = (group: ApplicationGroup, accept?: string, host?: Partial<ReplyHost>) =>
  (verdict([group], accept, host).refused.get(group.id) ?? []).map(
    ({ rule, path, value, why }) => `${rule} ${path} ${value} ${why}`,
  );

const address = (ip: string, length = ip.includes(':') ? 128 : 32) => {
  const one = { address: [{ ip, 'prefix-length': length }] };
  return grantedGroup(1, ip.includes(':') ? { ipv6: one } : { ipv4: one });
};
const route = (destination: string, hop?: string, type = 'propVirtual') => {
  const one: RoutingCfgRoute = {
    'destination-prefix': destination,
    ...(hop !== undefined && { 'next-hop-address': hop }),
  };
  return grantedGroup(
    1,
    { type: `iana-if-type:${type}` as 'iana-if-type:propVirtual' },
    { 'routing-cfg': destination.includes(':') ? { 'ipv6-route': [one] } : { 'ipv4-route': [one] } },
  );
};
type Tunnel = NonNullable<ApplicationGroup['access-interface-cfg']['tunnel']>;
const tunnel = (more: Partial<Tunnel>, routes: readonly string[] = []) =>
  grantedGroup(
    1,
    {
      type: 'iana-if-type:tunnel',
      ipv4: { address: [{ ip: '203.0.113.7', 'prefix-length': 32 }] },
      ipv6: {},
      tunnel: { encapsulation: 'gre', 'remote-address': '198.51.100.1', ...more },
    },
    { 'routing-cfg': { 'ipv4-route': routes.map((one) => ({ 'destination-prefix': one })) } },
  );

describe('an honest headend is not hindered', () => {
  test.each<[string, ApplicationGroup]>([
    ['an address on the access link', grantedGroup(1)],
    ['one with its subnet', address('192.0.2.50', 24)],
    ['a default route', route('0.0.0.0/0', '192.0.2.1')],
    ['IPv6’s, by a link-local router', route('::/0', 'fe80::1')],
    ['an internal service', route('198.51.100.0/24')],
    ['a service on the access link itself', route('192.0.2.128/25', '192.0.2.1')],
    ['private addresses', address('10.7.0.1')],
    ['a routed lane', grantedGroup(1, { type: 'iana-if-type:softwareLoopback' })],
    ['a VLAN', grantedGroup(1, { type: 'iana-if-type:l2vlan', 'vlan-id': 7 })],
    ['a tunnel with a default route', tunnel({}, ['0.0.0.0/0'])],
    ['a tunnel to the edge on the access link', tunnel({ 'remote-address': '192.0.2.1' })],
    ['WireGuard', tunnel({ encapsulation: 'wireguard', 'public-key': `${'B'.repeat(42)}E=` })],
    ['resolvers of its own', grantedGroup(1, { 'dns-server': ['198.51.100.53', '2001:db8:53::1'] })],
  ])('%s', (_what, group) => {
    expect(refusals(group)).toEqual([]);
  });
});

describe('never accepted, whatever the rules', () => {
  test.each<[string, ApplicationGroup, string]>([
    ['loopback', address('127.0.0.1'), 'is loopback'],
    ['loopback of IPv6', address('::1'), 'is loopback'],
    ['link-local', address('169.254.1.1'), 'is link-local'],
    ['link-local of IPv6', address('fe80::5'), 'is link-local'],
    ['multicast', address('224.0.0.5'), 'is multicast'],
    ['unspecified', address('0.0.0.0'), 'is unspecified'],
    ['broadcast', address('255.255.255.255'), 'is reserved or broadcast'],
    ['IPv4 in IPv6 form', address('::ffff:192.0.2.2'), 'is an IPv4 address in IPv6 form'],
    ['the host’s own address', address('192.0.2.2'), "is this host's own address (on eth0)"],
    ['… of IPv6, written otherwise', address('2001:DB8:A:0::2'), "is this host's own address (on eth0)"],
    ['… of another interface', address('192.168.7.1'), "is this host's own address (on br-lan)"],
    ['the router’s', address('192.0.2.1'), 'is the router of'],
    ['the headend’s', address('198.51.100.9'), 'is the headend itself'],
    ['the broadcast address of the LAN', address('192.0.2.255'), 'is the broadcast address of 192.0.2.0/24'],
    ['the network’s address', address('192.168.7.0'), 'is the network address of 192.168.7.0/24'],
    ['a subnet that is everything', address('203.0.113.7', 0), "203.0.113.7']/prefix-length 0 leads to"],
    ['a route to loopback', route('127.0.0.0/8'), 'leads to what is loopback'],
    ['… to a part of it', route('127.0.0.53/32'), 'leads to what is loopback'],
    ['… to more than it', route('0.0.0.0/1'), 'leads to what is unspecified'],
    ['… of IPv6', route('::1/128'), 'leads to what is loopback'],
    ['a route to link-local', route('fe80::/10'), 'leads to what is link-local'],
    ['a route to multicast', route('224.0.0.0/4'), 'leads to what is multicast'],
    ['a route to the host’s own address', route('192.168.7.1/32'), "leads to this host's own address"],
    ['a next hop that is the host', route('198.51.100.0/24', '192.0.2.2'), "is this host's own address"],
    ['a next hop that is the lane', route('198.51.100.0/24', '192.0.2.101'), "is the lane's own address"],
    ['a next hop on loopback', route('198.51.100.0/24', '127.0.0.1'), 'is loopback'],
    ['a tunnel to loopback', tunnel({ 'remote-address': '127.0.0.1' }), 'is loopback'],
    ['a tunnel to the host', tunnel({ 'remote-address': '192.168.7.1' }), "is this host's own address"],
    ['a tunnel to all', tunnel({ 'remote-address': '192.0.2.255' }), 'is the broadcast address'],
    ['a tunnel through itself', tunnel({}, ['198.51.100.0/24']), 'is to be reached through the tunnel itself'],
    ['a tunnel to its own address', tunnel({ 'remote-address': '203.0.113.7' }), 'through the tunnel itself'],
    ['a tunnel to port 0', tunnel({ encapsulation: 'vxlan', key: 1, 'remote-port': 0 }), 'is no port'],
    [
      'WireGuard with the host’s own key',
      tunnel({ encapsulation: 'wireguard', 'public-key': HOST.wireguardPublicKey! }),
      "is this host's own key",
    ],
    ['a resolver on loopback', grantedGroup(1, { 'dns-server': ['127.0.0.53'] }), 'dns-server 127.0.0.53 is loopback'],
    ['a resolver on the host', grantedGroup(1, { 'dns-server': ['192.0.2.2'] }), "is this host's own address"],
    ['a link that lanes share', grantedGroup(1, { interface: 'sl-v7' }), 'is a name this agent uses itself'],
    ['the link of a blocked group', grantedGroup(1, { interface: 'slb7' }), 'is a name this agent uses itself'],
    [
      'a name that moves the cursor',
      grantedGroup(1, {}, { lease: { id: 'a\u009b2Jb', 'valid-lifetime': 600, 'renew-after': 300 } }),
      'lease/id a\u009b2Jb holds characters that control a terminal',
    ],
  ])('%s', (_what, group, expected) => {
    const [first = ''] = refusals(group).filter((one) => one.includes(expected));
    expect(first).toMatch(/^always /);
    expect(verdict([group]).accepted).toEqual([]);
  });

  test('what another group has', () => {
    const { accepted, refused } = verdict([
      grantedGroup(1),
      grantedGroup(2, { interface: 'sl1' }),
      grantedGroup(3, { ipv4: { address: [{ ip: '192.0.2.101', 'prefix-length': 32 }] } }),
      grantedGroup(4),
    ]);
    expect(accepted.map(({ id }) => id)).toEqual([1, 4]);
    expect(refused.get(2)?.[0]).toMatchObject({ value: 'sl1', why: 'is the interface of group 1' });
    expect(refused.get(3)?.[0]).toMatchObject({ value: '192.0.2.101', why: "is also group 1's" });
  });

  test('what a lane has that stands', () => {
    const { refused } = acceptReply({
      groups: [grantedGroup(2, { interface: 'sl1' })],
      standing: [grantedGroup(1)],
      isNew: () => true,
      rules: rulesOf('{}'),
      host: HOST,
    });
    expect([...refused.keys()]).toEqual([2]);
  });

  test('a prefix delegated to one group with another group’s address in it', () => {
    const delegated = (id: number, ip: string, prefix?: string) =>
      grantedGroup(id, {
        type: 'iana-if-type:softwareLoopback',
        ipv4: {},
        ipv6: {
          address: [{ ip, 'prefix-length': 128 }],
          ...(prefix !== undefined && { 'delegated-prefix': [prefix] }),
        },
      });
    const { accepted, refused } = verdict([
      delegated(1, '2001:db8:f::1', '2001:db8:100::/56'),
      delegated(2, '2001:db8:100::20'),
      delegated(3, '2001:db8:f::3', '2001:db8:100::/48'),
      delegated(4, '2001:db8:f::4', '2001:db8:101::/56'),
    ]);
    expect(accepted.map(({ id }) => id)).toEqual([1, 4]);
    expect(refused.get(3)?.[0]).toMatchObject({ rule: 'always', why: "is also group 1's" });
    const narrow = '{ addresses: { within: [ "2001:db8:f::/64", "2001:db8:100::/57" ] } }';
    expect(refusals(delegated(1, '2001:db8:f::1', '2001:db8:100::/57'), narrow)).toEqual([]);
    expect(verdict([delegated(1, '2001:db8:f::1', '2001:db8:100::/56')], narrow).refused.get(1)).toMatchObject([
      { rule: 'accept.addresses.within', remedy: '2001:db8:100::/56 in accept.addresses.within' },
    ]);
  });

  test('a delegated prefix that takes what the host needs, or more than a site gets', () => {
    const delegated = (prefix: string) => grantedGroup(1, { ipv6: { 'delegated-prefix': [prefix] } });
    expect(refusals(delegated('2001:db8:99::/48'))).toEqual([
      expect.stringMatching(/^always .*delegated-prefix 2001:db8:99::\/48 has 2001:db8:99::53 in it/),
    ]);
    expect(refusals(delegated('2001:db8:200::/40'))).toEqual([
      expect.stringMatching(/^always .*delegated-prefix 2001:db8:200::\/40 is more than a site gets/),
    ]);
  });

  test('an address that the host itself asks for names', () => {
    expect(refusals(address('9.9.9.9'))).toEqual([expect.stringMatching(/9\.9\.9\.9 is a DNS server that this host/)]);
  });

  test('an address twice in one lane', () => {
    const twice = [
      { ip: '192.0.2.50', 'prefix-length': 32 },
      { ip: '192.0.2.50', 'prefix-length': 24 },
    ];
    expect(refusals(grantedGroup(1, { ipv4: { address: twice } }))).toEqual([
      expect.stringContaining("is also group 1's"),
    ]);
  });
});

describe('a rule refuses, and its remedy accepts', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ 'destination-prefix': `198.51.${index}.0/24` }));
  const lease = (valid: number, renew = valid / 2) =>
    grantedGroup(1, {}, { lease: { id: 'l', 'valid-lifetime': valid, 'renew-after': renew } });
  const secured = grantedGroup(1, {}, { 'security-cfg': { profile: 'web' } });

  test.each<[string, ApplicationGroup, string, string, string]>([
    [
      'attachments',
      tunnel({ encapsulation: 'ipip' }),
      'attachments: [ on-link, gre ]',
      'attachments: [ ipip ]',
      'kind ipip',
    ],
    [
      'addresses.within',
      grantedGroup(1),
      'addresses: { within: [ 192.0.2.0/24 ] }',
      'addresses: { within: [ 192.0.2.0/24, "2001:db8::/32" ] }',
      '2001:db8:a::1:1',
    ],
    [
      'addresses.at-most',
      grantedGroup(1, {
        ipv4: { address: many(17).map((_, index) => ({ ip: `10.0.0.${index + 1}`, 'prefix-length': 32 })) },
      }),
      '{}',
      'addresses: { at-most: 17 }',
      'has more than 16 entries',
    ],
    [
      'routes.to',
      route('198.51.100.0/24'),
      'routes: { to: [ 203.0.113.0/24 ] }',
      'routes: { to: [ 198.51.0.0/16 ] }',
      'lanes may lead to',
    ],
    [
      'routes.to',
      grantedGroup(1, { ipv6: {} }),
      'routes: { to: [ 198.51.0.0/16 ] }',
      'routes: { to: [ 0.0.0.0/0 ] }',
      'lists no route, which means a default route',
    ],
    [
      'routes.next-hops',
      route('0.0.0.0/0', '192.0.2.9'),
      'routes: { next-hops: [ 192.0.2.1/32 ] }',
      'routes: { next-hops: [ 192.0.2.0/24 ] }',
      'routers are permitted',
    ],
    [
      'routes.local-networks',
      route('192.168.7.0/24'),
      '{}',
      'routes: { local-networks: yes }',
      'takes traffic to 192.168.7.0/24',
    ],
    [
      'routes.local-networks',
      route('192.168.0.0/16', undefined, 'softwareLoopback'),
      'routes: { local-networks: no }',
      'routes: { local-networks: yes }',
      'takes traffic to',
    ],
    [
      'routes.local-networks',
      tunnel({ 'remote-address': '192.168.7.9' }),
      '{}',
      'routes: { local-networks: yes }',
      'is in 192.168.7.0/24',
    ],
    [
      'routes.at-most',
      grantedGroup(1, {}, { 'routing-cfg': { 'ipv4-route': many(3) } }),
      'routes: { at-most: 2 }',
      'routes: { at-most: 3 }',
      'has more than 2 entries',
    ],
    [
      'tunnels.to',
      tunnel({}),
      'tunnels: { to: [ 203.0.113.0/24 ] }',
      'tunnels: { to: [ 198.51.100.1/32 ] }',
      'tunnels may lead to',
    ],
    [
      'vlans',
      grantedGroup(1, { type: 'iana-if-type:l2vlan', 'vlan-id': 7 }),
      'vlans: [ 100-199 ]',
      'vlans: [ 7 ]',
      'is not among the VLANs permitted',
    ],
    [
      'dns.within',
      grantedGroup(1, { 'dns-server': ['198.51.100.53'] }),
      'dns: { within: [ 203.0.113.0/24 ] }',
      'dns: { within: any }',
      'name servers are permitted',
    ],
    [
      'dns.at-most',
      grantedGroup(1, { 'dns-server': ['198.51.100.53'] }),
      'dns: { at-most: 0 }',
      'dns: { at-most: 1 }',
      'has more than 0 entries',
    ],
    ['mtu', grantedGroup(1, { mtu: 65_535 }), '{}', 'mtu: { at-most: 65535 }', 'is not from 1280 to 9216'],
    ['lease', lease(5), '{}', 'lease: { at-least: 5 }', 'is shorter than 10 s'],
    ['lease', lease(4_000_000), '{}', 'lease: { at-most: 4000000 }', 'is longer than'],
    ['dscp', grantedGroup(1), 'dscp: [ 0, 10-14 ]', 'dscp: [ 46 ]', 'is not among the marks permitted'],
    [
      'permits',
      grantedGroup(1, {}, { 'security-cfg': { profile: 'p', permit: [{ name: 'a' }] } }),
      'permits: 0',
      'permits: 1',
      'has more than 0 entries',
    ],
    [
      'applications',
      grantedGroup(1, {}, { 'application-list': ['a'] }),
      'applications: 0',
      'applications: 1',
      'has more than 0 entries',
    ],
    [
      'block-when-down',
      secured,
      'block-when-down: no',
      'block-when-down: yes',
      'would leave the group without a network',
    ],
  ])('accept.%s', (rule, group, tight, wide, expected) => {
    const yaml = (text: string) => (text === '{}' ? text : `{ ${text} }`);
    const told = refusals(group, yaml(tight));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(expected);
    expect(told[0]).toMatch(new RegExp(`^accept\\.${rule.replace('.', '\\.')} `));
    if (wide !== '{}') expect(refusals(group, yaml(wide))).toEqual([]);
  });

  test('what is left of a lease that was granted before may be short, but not long', () => {
    const left = (seconds: number) =>
      [...leaseRefusals({ id: 'l', 'valid-lifetime': seconds, 'renew-after': 0 }, rulesOf('{}'), false)].length;
    expect([left(1), left(600), left(4_000_000)]).toEqual([0, 0, 1]);
  });

  test('lanes of all groups together', () => {
    const { accepted, refused } = verdict([grantedGroup(1), grantedGroup(2), grantedGroup(3)], '{ lanes: 2 }');
    expect(accepted.map(({ id }) => id)).toEqual([1, 2]);
    expect(refused.get(3)).toMatchObject([{ rule: 'accept.lanes', remedy: 'accept.lanes: 3' }]);
  });

  test('a network that is direct cannot be taken: a route over it is harmless', () => {
    const wide = route('192.168.0.0/16', undefined, 'softwareLoopback');
    expect(refusals(wide, '{}', { direct: ['192.168.7.0/24'] })).toEqual([]);
    expect(refusals(wide, '{}', { direct: ['192.168.7.0/25'] })).toHaveLength(1);
    expect(refusals(route('192.0.0.0/8', undefined, 'l2vlan'), '{}', { direct: ['connected'] })).toEqual([]);
  });

  test('no subnet with the host in it, and no prefix with everything in it', () => {
    const subnet = grantedGroup(1, {
      type: 'iana-if-type:softwareLoopback',
      ipv4: { address: [{ ip: '192.168.7.9', 'prefix-length': 24 }] },
    });
    expect(refusals(subnet, '{ routes: { local-networks: yes } }')).toEqual([
      expect.stringContaining("leads to this host's own address 192.168.7.1"),
    ]);
    const prefix = grantedGroup(1, { ipv6: { 'delegated-prefix': ['::/0'] } });
    expect(refusals(prefix)).toContainEqual(
      expect.stringMatching(/^always .*delegated-prefix ::\/0 leads to what is unspecified/),
    );
  });
});

test('the refusal is a sentence with leaf, value, rule and remedy, and does not repeat control characters', () => {
  const { refused } = verdict([route('192.168.7.0/24')]);
  expect(refusalsText(refused.get(1)!)).toBe(
    'this host does not accept what the headend grants: ' +
      'routing-cfg/ipv4-route/destination-prefix "192.168.7.0/24" takes traffic ' +
      'to 192.168.7.0/24, a network this host itself stands in (by br-lan) (accept.routes.local-networks; to accept it: ' +
      'direct: [ "192.168.7.0/24" ], which keeps that network out of all lanes, or ' +
      'accept: { routes: { local-networks: yes } })',
  );
  const lease = { id: 'a\u009b2Jb', 'valid-lifetime': 1, 'renew-after': 0 };
  const text = refusalsText(verdict([grantedGroup(1, {}, { lease })]).refused.get(1)!);
  expect(text).toContain('lease/id "a\ufffd2Jb" holds characters that control a terminal (never accepted)');
  expect(text).not.toContain('\u009b');
});

test('of many refusals the first three are told, and how many there are', () => {
  const routes = Array.from({ length: 9 }, (_, index) => ({ 'destination-prefix': `127.0.0.${index}/32` }));
  const { refused } = verdict([grantedGroup(1, {}, { 'routing-cfg': { 'ipv4-route': routes } })]);
  expect(refusalsText(refused.get(1)!)).toMatch(/127\.0\.0\.1.*; and 7 more$/);
});
