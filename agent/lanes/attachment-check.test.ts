import { bytes, unwrap } from '@sublane/basics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HOST, lane, NOW, UPLINKS, wishOf, world } from './engine-world.fixture.ts';
import type { KernelObject } from './kernel-object.ts';
import type { Attachment, LaneWish, Tunnel, Wish } from './wish.ts';
import { ATTACHMENTS, wishArbitrary } from './wish-arbitrary.fixture.ts';
import { checkWish } from './wish-check.ts';

const tunnel = <T extends Tunnel>(one: T) => ({ type: 'tunnel', ...one }) as const;
const KEY = `${'A'.repeat(43)}=`;
const gre = (more: object = {}) => tunnel({ encapsulation: 'gre', remote: '203.0.113.1', ...more });
const vxlan = (more: object = {}) =>
  tunnel({ encapsulation: 'vxlan', remote: '203.0.113.1', port: 4789, identifier: 5, ...more });
const wireguard = (more: object = {}) =>
  tunnel({
    encapsulation: 'wireguard',
    remote: '203.0.113.1',
    port: 51_820,
    peerKey: KEY,
    keyFile: '/etc/key',
    ...more,
  });

describe('a wish', () => {
  test.each<[string, Attachment]>([
    ['VLAN 0', { type: 'vlan', id: 0 }],
    ['VLAN 4095', { type: 'vlan', id: 4095 }],
    ['VLAN 1.5', { type: 'vlan', id: 1.5 }],
    ['a remote that is no address', gre({ remote: 'edge.example.net' })],
    ['a remote on loopback', gre({ remote: '127.0.0.1' })],
    ['a remote that is many', gre({ remote: '239.1.1.1' })],
    ['a remote of the link only', gre({ remote: 'fe80::1' })],
    ['no remote', gre({ remote: '::' })],
    ['a GRE key of 33 bits', gre({ key: 2 ** 32 })],
    ['a VXLAN identifier of 25 bits', vxlan({ identifier: 2 ** 24 })],
    ['port 0', vxlan({ port: 0 })],
    ['port 65536', wireguard({ port: 65_536 })],
    ['a key of 31 bytes', wireguard({ peerKey: `${'A'.repeat(42)}==` })],
    ['a key that is no base64', wireguard({ peerKey: `${'?'.repeat(43)}=` })],
    ['a key file named from nowhere', wireguard({ keyFile: 'key' })],
    ['a key file with a line break', wireguard({ keyFile: '/etc/key\n' })],
  ])('with %s is refused', (_, attachment) => {
    expect(checkWish(wishOf(lane({ attachment })))).toHaveLength(1);
  });

  test.each(ATTACHMENTS)('with %j is taken', (attachment) => {
    expect(checkWish(wishOf(lane({ attachment })))).toEqual([]);
  });

  const second = (more: Partial<LaneWish>) =>
    lane({
      groupId: 2,
      interface: 'sl2',
      addresses: [{ address: '192.0.2.60', prefixLength: 24, deprecated: false }],
      ...more,
    });
  test('whose tunnel ends at an address of a lane is refused', () => {
    const wish = wishOf(lane({ attachment: gre({ remote: '192.0.2.60' }) }), second({}));
    expect(checkWish(wish)).toMatchObject([{ groupId: 1, message: expect.stringContaining('of group 2') }]);
    const prefix = [{ address: '198.51.100.8', prefixLength: 24, deprecated: false }];
    const inside = wishOf(
      lane({ attachment: gre({ remote: '198.51.100.9' }) }),
      second({ attachment: { type: 'routed' }, addresses: prefix }),
    );
    expect(checkWish(inside)).toMatchObject([{ groupId: 1, message: expect.stringContaining('of group 2') }]);
  });
  test('with a prefix granted whole that has another lane in it, or is half the Internet, is refused', () => {
    const prefix = (length: number) => [{ address: '192.0.2.33', prefixLength: length, deprecated: false }];
    const whole = (length: number) => lane({ attachment: { type: 'routed' }, addresses: prefix(length) });
    expect(checkWish(wishOf(whole(24), second({})))).toMatchObject([
      { groupId: 1, message: expect.stringContaining('of group 2') },
    ]);
    expect(checkWish(wishOf(whole(28), second({})))).toEqual([]);
    const twin = second({ attachment: { type: 'routed' }, addresses: [{ ...prefix(24)[0]!, address: '192.0.2.34' }] });
    expect(checkWish(wishOf(whole(24), twin)).map(({ groupId }) => groupId)).toEqual([1, 2]);
    expect(checkWish(wishOf(whole(1)))).toHaveLength(1);
  });
  test('with one VXLAN identifier and two far ends is refused', () => {
    const wish = wishOf(lane({ attachment: vxlan() }), second({ attachment: vxlan({ remote: '203.0.113.2' }) }));
    expect(checkWish(wish)).toMatchObject([{ groupId: 2, message: expect.stringContaining('sl-x5') }]);
    expect(checkWish(wishOf(lane({ attachment: vxlan() }), second({ attachment: vxlan() })))).toEqual([]);
  });
  test('with a link named as shared ones are is refused', () => {
    expect(checkWish(wishOf(lane({ interface: 'sl-v7' })))).toHaveLength(1);
  });
});

describe('a host that lacks something', () => {
  const refusedOn = async (lacks: string[], wish: Wish) => {
    const { engine, kernel } = world({ lacks });
    const refused = await engine().converge(wish);
    if (refused.ok) return undefined;
    expect(kernel.objects).toEqual([]);
    return refused.failure;
  };
  test.each<[string, Attachment]>([
    ['vlan', { type: 'vlan', id: 7 }],
    ['gre', gre()],
    ['ip6gre', gre({ remote: '2001:db8:f::1' })],
    ['sit', tunnel({ encapsulation: 'ipip', remote: '203.0.113.1' })],
    ['ip6tnl', tunnel({ encapsulation: 'ipip', remote: '2001:db8:f::1' })],
    ['vxlan', vxlan()],
    ['wireguard', wireguard()],
  ])('refuses %s before anything is touched', async (name, attachment) => {
    expect(await refusedOn([name], wishOf(lane({ attachment })))).toMatchObject({
      kind: 'unsupported',
      capability: name,
    });
    expect(await refusedOn([], wishOf(lane({ attachment })))).toBeUndefined();
  });
  test('refuses a VLAN on what is no Ethernet, and a far end that is itself', async () => {
    const onSerial = { ...wishOf(lane({ attachment: { type: 'vlan', id: 7 } })), uplink: 'slip0' };
    expect(await refusedOn([], onSerial)).toMatchObject({ kind: 'unsupported', capability: 'vlan' });
    const { engine } = world({ addresses: ['203.0.113.1'] });
    const whole = [{ address: '192.0.2.50', prefixLength: 24, deprecated: false }];
    for (const one of [lane({ attachment: gre() }), lane({ attachment: { type: 'routed' }, addresses: whole })])
      expect(await engine().converge(wishOf(one))).toMatchObject({ failure: { kind: 'invalid' } });
  });
  test('of IPv6 refuses only what is outside: lanes of every other attachment come and go', async () => {
    const wishes = wishArbitrary(NOW, UPLINKS, false);
    await fc.assert(
      fc.asyncProperty(wishes, wishes, async (one, two) => {
        const { engine, kernel } = world({ lacks: ['ipv6'] });
        for (const wish of [one, two]) {
          unwrap(await engine().converge(wish));
          expect(unwrap(await engine().plan(wish)).steps).toEqual([]);
        }
        expect(kernel.objects.filter((object) => 'family' in object && object.family === 6)).toEqual([]);
        unwrap(await engine().undo());
        expect(kernel.objects).toEqual([]);
      }),
      { numRuns: 20 },
    );
    expect(await refusedOn(['ipv6'], wishOf(lane({ attachment: gre({ remote: '2001:db8:f::1' }) })))).toMatchObject({
      kind: 'unsupported',
      capability: 'ipv6',
    });
  });
});

describe('what stands for an attachment', () => {
  async function objectsOf(attachment: Attachment, more: Partial<LaneWish> = {}, lacks: string[] = []) {
    const { engine, kernel } = world({ lacks });
    const report = unwrap(await engine().converge(wishOf(lane({ attachment, ...more }))));
    const of = <K extends KernelObject['kind']>(kind: K) =>
      kernel.objects.filter((object): object is Extract<KernelObject, { kind: K }> => object.kind === kind);
    return {
      report: report.lanes[0],
      links: of('link'),
      addresses: of('address'),
      routes: of('route'),
      rules: of('rule'),
    };
  }

  test('routed: a dummy of its own, routes by the uplink; without dummies, lo', async () => {
    const alone = [{ address: '192.0.2.50', prefixLength: 32, deprecated: false }];
    const { links, addresses, routes } = await objectsOf({ type: 'routed' }, { mtu: bytes(1400), addresses: alone });
    expect(links).toMatchObject([{ name: 'sl1', device: { type: 'dummy' }, mtu: 1500 }]);
    expect(addresses).toMatchObject([{ link: 'sl1' }]);
    const ways = routes.filter(({ type }) => type === 'unicast');
    expect(ways).toMatchObject([
      { destination: 'default', link: 'eth0', via: '192.0.2.1', source: '192.0.2.50', mtu: 1400 },
    ]);
    const without = await objectsOf({ type: 'routed' }, { addresses: alone }, ['dummy']);
    expect(without.links).toEqual([]);
    expect(without.report).toMatchObject({ means: 'loopback', interface: 'lo' });
  });

  test('a routed prefix: whole, but for what others of this host have in it; the rest does not go back', async () => {
    const addresses = [
      { address: '2001:db8:1::1', prefixLength: 56, deprecated: false },
      { address: '2001:db8:1::2', prefixLength: 56, deprecated: true },
    ];
    const { rules, routes } = await objectsOf({ type: 'routed' }, { addresses });
    const of = (preference: number) => rules.filter((rule) => rule.family === 6 && rule.preference === preference);
    expect(of(30_000)).toMatchObject([{ to: '2001:db8:1::/56', table: 254, specific: true }]);
    expect(of(30_002).map(({ from, to, table }) => [from, to, table])).toEqual(
      expect.arrayContaining([
        ['2001:db8:1::/56', undefined, 510_001],
        [undefined, '2001:db8:1::/56', 510_001],
      ]),
    );
    expect(routes).toContainEqual(expect.objectContaining({ type: 'unreachable', destination: '2001:db8:1::/56' }));
  });

  test('a VLAN: an ipvlan above it; next hops only where they were granted', async () => {
    const routes = [{ destination: '0.0.0.0/0', nextHop: '192.0.2.33' }];
    const seen = await objectsOf({ type: 'vlan', id: 7 }, { routes });
    expect(seen.links).toMatchObject([
      { name: 'sl-v7', device: { type: 'vlan', parent: 'eth0', id: 7 }, mtu: 1500 },
      { name: 'sl1', device: { type: 'ipvlan', parent: 'sl-v7' } },
    ]);
    expect(seen.routes).toContainEqual(
      expect.objectContaining({ destination: 'default', via: '192.0.2.33', link: 'sl1' }),
    );
    const { routes: without } = await objectsOf({ type: 'vlan', id: 7 });
    const way = without.find(({ destination, type }) => destination === 'default' && type === 'unicast');
    expect(way).toMatchObject({ link: 'sl1' });
    expect(way).not.toHaveProperty('via');
  });

  test.each<[string, Attachment, number]>([
    ['GRE', gre(), 1476],
    ['GRE with a key', gre({ key: 1 }), 1472],
    ['GRE in IPv6', gre({ remote: '2001:db8:f::1' }), 1456],
    ['IP in IP', tunnel({ encapsulation: 'ipip', remote: '203.0.113.1' }), 1480],
    ['IP in IPv6', tunnel({ encapsulation: 'ipip', remote: '2001:db8:f::1' }), 1460],
    ['WireGuard', wireguard(), 1440],
    ['WireGuard in IPv6', wireguard({ remote: '2001:db8:f::1' }), 1420],
  ])('%s: addresses on its end, routes without next hop, room for what it puts around', async (_, attachment, mtu) => {
    const routes = [{ destination: '0.0.0.0/0', nextHop: '192.0.2.33' }];
    const seen = await objectsOf(attachment, { routes });
    const [link] = seen.links;
    expect(seen.links).toHaveLength(1);
    expect(link?.name).toMatch(/^sl-t[0-9a-f]{8}$/);
    expect(link?.mtu).toBe(mtu);
    expect(seen.addresses).toMatchObject([{ link: link?.name }]);
    expect(seen.report).toMatchObject({ means: 'tunnel', interface: link?.name });
    for (const route of seen.routes.filter(({ type }) => type === 'unicast')) {
      expect(route.link).toBe(link?.name);
      expect(route).not.toHaveProperty('via');
    }
  });

  test('VXLAN: the outer packets, which keep the mark, go by main', async () => {
    const { rules, links } = await objectsOf(vxlan());
    expect(links.map(({ name, mtu }) => [name, mtu])).toEqual([
      ['sl-x5', 1450],
      ['sl1', 1450],
    ]);
    expect(rules).toContainEqual(
      expect.objectContaining({ to: '203.0.113.1', udpPort: 4789, table: 254, preference: 30_000 }),
    );
  });

  test('lanes of one tunnel share its end, which is as large as the largest of them', async () => {
    const { engine, kernel } = world();
    const two = lane({
      groupId: 2,
      interface: 'sl2',
      attachment: gre(),
      mtu: bytes(1400),
      addresses: [{ address: '192.0.2.60', prefixLength: 32, deprecated: false }],
    });
    unwrap(await engine().converge(wishOf(lane({ attachment: gre(), mtu: bytes(1300) }), two)));
    const links = kernel.objects.filter(({ kind }) => kind === 'link');
    expect(links).toMatchObject([{ mtu: 1400 }]);
    const mtus = kernel.objects.flatMap((one) => (one.kind === 'route' && one.type === 'unicast' ? [one.mtu] : []));
    expect(new Set(mtus)).toEqual(new Set([1300, undefined]));
  });

  test('an uplink too small for IPv6 inside: the packets around it are sent in pieces', async () => {
    const links = HOST.links.map((link) => (link.name === 'eth0' ? { ...link, mtu: 1280 } : link));
    const { engine, kernel } = world({ links });
    unwrap(await engine().converge(wishOf(lane({ attachment: gre() }))));
    expect(kernel.objects.find(({ kind }) => kind === 'link')).toMatchObject({ mtu: 1280 });
  });
});
