import { setTimeout as pause } from 'node:timers/promises';
import { systemClock, unwrap } from '@sublane/basics';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { ADDRESSES, Lab, Observer, openAccessNetwork, PYTHON } from '../../test/lab/index.ts';
import type { Engine } from '../lanes/engine.ts';
import type { LaneWish, SecurityWish } from '../lanes/wish.ts';
import { lacking } from './lacking-kernel.fixture.ts';
import { fromNow, labLane, SubscriberHost, wishFor } from './subscriber-host.fixture.ts';

const VXLAN = { type: 'tunnel', encapsulation: 'vxlan', remote: ADDRESSES.edge.v4, port: 4789, identifier: 9 } as const;

describeInLab('what a security profile lets through, wherever the lane stands', () => {
  let lab: Lab;
  let subscriber: SubscriberHost;
  let engine: Engine;
  /** What comes to the edge on the access link: outer packets of tunnels too. */
  let access: Observer;

  beforeAll(async () => {
    lab = Lab.open();
    const network = await openAccessNetwork(lab);
    subscriber = new SubscriberHost(network, lab);
    await network.edge.ip(
      'link add vx type vxlan id 9 remote 192.0.2.7 local 192.0.2.1 dstport 4789 dev access',
      'link set vx up',
      'address add 10.9.0.1/24 dev vx',
      'address add 2001:db8:9::1/64 dev vx nodad',
      'route add 192.0.2.151/32 via 192.0.2.7',
      'route add 192.0.2.152/32 via 192.0.2.7',
      'route add 2001:db8:a:1::/64 via 2001:db8:a::7',
    );
    await network.server.ip('address add 198.51.100.11/24 dev net', 'address add 2001:db8:b::11/64 dev net nodad');
    access = await Observer.open(network.edge, 'access');
  });
  afterAll(async () => {
    subscriber?.leave();
    await lab?.close();
  });
  afterEach(async () => {
    unwrap(await engine.undo());
  });

  const address = (text: string, prefixLength: number) => ({ address: text, prefixLength, deprecated: false });
  const kinds: readonly (readonly [string, readonly string[], (id: number) => Partial<LaneWish>])[] = [
    ['on-link, a link of its own', [], () => ({})],
    ['on-link, on the uplink itself', ['ipvlan', 'macvlan'], () => ({})],
    [
      'routed to the host',
      [],
      (id) => ({
        attachment: { type: 'routed' },
        addresses: [address(`192.0.2.15${id}`, 32), address(`2001:db8:a:1::${id}`, 128)],
      }),
    ],
    [
      'a VXLAN tunnel',
      [],
      (id) => ({
        attachment: VXLAN,
        mtu: 1400 as never,
        addresses: [address(`10.9.0.5${id}`, 24), address(`2001:db8:9::5${id}`, 64)],
        routes: [
          { destination: '0.0.0.0/0', nextHop: '10.9.0.1' },
          { destination: '::/0', nextHop: '2001:db8:9::1' },
        ],
      }),
    ],
  ];
  const security: SecurityWish = {
    profile: 'web',
    isolated: true,
    whenDown: 'block',
    permit: [
      { name: 'web', destination: '198.51.100.10/32', protocol: 6, ports: { lower: 80, upper: 80 } },
      { name: 'web', destination: '2001:db8:b::10/128', protocol: 6, ports: { lower: 80, upper: 80 } },
      { name: 'ping', destination: '198.51.100.10/32', protocol: 1 },
      { name: 'ping', destination: '2001:db8:b::10/128', protocol: 58 },
      { name: 'udp', destination: '2001:db8:b::10/128', protocol: 17, ports: { lower: 5001, upper: 5002 } },
    ],
  };
  const reaches = async (groupId: number, argv: readonly string[]) =>
    (await subscriber.inGroup(groupId, argv)).code === 0;
  const get = (address: string, port = 80) => [
    'curl',
    '-sS',
    '-m',
    '2',
    '-o',
    '/dev/null',
    address.includes(':') ? `http://[${address}]:${port}/` : `http://${address}:${port}/`,
  ];
  const ping = (address: string) => ['ping', '-n', '-c', '2', '-i', '0.3', '-W', '2', address];

  for (const [name, lacks, more] of kinds) {
    test(`${name}: permitted destinations, and no other group`, async () => {
      engine = subscriber.engine({}, (kernel) => lacking(kernel, lacks));
      const [first, second] = [labLane(1, { ...more(1), security }), labLane(2, more(2))];
      unwrap(await engine.converge(wishFor(first, second)));
      const { server } = ADDRESSES;
      const attempts = {
        'web by IPv4': reaches(1, get(server.v4)),
        'web by IPv6': reaches(1, get(server.v6)),
        'ping by IPv4': reaches(1, ping(server.v4)),
        'ping by IPv6': reaches(1, ping(server.v6)),
        'another port by IPv4': reaches(1, get(server.v4, 8001)),
        'another port by IPv6': reaches(1, get(server.v6, 8001)),
        'another host by IPv4': reaches(1, get('198.51.100.11')),
        'another host by IPv6': reaches(1, get('2001:db8:b::11')),
        'its own address': reaches(1, ping(first.addresses[0]?.address as string)),
        'the other group by IPv4': reaches(1, ping(second.addresses[0]?.address as string)),
        'the other group by IPv6': reaches(1, ping(second.addresses[1]?.address as string)),
        'from the other group by IPv4': reaches(2, ping(first.addresses[0]?.address as string)),
        'from the other group by IPv6': reaches(2, ping(first.addresses[1]?.address as string)),
        'the other group, another host by IPv4': reaches(2, get('198.51.100.11')),
        'the other group, another host by IPv6': reaches(2, get('2001:db8:b::11')),
      };
      const outcomes = Object.fromEntries(
        await Promise.all(
          Object.entries(attempts).map(async ([attempt, outcome]) => [attempt, await outcome] as const),
        ),
      );
      expect(outcomes).toEqual({
        'web by IPv4': true,
        'web by IPv6': true,
        'ping by IPv4': true,
        'ping by IPv6': true,
        'another port by IPv4': false,
        'another port by IPv6': false,
        'another host by IPv4': false,
        'another host by IPv6': false,
        'its own address': true,
        'the other group by IPv4': false,
        'the other group by IPv6': false,
        'from the other group by IPv4': false,
        'from the other group by IPv6': false,
        'the other group, another host by IPv4': true,
        'the other group, another host by IPv6': true,
      });
      const [one, two] = unwrap(await engine.counters());
      expect(one?.dropped.packets).toBeGreaterThan(4);
      expect(one?.upld.packets).toBeGreaterThan(8);
      expect(two?.dnld.packets).toBeGreaterThan(4);
    });
  }

  test('counters go on when a lane with a prefix of its own comes beside it, and when it goes', async () => {
    engine = subscriber.engine();
    const first = labLane(1);
    const behind = labLane(2, {
      attachment: { type: 'routed' },
      addresses: [address('2001:db8:a:1::1', 64), address('192.0.2.193', 26)],
    });
    const counted = async () => unwrap(await engine.counters()).find(({ groupId }) => groupId === 1)?.upld.packets ?? 0;
    unwrap(await engine.converge(wishFor(first)));
    expect(await reaches(1, get(ADDRESSES.server.v6))).toBe(true);
    const before = await counted();
    expect(before).toBeGreaterThan(3);
    for (const wish of [wishFor(first, behind), wishFor(first)]) {
      unwrap(await engine.converge(wish));
      expect(unwrap(await engine.plan(wish)).steps).toEqual([]);
      expect(await counted()).toBeGreaterThanOrEqual(before);
    }
  });

  test('with nobody there when the lease ends, a group to be blocked has no way left, not the host’s either', async () => {
    engine = subscriber.engine();
    const internal = { routes: [{ destination: '203.0.113.0/24' }, { destination: '2001:db8:99::/48' }] };
    const validUntil = fromNow(4_000);
    const wish = wishFor(
      labLane(1, { ...internal, unmatched: 'host', whenDown: 'block', validUntil }),
      labLane(2, { ...internal, unmatched: 'host', validUntil }),
    );
    unwrap(await engine.converge(wish));
    expect(unwrap(await engine.plan(wish)).steps).toEqual([]);
    const { v4, v6 } = ADDRESSES.server;
    const reached = () => Promise.all([1, 2].flatMap((group) => [reaches(group, get(v4)), reaches(group, get(v6))]));
    expect(await reached()).toEqual([true, true, true, true]);
    await pause(Math.max(0, validUntil - systemClock.sinceBoot()) + 300);
    await access.flows();
    expect(await reached()).toEqual([false, false, true, true]);
    const renewed = wishFor(labLane(1, { ...internal, unmatched: 'host', whenDown: 'block' }));
    unwrap(await engine.converge(renewed));
    expect(await reaches(1, get(v4))).toBe(true);
  });

  test('towards a tunnel’s end goes what the tunnel carries, counted once, and nothing that an application sends itself', async () => {
    engine = subscriber.engine();
    const [, , , tunnel] = kinds;
    unwrap(await engine.converge(wishFor(labLane(1, { ...tunnel?.[2](1), unmatched: 'host' }))));
    await access.flows();
    for (const target of [ADDRESSES.server.v4, ADDRESSES.server.v6]) expect(await reaches(1, get(target))).toBe(true);
    const carried = (await access.flows()).filter(({ protocol }) => protocol !== 'icmp');
    expect(carried.map(({ source, protocol, port }) => `${source} ${protocol} ${port}`)).toEqual([
      '192.0.2.7 udp 4789',
    ]);
    const before = unwrap(await engine.counters())[0];
    // Neighbour discovery of the kernel's own goes through the tunnel as well.
    expect(before?.upld.packets).toBeLessThanOrEqual(carried[0]?.packets as number);
    expect(before?.upld.packets).toBeGreaterThan(8);
    // An application that knows the tunnel's end, and its port.
    for (const port of ['4789', '4790']) await subscriber.inGroup(1, [PYTHON, '-c', SEND, ADDRESSES.edge.v4, port]);
    // Its five octets in a datagram of its own; through the tunnel they are more.
    const own = (await access.flows()).filter(({ packets, bytes }) => bytes / packets === 20 + 8 + 5);
    expect(own).toEqual([]);
    expect(unwrap(await engine.counters())[0]?.dropped.packets).toBeGreaterThanOrEqual(10);
  });
});

/** Five datagrams from an ordinary socket, and five from one bound to the uplink. */
const SEND = `
import socket, sys
for device in (None, b"uplink"):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    if device: s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)
    for n in range(5):
        try: s.sendto(b"stray", (sys.argv[1], int(sys.argv[2])))
        except OSError: pass
`;
