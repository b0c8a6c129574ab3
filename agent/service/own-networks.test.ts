import { milliseconds } from '@sublane/basics';
import { expect, test } from 'vitest';
import { prefixText } from '../lanes/ip-address.ts';
import type { LaneWish, Wish } from '../lanes/wish.ts';
import { ownNetworks, readNetworkSources, tracesOf } from './own-networks.ts';

const ROUTE4 = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
wlan0	00000000	0101A8C0	0003	0	0	600	00000000	0	0	0
eth0	00000000	010200C0	0003	0	0	100	00000000	0	0	0
eth0	000200C0	00000000	0001	0	0	100	00FFFFFF	0	0	0
tun0	0000080A	00000000	0001	0	0	0	0000FFFF	0	0	0
*	00000B0A	00000000	0201	0	0	0	00FFFFFF	0	0	0
down0	0000090A	00000000	0000	0	0	0	0000FFFF	0	0	0
sl1	006433C6	00000000	0001	0	0	0	00FFFFFF	0	0	0
`;
const zero = '0'.repeat(32);
const route6 = (destination: string, length: string, via: string, flags: string, link: string) =>
  `${destination} ${length} ${zero} 00 ${via} 00000400 00000001 00000000 ${flags} ${link}`;
const ROUTE6 = [
  route6('20010db8000a00000000000000000000', '40', zero, '00000001', 'eth0'),
  route6(zero, '00', `20010db8000a${'0'.repeat(19)}1`, '00000003', 'eth0'),
  route6(zero, '00', `20010db8000b${'0'.repeat(19)}1`, '00000003', 'sl1'),
  route6(`fe80${'0'.repeat(28)}`, '40', zero, '00000001', 'eth0'),
  route6(`ff00${'0'.repeat(28)}`, '08', zero, '00000001', 'eth0'),
  route6(zero, '00', zero, '00200200', 'lo'), // unreachable
  route6(`${'0'.repeat(31)}1`, '80', zero, '80200001', 'lo'),
].join('\n');
const interfaces = {
  lo: [{ cidr: '127.0.0.1/8' }, { cidr: '::1/128' }, { cidr: '203.0.113.1/32' }],
  eth0: [{ cidr: '192.0.2.2/24' }, { cidr: '192.0.2.70/32' }, { cidr: '2001:DB8:a::2/64' }, { cidr: 'fe80::2/64' }],
  docker0: [{ cidr: '172.17.0.1/16' }],
  sl1: [{ cidr: '192.0.2.71/32' }],
  'sl-x7': [{ cidr: '192.0.2.72/32' }],
  slip0: [{ cidr: '10.9.0.1/32' }],
  odd: [{ cidr: null }],
};

const NOBODY = { links: new Set<string>(), addresses: new Set<string>() };
const lane = (groupId: number, address: string): LaneWish => ({
  groupId,
  name: 'calls',
  interface: `sl${groupId}`,
  attachment: { type: 'on-link' },
  addresses: [{ address, prefixLength: 32, deprecated: false }],
  routes: [],
  unmatched: 'host',
  dscp: 0,
  validUntil: milliseconds(0),
});
const RESOLVERS =
  '# mine\nnameserver 192.0.2.53\nnameserver 2001:DB8::53\n nameserver fe80::1%eth0\nsearch nameserver\n';
const STANDING: Wish = { uplink: 'auto', lanes: [lane(1, '192.0.2.71'), lane(2, '192.0.2.70')] };

test('what is the host’s own: its addresses, networks and routers, and nothing of its lanes', () => {
  const facts = ownNetworks({ interfaces, route4: ROUTE4, route6: ROUTE6, resolvers: RESOLVERS }, tracesOf(STANDING));
  expect(facts.addresses.map(({ link, address }) => `${link} ${address}`)).toEqual([
    'lo 127.0.0.1',
    'lo ::1',
    'lo 203.0.113.1',
    'eth0 192.0.2.2',
    'eth0 2001:db8:a::2',
    'eth0 fe80::2',
    'docker0 172.17.0.1',
    'slip0 10.9.0.1',
  ]);
  expect(facts.networks.map(({ link, prefix }) => `${link} ${prefixText(prefix)}`)).toEqual([
    'eth0 192.0.2.0/24',
    'eth0 2001:db8:a::/64',
    'docker0 172.17.0.0/16',
    'tun0 10.8.0.0/16',
  ]);
  expect(facts.gateways).toEqual(['192.0.2.1', '192.168.1.1', '2001:db8:a::1']);
  expect(facts.resolvers).toEqual(['192.0.2.53', '2001:db8::53', 'fe80::1']);
  expect(facts.defaultLink).toBe('eth0');
});

test('a host without a network has none', () => {
  expect(ownNetworks({ interfaces: {}, route4: '', route6: '', resolvers: '' }, NOBODY)).toEqual({
    addresses: [],
    networks: [],
    gateways: [],
    resolvers: [],
  });
});

test('this machine can be read', () => {
  const { addresses } = ownNetworks(readNetworkSources(), NOBODY);
  expect(addresses.map(({ address }) => address)).toContain('127.0.0.1');
});
