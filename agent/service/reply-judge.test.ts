import { milliseconds } from '@sublane/basics';
import { expect, test } from 'vitest';
import { DEFAULT_ACCEPT_RULES } from '../config/accept-rules.ts';
import type { Wish } from '../lanes/wish.ts';
import { grantedGroup } from './granted-group.fixture.ts';
import { type JudgeParts, replyJudge } from './reply-judge.ts';

const route = (destination: string, gateway: string, link: string, mask: string) =>
  `${link}\t${destination}\t${gateway}\t0003\t0\t0\t0\t${mask}\t0\t0\t0\n`;
const SOURCES = {
  interfaces: { eth0: [{ cidr: '192.0.2.2/24' }], lan0: [{ cidr: '192.168.7.1/24' }] },
  route4: `Iface\n${route('00000000', '010200C0', 'eth0', '00000000')}`,
  route6: '',
  resolvers: '',
};
const ours: Wish = {
  uplink: 'auto',
  lanes: [
    {
      groupId: 9,
      name: 'nine',
      interface: 'sl9',
      attachment: { type: 'on-link' },
      addresses: [{ address: '192.0.2.2', prefixLength: 32, deprecated: false }],
      routes: [],
      unmatched: 'host',
      dscp: 0,
      validUntil: milliseconds(0),
    },
  ],
};
const why = (ip: string, more: Partial<JudgeParts> = {}, destination?: string) => {
  const judge = replyJudge({
    config: { accept: DEFAULT_ACCEPT_RULES, uplink: 'auto', direct: [] },
    sources: () => SOURCES,
    standing: () => undefined,
    headend: () => '203.0.113.9:830',
    wireguardPublicKey: () => undefined,
    ...more,
  });
  const routing = { 'ipv4-route': destination === undefined ? [] : [{ 'destination-prefix': destination }] };
  const address = ip.includes(':') ? { ipv4: {}, ipv6: ip } : { ipv4: ip, ipv6: {} };
  const group = grantedGroup(
    1,
    {
      ipv4: typeof address.ipv4 === 'string' ? { address: [{ ip, 'prefix-length': 32 }] } : {},
      ipv6: typeof address.ipv6 === 'string' ? { address: [{ ip, 'prefix-length': 128 }] } : {},
    },
    { 'routing-cfg': routing },
  );
  return (
    judge({ groups: [group], standing: [], isNew: () => true })
      .refused.get(1)
      ?.map((one) => one.why) ?? []
  );
};

test('judges by what the host is at the moment', () => {
  expect(why('192.0.2.50')).toEqual([]);
  expect(why('192.0.2.2')).toEqual(["is this host's own address (on eth0)"]);
  expect(why('192.0.2.1')).toEqual(["is the router of this host's own network"]);
  expect(why('192.0.2.50', {}, '192.168.7.0/25')).toEqual([
    'takes traffic to 192.168.7.0/24, a network this host itself stands in (by lan0)',
  ]);
});

test('an address that a lane of ours has is not the host’s', () => {
  expect(why('192.0.2.2', { standing: () => ours })).toEqual([]);
});

test.each([
  ['203.0.113.9:830', '203.0.113.9'],
  ['[2001:db8:9::1]:8830', '2001:db8:9::1'],
])('the headend’s address is known from %s', (door, address) => {
  expect(why(address, { headend: () => door })).toEqual(['is the headend itself']);
  expect(why(address, { headend: () => 'headend.example:830' })).toEqual([]);
});

test('the uplink and what is direct are those of the configuration', () => {
  const config = { accept: DEFAULT_ACCEPT_RULES, uplink: 'lan0', direct: [] };
  expect(why('192.0.2.50', { config }, '192.168.7.0/25')).toEqual([]);
  const direct = { ...config, uplink: 'auto', direct: ['connected'] };
  expect(why('192.0.2.50', { config: direct }, '192.168.7.0/25')).toEqual([]);
});
