import { unwrap } from '@sublane/basics';
import { afterEach, expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { ADDRESSES, type Flow, snapshotHost, toolPath } from '../../test/lab/index.ts';
import type { Engine } from '../lanes/engine.ts';
import { fromNow, labLane, type SubscriberHost, upTo, wishFor } from './subscriber-host.fixture.ts';
import { onSubscriberHost } from './subscriber-lab.fixture.ts';

describeInLab('lanes on a real kernel', () => {
  let subscriber: SubscriberHost;
  let engine: Engine;
  onSubscriberHost((opened) => {
    subscriber = opened;
    engine = subscriber.engine();
  });
  afterEach(async () => {
    unwrap(await engine.undo());
    engine = subscriber.engine();
  });

  const { server, host: own } = ADDRESSES;
  const web = (address: string) => (address.includes(':') ? `http://[${address}]/` : `http://${address}/`);

  /** What ordinary tools of a group do, and what the server saw of it. */
  async function traffic(groupId: number, patience = '5'): Promise<readonly Flow[]> {
    await subscriber.network.observer.flows();
    for (const address of [server.v4, server.v6]) {
      await subscriber.inGroup(groupId, ['curl', '-sS', '-m', patience, web(address)]);
      await subscriber.inGroup(groupId, ['ping', '-n', '-c', '1', '-W', patience, address]);
      await subscriber.inGroup(groupId, ['python3', toolPath('udp-sender.py'), address, '5001', '500', '0.1']);
    }
    return subscriber.network.observer.flows();
  }

  for (const capability of ['macvlan', 'uplink'] as const) {
    test(`unmodified tools leave with their lane's address and DSCP, by ${capability}`, async () => {
      const lacking = capability === 'uplink' ? ['ipvlan', 'macvlan'] : [];
      engine = subscriber.engine({}, (kernel) => ({
        ...bind(kernel),
        capabilities: async () =>
          (await kernel.capabilities()).map((one) => (lacking.includes(one.name) ? { ...one, present: false } : one)),
      }));
      const report = unwrap(await engine.converge(wishFor(labLane(1), labLane(2, { dscp: 34 }))));
      if (capability === 'uplink') expect(report.lanes.map(({ means }) => means)).toEqual(['uplink', 'uplink']);
      for (const [groupId, dscp] of [
        [1, 46],
        [2, 34],
      ] as const) {
        const flows = await traffic(groupId);
        const seen = flows.map(({ family, source, dscp, protocol }) => `${family} ${protocol} ${source} ${dscp}`);
        expect(seen.sort()).toEqual(
          ['icmp', 'tcp', 'udp']
            .flatMap((protocol) => [
              `4 ${protocol} 192.0.2.${50 + groupId} ${dscp}`,
              `6 ${protocol} 2001:db8:a::${50 + groupId} ${dscp}`,
            ])
            .sort(),
        );
      }
      const counters = unwrap(await engine.counters());
      expect(counters.map(({ groupId }) => groupId)).toEqual([1, 2]);
      for (const { upld, dnld, dropped } of counters) {
        expect(upld.packets).toBeGreaterThan(10);
        expect(dnld.packets).toBeGreaterThan(5);
        expect(dropped.packets).toBe(0);
      }
    });
  }

  test("the host's own traffic is as before, and its lanes answer from outside", async () => {
    unwrap(await engine.converge(wishFor(labLane(1, { upld: upTo(1000) }))));
    const { host, edge, observer } = subscriber.network;
    await observer.flows();
    for (const address of [server.v4, server.v6]) await host.must(['curl', '-sS', '-m', '5', web(address)]);
    const flows = await observer.flows();
    expect(flows.map(({ source, dscp }) => `${source} ${dscp}`).sort()).toEqual([`${own.v4} 0`, `${own.v6} 0`].sort());
    await edge.must(['ping', '-n', '-c', '2', '-i', '0.2', '-W', '2', '192.0.2.51']);
    await edge.must(['ping', '-n', '-c', '2', '-i', '0.2', '-W', '2', '2001:db8:a::51']);
  });

  test('one MAC address answers for a lane, and another for the host', async () => {
    unwrap(await engine.converge(wishFor(labLane(1))));
    const { edge, host } = subscriber.network;
    const links = JSON.parse(await host.must(['ip', '-json', 'link'])) as { ifname: string; address: string }[];
    const macOf = (name: string) => links.find(({ ifname }) => ifname === name)?.address;
    for (const [address, name] of [
      ['192.0.2.51', 'sl1'],
      [own.v4, 'uplink'],
    ] as const) {
      const answered = await edge.must(['python3', '-c', WHO_HAS, 'access', ADDRESSES.edge.v4, address]);
      expect(answered.trim()).toBe(macOf(name));
    }
  });

  test('loopback and the addresses of the host are reached from a lane', async () => {
    unwrap(await engine.converge(wishFor(labLane(1, { unmatched: 'unreachable' }))));
    for (const address of ['127.0.0.1', '::1', own.v4, own.v6, '192.0.2.51'])
      expect((await subscriber.inGroup(1, ['ping', '-n', '-c', '1', '-W', '2', address])).code).toBe(0);
  });

  test("what is direct is reached by the host's own way, from a lane too", async () => {
    const direct = ['198.51.100.0/24', '2001:db8:b::/64'];
    unwrap(await engine.converge({ ...wishFor(labLane(1)), direct }));
    const flows = await traffic(1);
    expect(new Set(flows.map(({ source, dscp }) => `${source} ${dscp}`))).toEqual(
      new Set([`${own.v4} 0`, `${own.v6} 0`]),
    );
    unwrap(await engine.converge(wishFor(labLane(1))));
    const after = await traffic(1);
    expect(new Set(after.map(({ source }) => source))).toEqual(new Set(['192.0.2.51', '2001:db8:a::51']));
  });

  test('a family not granted goes nowhere', async () => {
    const [four] = labLane(1).addresses;
    unwrap(await engine.converge(wishFor(labLane(1, { addresses: [four!] }))));
    const flows = await traffic(1);
    expect(new Set(flows.map(({ source }) => source))).toEqual(new Set(['192.0.2.51']));
  });

  test('listed routes: what they do not match goes by the host’s own way, or nowhere', async () => {
    const routes = [{ destination: '198.51.100.0/28', nextHop: '192.0.2.1' }, { destination: '2001:db8:b::10/128' }];
    for (const [unmatched, expected] of [
      ['host', '192.0.2.7'],
      ['unreachable', undefined],
    ] as const) {
      unwrap(await engine.converge(wishFor(labLane(1, { routes, unmatched }))));
      const seen = async (target: string) => {
        const { stdout } = await subscriber.network.host.run(['ip', 'route', 'get', target, 'mark', '0x5b000001']);
        return / src (\S+)/.exec(stdout)?.[1];
      };
      expect(await seen(server.v4)).toBe('192.0.2.51');
      expect(await seen(server.v6)).toBe('2001:db8:a::51');
      expect(await seen('203.0.113.9')).toBe(expected);
      expect(new Set((await traffic(1)).map(({ source }) => source))).toEqual(
        new Set(['192.0.2.51', '2001:db8:a::51']),
      );
      if (unmatched === 'host') {
        // Beyond the listed prefixes, the edge itself: answered, to the host's own address.
        const edge = await subscriber.inGroup(1, ['ping', '-n', '-c', '1', '-W', '2', '198.51.100.1']);
        expect(edge.code).toBe(0);
      }
    }
  });

  test('an application cannot leave its lane by binding to another address', async () => {
    // Addresses of their own: a connection of an earlier test may still be answered with a reset.
    unwrap(await engine.converge(wishFor(labLane(11), labLane(12))));
    await subscriber.network.observer.flows();
    for (const address of [own.v4, own.v6, '192.0.2.62', '2001:db8:a::62']) {
      const target = address.includes(':') ? server.v6 : server.v4;
      await subscriber.inGroup(11, ['curl', '-sS', '-m', '1', '--interface', address, web(target)]);
    }
    expect(await subscriber.network.observer.flows()).toEqual([]);
    const [one] = unwrap(await engine.counters());
    expect(one?.dropped.packets).toBeGreaterThanOrEqual(4);
  });

  test('a security profile: only permitted destinations, and nothing between isolated groups', async () => {
    const security = {
      profile: 'web',
      isolated: true,
      whenDown: 'block' as const,
      permit: [
        { name: 'web', destination: '198.51.100.0/24', protocol: 6, ports: { lower: 80, upper: 80 } },
        { name: 'ping', protocol: 58 },
      ],
    };
    unwrap(await engine.converge(wishFor(labLane(1, { security }), labLane(2))));
    const flows = await traffic(1, '1');
    expect(flows.map(({ family, protocol }) => `${family} ${protocol}`).sort()).toEqual(['4 tcp', '6 icmp']);
    const { code } = await subscriber.inGroup(1, ['ping', '-n', '-c', '1', '-W', '1', '192.0.2.52']);
    expect(code).not.toBe(0);
    expect((await subscriber.inGroup(2, ['ping', '-n', '-c', '1', '-W', '1', '192.0.2.51'])).code).not.toBe(0);
    expect((await subscriber.inGroup(2, ['ping', '-n', '-c', '1', '-W', '1', server.v4])).code).toBe(0);
  });

  test('direct prefixes are reached by the host’s own way and address', async () => {
    unwrap(await engine.converge({ ...wishFor(labLane(1)), direct: ['198.51.100.0/24', 'connected'] }));
    const flows = await traffic(1);
    expect(new Set(flows.map(({ source }) => source))).toEqual(new Set([own.v4, '2001:db8:a::51']));
  });

  test('the end of the lease stops packets with no program running; a renewal moves it', async () => {
    unwrap(
      await engine.converge(
        wishFor(labLane(1, { validUntil: fromNow(2_500) }), labLane(2, { validUntil: fromNow(2_500) })),
      ),
    );
    const sending = (groupId: number, port: string) =>
      subscriber.inGroup(groupId, ['python3', '-c', SEND_ON, server.v4, port, '60']);
    const senders = [sending(1, '5001'), sending(2, '5002')];
    unwrap(await engine.extend(new Map([[2, fromNow(600_000)]])));
    const ended = await Promise.all(senders);
    const outcomes = ended.map(({ stdout }) => stdout.trim());
    expect(outcomes[0]).toMatch(/^refused after \d+: /);
    expect(outcomes[1]).toBe('sent 60');
    await subscriber.network.observer.flows();
    await subscriber.inGroup(1, ['ping', '-n', '-c', '1', '-W', '1', server.v6]);
    expect(await subscriber.network.observer.flows()).toEqual([]);
    const [one, two] = unwrap(await engine.counters());
    expect(one?.dropped.packets).toBeGreaterThan(0);
    expect(two?.dropped.packets).toBe(0);
    // The address itself goes with the lease: nobody answers for it any more.
    const addresses = await subscriber.network.host.must(['ip', '-o', 'address']);
    expect(addresses).not.toContain('192.0.2.51/32');
    expect(addresses).toContain('192.0.2.52/32');
  });

  test('old and new address stand beside each other: open connections keep theirs', async () => {
    const before = labLane(1);
    unwrap(await engine.converge(wishFor(before)));
    const talk = subscriber.network.host.start(subscriber.asGroup(1, ['python3', '-u', '-c', TALK, server.v4, '80']));
    await talk.printed(/192/);
    const old = before.addresses.map((address) => ({ ...address, deprecated: true }));
    const next = [
      { address: '192.0.2.91', prefixLength: 24, deprecated: false },
      { address: '2001:db8:a::91', prefixLength: 64, deprecated: false },
    ];
    unwrap(await engine.converge(wishFor({ ...before, addresses: [...next, ...old] })));
    talk.write('\n');
    await talk.printed(/192[\s\S]*192/);
    const fresh = await subscriber.inGroup(1, ['curl', '-sS', web(server.v4), web(server.v6)]);
    expect(fresh.stdout).toBe('192.0.2.91\n2001:db8:a::91\n');
    talk.write('\n');
    await talk.ended;
    expect(talk.output.trim().split('\n')).toEqual(Array(3).fill('192.0.2.51'));
  });

  test('the smallest and the largest that a grant can say are taken as they are', async () => {
    for (const [rate, lifetime] of [
      [1, 1_500],
      [33_333, 61_000],
      [4_294_967_295, 4_294_967_295_000],
    ] as const) {
      const wish = wishFor(
        labLane(65_519, {
          interface: 'slabcdefghijklm',
          addresses: labLane(1).addresses,
          upld: upTo(rate),
          validUntil: fromNow(lifetime),
        }),
      );
      unwrap(await engine.converge(wish));
      expect(unwrap(await engine.plan(wish)).steps).toEqual([]);
    }
  });

  test('undo puts every sysctl, queue and list back, and moves out what still runs in a group', async () => {
    const before = await snapshotHost(subscriber.network.host);
    unwrap(await engine.converge(wishFor(labLane(1, { upld: upTo(1000) }))));
    const sleeper = subscriber.network.host.start(['sleep', '300']);
    unwrap(engine.enter(1, sleeper.pid));
    expect(engine.members(1)).toEqual([sleeper.pid]);
    unwrap(await engine.undo());
    expect(await snapshotHost(subscriber.network.host)).toEqual(before);
    await sleeper.stop();
  });
});

/** An object whose methods are a kernel's, so that one of them can be replaced. */
function bind<T extends object>(kernel: T): T {
  return new Proxy(kernel, {
    ownKeys: () => METHODS,
    getOwnPropertyDescriptor: (target, name) => ({
      configurable: true,
      enumerable: true,
      value: (Reflect.get(target, name) as (...args: unknown[]) => unknown).bind(target),
    }),
    get: (target, name) => (Reflect.get(target, name) as (...args: unknown[]) => unknown).bind(target),
  });
}
const METHODS = [
  'capabilities',
  'observe',
  'apply',
  'probe',
  'counters',
  'enter',
  'members',
  'cgroupDirectory',
  'watch',
  'expel',
];

/** Asks by ARP and prints each MAC address that answers. */
const WHO_HAS = `
import socket, struct, sys
device, mine, theirs = sys.argv[1:]
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806)); s.bind((device, 0)); mac = s.getsockname()[4]
s.send(b"\\xff" * 6 + mac + b"\\x08\\x06" + struct.pack("!HHBBH", 1, 0x800, 6, 4, 1) + mac + socket.inet_aton(mine) + b"\\0" * 6 + socket.inet_aton(theirs))
s.settimeout(1); answers = set()
try:
    while True:
        d = s.recv(2000)
        if d[20:22] == b"\\0\\2" and d[28:32] == socket.inet_aton(theirs): answers.add(d[22:28].hex(":"))
except TimeoutError: pass
print("\\n".join(sorted(answers)))
`;

/** One datagram each tenth of a second from one socket. */
const SEND_ON = `
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect((sys.argv[1], int(sys.argv[2])))
for n in range(int(sys.argv[3])):
    try: s.send(b"x")
    except OSError as error:
        if error.errno != 111: print("refused after", str(n) + ":", error.strerror); break
    time.sleep(.1)
else: print("sent", sys.argv[3])
`;

/** Asks three times on one connection from where it is seen to come, the second and third when told to. */
const TALK = `
import http.client, sys
c = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=5)
for n in range(3):
    if n: sys.stdin.readline()
    c.request("GET", "/"); print(c.getresponse().read().decode().strip())
`;
