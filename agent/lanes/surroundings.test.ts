import { describe, expect, test } from 'vitest';
import type { DefaultRoute, LinkFact } from './observation.ts';
import {
  type HostFacts,
  type HostWay,
  type Network,
  networkOf,
  type SurroundingsInput,
  sameNetwork,
  surroundings,
} from './surroundings.ts';

const link = (name: string, type = '', more: Partial<LinkFact> = {}): LinkFact => ({
  name,
  type,
  ours: false,
  up: true,
  mtu: 1500,
  ethernet: type === '',
  wireless: false,
  ...more,
});
const route = (name: string, via?: string, metric = 0): DefaultRoute => ({
  family: via?.includes(':') ? 6 : 4,
  link: name,
  metric,
  ...(via !== undefined && { via }),
});
const ways = (four: string | undefined, six?: string): HostWay[] => [
  { family: 4, destination: '23.192.0.1', ...(four !== undefined && { link: four }) },
  { family: 4, destination: '203.0.113.1', ...(four !== undefined && { link: four }) },
  ...(six === undefined ? [] : [{ family: 6 as const, destination: '2606:2800::1', link: six }]),
];

const HOME_MAC = '02:00:00:00:00:01';
/** A host in its access network. */
function host(more: Partial<SurroundingsInput> = {}, facts: Partial<HostFacts> = {}): SurroundingsInput {
  return {
    seen: { links: [link('lo'), link('eth0')], defaults: [route('eth0', '192.0.2.1')] },
    facts: {
      ways: ways('eth0'),
      prefixes: new Map([['eth0', ['192.0.2.0/24']]]),
      carrierChanges: new Map(),
      neighbours: [{ link: 'eth0', address: '192.0.2.1', mac: HOME_MAC }],
      ...facts,
    },
    uplink: 'auto',
    vpn: 'wins',
    ...more,
  };
}
const home: Network = {
  uplink: 'eth0',
  nextHop: { 4: '192.0.2.1' },
  mac: { 4: HOME_MAC },
  prefixes: ['192.0.2.0/24'],
};

test('at home', () => {
  expect(surroundings(host({ granted: home }))).toEqual({
    state: 'right',
    network: home,
    text: 'eth0 via 192.0.2.1 192.0.2.0/24',
  });
});

describe('no uplink', () => {
  test.each([
    ['no default route', host({ seen: { links: [link('eth0')], defaults: [] } })],
    [
      'the uplink is down',
      host({ uplink: 'eth0', seen: { links: [link('eth0', '', { up: false })], defaults: [route('eth0')] } }),
    ],
    ['the uplink is gone', host({ uplink: 'eth0', seen: { links: [link('lo')], defaults: [] } })],
  ])('%s', (_, input) => {
    expect(surroundings(input)).toMatchObject({ state: 'away', reason: 'no-uplink' });
  });

  test('an uplink named by the person needs no default route', () => {
    expect(
      surroundings(host({ uplink: 'eth0', seen: { links: [link('eth0')], defaults: [] } }, { ways: ways(undefined) })),
    ).toMatchObject({ state: 'right' });
  });
});

describe('a VPN that takes everything', () => {
  const links = [link('eth0'), link('wg0', 'wireguard'), link('tun0', 'tun'), link('ppp0', 'ppp'), link('slx', 'gre')];
  const own = links.map((one) => (one.name === 'slx' ? { ...one, ours: true } : one));
  const seen = (...defaults: DefaultRoute[]) => ({ links: own, defaults });
  test.each([
    ['by rules', host({ seen: seen(route('eth0', '192.0.2.1')) }, { ways: ways('wg0') }), 'the VPN wg0 takes all IPv4'],
    [
      'by a default route with a better metric',
      host({ seen: seen(route('eth0', '192.0.2.1', 100), route('tun0', undefined, 50)) }, { ways: ways('tun0') }),
      'the VPN tun0 takes all IPv4',
    ],
    ['by the only default route', host({ seen: seen(route('tun0')) }, { ways: ways('tun0') }), 'the VPN tun0'],
    [
      'of one family only',
      host({ seen: seen(route('eth0', '192.0.2.1'), route('eth0', 'fe80::1')) }, { ways: ways('eth0', 'wg0') }),
      'the VPN wg0 takes all IPv6',
    ],
    [
      'of one family, whose default route it replaced',
      host({ seen: seen(route('tun0'), route('eth0', 'fe80::1')), granted: home }, { ways: ways('tun0', 'eth0') }),
      'the VPN tun0 takes all IPv4',
    ],
    [
      'by two links',
      host(
        { seen: seen(route('eth0', '192.0.2.1')) },
        {
          ways: [
            { family: 4, destination: '23.192.0.1', link: 'wg0' },
            { family: 4, destination: '203.0.113.1', link: 'tun0' },
          ],
        },
      ),
      'the VPN wg0, tun0 takes',
    ],
    ['that blocks', host({ seen: seen(route('eth0', '192.0.2.1')) }, { ways: ways(undefined) }), 'a rule of this host'],
    [
      'dialled, beside the way it replaced',
      host({ seen: seen(route('ppp0')), granted: home }, { ways: ways('ppp0') }),
      'the VPN ppp0',
    ],
  ])('%s', (_, input, text) => {
    const found = surroundings(input);
    expect(found).toMatchObject({ state: 'away', reason: 'vpn' });
    expect(found.text).toContain(text);
    expect(surroundings({ ...input, vpn: 'beside' })).not.toMatchObject({ reason: 'vpn' });
  });

  test.each([
    [
      'takes some',
      host(
        { seen: seen(route('eth0', '192.0.2.1')) },
        {
          ways: [
            { family: 4, destination: '23.192.0.1', link: 'wg0' },
            { family: 4, destination: '203.0.113.1', link: 'eth0' },
          ],
        },
      ),
    ],
    ['is the uplink by name', host({ uplink: 'wg0', seen: seen(route('wg0')) }, { ways: ways('wg0') })],
    [
      'is a dialled line, the only one there is',
      host({ seen: { links: [link('ppp0', 'ppp')], defaults: [route('ppp0')] } }, { ways: ways('ppp0') }),
    ],
    ["is a lane's own tunnel", host({ seen: seen(route('eth0', '192.0.2.1')) }, { ways: ways('slx') })],
    [
      'brings IPv4 to a network of IPv6 (464XLAT)',
      host(
        { seen: seen(route('eth0', 'fe80::1'), route('tun0')) },
        { ways: [...ways('tun0'), { family: 6, destination: '2606:2800::1', link: 'eth0' }] },
      ),
    ],
    [
      'brings IPv6 to a network of IPv4 (6in4)',
      host(
        { seen: { links: [link('eth0'), link('he0', 'sit')], defaults: [route('eth0', '192.0.2.1')] } },
        { ways: ways('eth0', 'he0') },
      ),
    ],
    [
      'is another card',
      host(
        { uplink: 'eth0', seen: { links: [link('eth0'), link('eth1')], defaults: [route('eth1', '192.0.2.9')] } },
        { ways: ways('eth1') },
      ),
    ],
  ])('not one that %s', (_, input) => {
    expect(surroundings(input)).toMatchObject({ state: 'right' });
  });

  test('beside it, the uplink is the one that is not the VPN', () => {
    const input = host(
      {
        vpn: 'beside',
        seen: seen(route('eth0', '192.0.2.1', 100), route('tun0', undefined, 50)),
      },
      { ways: ways('tun0') },
    );
    expect(surroundings(input)).toMatchObject({ state: 'right', network: { uplink: 'eth0' } });
  });
});

describe('another network', () => {
  const seenFrom = (more: Partial<Network>): Network => ({ ...home, ...more });
  const lan = seenFrom({ prefixes: ['192.168.1.0/24'], nextHop: { 4: '192.168.1.1' } });
  test.each<[string, Network, Network, boolean]>([
    ['the same', home, home, true],
    ['a new gateway in the same public prefix', home, seenFrom({ nextHop: { 4: '192.0.2.2' }, mac: { 4: 'x' } }), true],
    ['the gateway is not known yet', home, seenFrom({ mac: {} }), true],
    ['another prefix', home, seenFrom({ prefixes: ['198.51.100.0/24'], mac: {} }), false],
    ['another prefix, behind the same gateway', home, seenFrom({ prefixes: ['198.51.100.0/24'] }), false],
    [
      'IPv4 elsewhere, while the old IPv6 is still there',
      seenFrom({ prefixes: ['192.0.2.0/24', '2001:db8::/64'], mac: {} }),
      seenFrom({ prefixes: ['198.51.100.0/24', '2001:db8::/64'], mac: {} }),
      false,
    ],
    ['another family has gone', seenFrom({ prefixes: ['192.0.2.0/24', '2001:db8::/64'] }), home, true],
    [
      'another family alone',
      seenFrom({ prefixes: ['2001:db8::/64'], nextHop: { 6: 'fe80::1' }, mac: {} }),
      home,
      false,
    ],
    ['one prefix of two', seenFrom({ prefixes: ['192.0.2.0/24', '2001:db8::/64'] }), home, true],
    ['another card at the same gateway', home, seenFrom({ uplink: 'wlan0' }), true],
    ['another card at a gateway not known', home, seenFrom({ uplink: 'wlan0', mac: {} }), false],
    ['another gateway of the same address', home, seenFrom({ mac: { 4: '02:00:00:00:00:99' } }), false],
    [
      'a private prefix that is the same everywhere',
      lan,
      seenFrom({ ...lan, nextHop: { 4: '192.168.1.254' }, mac: { 4: '02:00:00:00:00:99' } }),
      false,
    ],
    ['a private prefix, nothing known of the gateways', seenFrom({ ...lan, mac: {} }), lan, true],
    ['no prefixes, the same next hop', seenFrom({ prefixes: [], mac: {} }), seenFrom({ prefixes: [], mac: {} }), true],
    [
      'no prefixes, another next hop',
      seenFrom({ prefixes: [], mac: {} }),
      seenFrom({ prefixes: [], mac: {}, nextHop: { 4: '192.0.2.77' } }),
      false,
    ],
  ])('%s', (_, a, b, same) => {
    expect([sameNetwork(a, b), sameNetwork(b, a)]).toEqual([same, same]);
  });

  test('says which, and where from', () => {
    const found = surroundings(host({ granted: seenFrom({ prefixes: ['198.51.100.0/24'], mac: {} }) }));
    expect(found).toMatchObject({ state: 'away', reason: 'other-network', network: { uplink: 'eth0' } });
    expect(found.text).toContain('eth0 via 192.0.2.1 192.0.2.0/24');
    expect(found.text).toContain('198.51.100.0/24');
  });
});

test('a login page stands before the network', () => {
  expect(surroundings(host({ granted: home, portal: 'NetworkManager says so' }))).toMatchObject({
    state: 'away',
    reason: 'portal',
    text: expect.stringContaining('NetworkManager says so'),
  });
});

test('of several default routes the one in use names the gateway', () => {
  const { seen, facts } = host({
    seen: {
      links: [link('eth0')],
      defaults: [route('eth0', '192.0.2.9', 200), route('eth0', '192.0.2.1', 100), route('eth0', 'fe80::1')],
    },
  });
  expect(networkOf('auto', seen, facts)).toMatchObject({ nextHop: { 4: '192.0.2.1', 6: 'fe80::1' } });
});
