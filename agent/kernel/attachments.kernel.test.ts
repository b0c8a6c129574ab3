import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytes, unwrap } from '@sublane/basics';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { describeWithWireguard } from '../../test/lab/describe-with-wireguard.ts';
import {
  ADDRESSES,
  Lab,
  type Namespace,
  openAccessNetwork,
  PYTHON,
  snapshotHost,
  toolPath,
} from '../../test/lab/index.ts';
import type { Engine } from '../lanes/engine.ts';
import type { LaneWish } from '../lanes/wish.ts';
import { labLane, SubscriberHost, upTo, wishFor } from './subscriber-host.fixture.ts';
import { onSubscriberHost } from './subscriber-lab.fixture.ts';
import { daemonOf } from './wireguard-daemon.ts';

const { server, edge: edgeOwn, host: hostOwn } = ADDRESSES;
const web = (address: string) => (address.includes(':') ? `http://[${address}]/` : `http://${address}/`);

/** A lane whose addresses end in 51, with next hops that end in 1. */
const laneIn = (four: string, six: string, more: Partial<LaneWish>): LaneWish =>
  labLane(1, {
    addresses: [
      { address: `${four}51`, prefixLength: 24, deprecated: false },
      { address: `${six}51`, prefixLength: 64, deprecated: false },
    ],
    routes: [
      { destination: '0.0.0.0/0', nextHop: `${four}1` },
      { destination: '::/0', nextHop: `${six}1` },
    ],
    unmatched: 'unreachable',
    upld: upTo(50_000),
    ...more,
  });

interface Way {
  readonly name: string;
  readonly lane: () => LaneWish;
  readonly means: string;
  /** The largest packet of layer 3. */
  readonly mtu: number;
}

/** What a lane is to its applications and to the network, whatever carries it. */
function expectLane(
  way: Way,
  at: () => { host: SubscriberHost; engine: Engine; serverEnd: Namespace; observed: SubscriberHost['network'] },
): void {
  test(`${way.name}: unmodified tools leave with the lane's address, are answered, and are reached`, async () => {
    const { host, engine, serverEnd, observed } = at();
    const before = await snapshotHost(host.network.host);
    const lane = way.lane();
    const report = unwrap(await engine.converge(wishFor(lane)));
    expect(report.lanes.map(({ means }) => means)).toEqual([way.means]);
    await observed.observer.flows();
    const own = lane.addresses.map(({ address }) => address);
    for (const address of [server.v4, server.v6]) {
      const got = await host.inGroup(1, ['curl', '-sS', '-m', '5', web(address)]);
      expect(`${got.stdout}${got.stderr}`.trim()).toBe(own[address.includes(':') ? 1 : 0]);
      const { code } = await host.inGroup(1, ['ping', '-n', '-c', '1', '-W', '5', address]);
      expect(code).toBe(0);
      await host.inGroup(1, ['python3', toolPath('udp-sender.py'), address, '5001', '500', '0.1']);
    }
    const flows = await observed.observer.flows();
    expect(flows.map(({ protocol, source, dscp }) => `${protocol} ${source} ${dscp}`).sort()).toEqual(
      ['icmp', 'tcp', 'udp'].flatMap((protocol) => own.map((address) => `${protocol} ${address} 46`)).sort(),
    );
    for (const address of own) await serverEnd.must(['ping', '-n', '-c', '1', '-W', '5', address]);
    const [counters] = unwrap(await engine.counters());
    expect(counters?.dropped.packets).toBe(0);
    expect(counters?.upld.packets).toBeGreaterThan(10);
    expect(counters?.dnld.packets).toBeGreaterThan(5);
    // The host's own traffic is as before.
    for (const address of [server.v4, server.v6])
      expect(own).not.toContain((await host.network.host.must(['curl', '-sS', '-m', '5', web(address)])).trim());
    expect(unwrap(await engine.plan(wishFor(lane))).steps).toEqual([]);
    unwrap(await engine.undo());
    expect(await snapshotHost(host.network.host)).toEqual(before);
  });

  test(`${way.name}: packets and segments are as large as the way takes, and no larger`, async () => {
    const { host, engine, serverEnd } = at();
    const watcher = serverEnd.start([PYTHON, toolPath('syn-mss.py'), server.device]);
    await watcher.printed(/^ready$/m);
    for (const granted of [undefined, 1300]) {
      const lane = way.lane();
      unwrap(await engine.converge(wishFor(granted === undefined ? lane : { ...lane, mtu: bytes(granted) })));
      const mtu = granted ?? way.mtu;
      for (const [target, headers] of [
        [server.v4, 28],
        [server.v6, 48],
      ] as const) {
        const from = watcher.output.length;
        await host.inGroup(1, ['curl', '-sS', '-m', '5', web(target)]);
        const [, mss] = await watcher.printed(/^\S+ (\d+)$/m, { from });
        // 40 octets of IPv4 and TCP, 60 of IPv6 and TCP.
        expect(Number(mss)).toBe(mtu - headers - 12);
        const ping = (size: number) =>
          host.inGroup(1, ['ping', '-n', '-M', 'do', '-c', '1', '-W', '5', '-s', String(size - headers), target]);
        expect((await ping(mtu)).code).toBe(0);
        const tooLarge = await ping(mtu + 1);
        expect(tooLarge.code).not.toBe(0);
        expect(`${tooLarge.stdout}${tooLarge.stderr}`).toMatch(/too long|mtu/i);
      }
    }
    await watcher.stop();
  });
}

/** All but eBPF programs, which no command makes. */
function expectTypable(way: Way, at: () => { host: SubscriberHost; engine: Engine }): void {
  test(`${way.name}: the commands of its plan, typed in a shell, make the same, and unmake it`, async () => {
    const { host, engine } = at();
    const { host: namespace } = host.network;
    const before = await snapshotHost(namespace);
    const wish = wishFor(way.lane());
    const { steps } = unwrap(await engine.plan(wish));
    await namespace.must(['sh', '-e'], { input: steps.map((step) => step.do).join('\n') });
    const left = unwrap(await engine.plan(wish)).steps.map((step) => step.do);
    expect(left.filter((text) => !text.startsWith('# eBPF'))).toEqual([]);
    await namespace.must(['sh', '-e'], {
      input: [...steps]
        .reverse()
        .map((step) => step.undo)
        .join('\n'),
    });
    expect(await snapshotHost(namespace)).toEqual(before);
  });
}

describeInLab('attachments on a real kernel', () => {
  let host: SubscriberHost;
  let engine: Engine;
  onSubscriberHost(async (opened) => {
    host = opened;
    engine = host.engine();
    const { edge } = host.network;
    await edge.ip(
      `route add 203.0.113.51/32 via ${hostOwn.v4}`,
      `route add 2001:db8:c::51/128 via ${hostOwn.v6}`,
      `link add vx4 type vxlan id 42 remote ${hostOwn.v4} dstport 4789`,
      `link add vx6 type vxlan id 16777215 remote ${hostOwn.v6} local ${edgeOwn.v6} dstport 8472`,
      'link set vx4 up',
      'link set vx6 up',
      'address add 10.4.0.1/24 dev vx4',
      'address add 2001:db8:d::1/64 dev vx4 nodad',
      'address add 10.6.0.1/24 dev vx6',
      'address add 2001:db8:e::1/64 dev vx6 nodad',
    );
  });
  afterEach(async () => {
    unwrap(await engine.undo());
  });
  const at = () => ({ host, engine, serverEnd: host.network.server, observed: host.network });

  const routed: LaneWish['addresses'] = [
    { address: '203.0.113.51', prefixLength: 32, deprecated: false },
    { address: '2001:db8:c::51', prefixLength: 128, deprecated: false },
  ];
  const vxlan = { type: 'tunnel', encapsulation: 'vxlan' } as const;
  const over4 = { ...vxlan, remote: edgeOwn.v4, port: 4789, identifier: 42 };
  const over6 = { ...vxlan, remote: edgeOwn.v6, port: 8472, identifier: 0xffffff };
  const ways: readonly Way[] = [
    {
      name: 'routed to the host, on lo',
      lane: () => labLane(1, { attachment: { type: 'routed' }, addresses: routed, upld: upTo(50_000) }),
      means: 'loopback',
      mtu: 1500,
    },
    {
      name: 'VXLAN in IPv4',
      lane: () => laneIn('10.4.0.', '2001:db8:d::', { attachment: over4 }),
      means: 'macvlan',
      mtu: 1450,
    },
    {
      name: 'VXLAN in IPv6',
      lane: () => laneIn('10.6.0.', '2001:db8:e::', { attachment: over6 }),
      means: 'macvlan',
      mtu: 1430,
    },
  ];
  expectTypable(
    { name: 'on the uplink’s segment', lane: () => labLane(1, { upld: upTo(50_000) }), means: 'macvlan', mtu: 1500 },
    at,
  );
  for (const way of ways) {
    expectLane(way, at);
    expectTypable(way, at);
  }

  test('two lanes share a tunnel, and one of them goes without the other noticing', async () => {
    const one = laneIn('10.4.0.', '2001:db8:d::', { attachment: over4 });
    const two: LaneWish = {
      ...one,
      groupId: 2,
      name: 'two',
      interface: 'sl2',
      addresses: [{ address: '10.4.0.52', prefixLength: 24, deprecated: false }],
    };
    unwrap(await engine.converge(wishFor(one, two)));
    const seen = async (groupId: number) =>
      (await host.inGroup(groupId, ['curl', '-sS', '-m', '5', web(server.v4)])).stdout.trim();
    expect([await seen(1), await seen(2)]).toEqual(['10.4.0.51', '10.4.0.52']);
    unwrap(await engine.converge(wishFor(two)));
    expect(await seen(2)).toBe('10.4.0.52');
  });

  test('what this kernel lacks is refused before anything is touched, with the way out', async (context) => {
    const able = (await engine.capabilities()).some(({ name, present }) => name === 'sit' && present);
    if (able) return context.skip('this kernel has IP in IP');
    const before = await snapshotHost(host.network.host);
    const lane = labLane(1, { attachment: { type: 'tunnel', encapsulation: 'ipip', remote: edgeOwn.v4 } });
    expect(await engine.converge(wishFor(lane))).toMatchObject({
      ok: false,
      failure: { kind: 'unsupported', capability: 'sit', remedy: expect.stringContaining('modprobe sit') },
    });
    expect(await snapshotHost(host.network.host)).toEqual(before);
  });

  test("a tunnel's far end on this host itself is refused", async () => {
    const self = labLane(1, { attachment: { ...vxlan, remote: hostOwn.v4, port: 4789, identifier: 42 } });
    expect(await engine.converge(wishFor(self))).toMatchObject({
      failure: { kind: 'invalid', message: expect.stringContaining('is this host itself') },
    });
  });
});

/** A pair of keys as WireGuard has them, in base64. */
function keyPair(): { readonly secret: string; readonly open: string } {
  const { d, x } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
  const plain = (text: string | undefined) => Buffer.from(text ?? '', 'base64url').toString('base64');
  return { secret: plain(d), open: plain(x) };
}

describeWithWireguard('WireGuard through a NAT', () => {
  let lab: Lab;
  let host: SubscriberHost;
  let engine: Engine;
  let peerKey: string;
  let keyFile: string;
  let middle: Awaited<ReturnType<typeof openAccessNetwork>>;
  beforeAll(async () => {
    lab = Lab.open();
    middle = await openAccessNetwork(lab);
    const { host: nat, edge } = middle;
    const inside = await lab.namespace('inside');
    await lab.link(inside, 'uplink', nat, 'lan');
    await inside.ip(
      'address add 192.168.7.2/24 dev uplink',
      'address add fd07::2/64 dev uplink nodad',
      'route add default via 192.168.7.1',
      'route add default via fd07::1',
    );
    await nat.ip('address add 192.168.7.1/24 dev lan', 'address add fd07::1/64 dev lan nodad');
    await nat.sysctl({ 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 });
    await nat.must(['nft', '-f', '-'], {
      input: `table inet nat { chain out { type nat hook postrouting priority srcnat; oifname "uplink" masquerade; }; }`,
    });
    host = new SubscriberHost({ ...middle, host: inside }, lab);
    engine = host.engine();

    const [ours, theirs] = [keyPair(), keyPair()];
    keyFile = join(lab.folder, 'wireguard.key');
    writeFileSync(keyFile, `${ours.secret}\n`, { mode: 0o600 });
    peerKey = theirs.open;
    // A name that no other lab's has: the sockets stand in one folder.
    const name = `wg${process.pid}`;
    const daemon = edge.start(['wireguard-go', '-f', name], { env: { LOG_LEVEL: 'silent' } });
    const hex = (key: string) => Buffer.from(key, 'base64').toString('hex');
    await edge.must([PYTHON, '-c', TELL, `/var/run/wireguard/${name}.sock`], {
      input: `set=1\nprivate_key=${hex(theirs.secret)}\nlisten_port=51820\npublic_key=${hex(ours.open)}\nallowed_ip=10.8.0.51/32\nallowed_ip=2001:db8:f::51/128\n\n`,
    });
    expect(daemon.isRunning).toBe(true);
    await edge.ip(
      `link set ${name} mtu 1440 up`,
      `route add 10.8.0.0/24 dev ${name}`,
      `route add 2001:db8:f::/64 dev ${name}`,
    );
  });
  afterAll(async () => {
    host?.leave();
    await lab?.close();
  });
  afterEach(async () => {
    unwrap(await engine.undo());
  });
  const at = () => ({ host, engine, serverEnd: middle.server, observed: middle });

  for (const [family, remote, mtu] of [
    ['IPv4', edgeOwn.v4, 1440],
    ['IPv6', edgeOwn.v6, 1420],
  ] as const)
    expectLane(
      {
        name: `outside ${family}`,
        lane: () =>
          laneIn('10.8.0.', '2001:db8:f::', {
            attachment: { type: 'tunnel', encapsulation: 'wireguard', remote, port: 51_820, peerKey, keyFile },
          }),
        means: 'tunnel',
        mtu,
      },
      at,
    );

  test('outlives the agent; its program killed, it is seen to be gone and made again', async () => {
    const lane = laneIn('10.8.0.', '2001:db8:f::', {
      attachment: { type: 'tunnel', encapsulation: 'wireguard', remote: edgeOwn.v4, port: 51_820, peerKey, keyFile },
    });
    const { interface: link = '' } = unwrap(await engine.converge(wishFor(lane))).lanes[0] ?? {};
    const successor = host.engine();
    expect(unwrap(await successor.converge(wishFor(lane))).steps).toBe(0);
    const pid = daemonOf(link);
    expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).toMatch(/^0::\/$/m);
    process.kill(pid as number, 'SIGKILL');
    await host.network.host.must([
      'sh',
      '-c',
      `for n in $(seq 500); do ip link show ${link} || exit 0; sleep 0.01; done; exit 1`,
    ]);
    expect(unwrap(await successor.converge(wishFor(lane))).steps).toBeGreaterThan(3);
    const got = await host.inGroup(1, ['curl', '-sS', '-m', '5', web(server.v4)]);
    expect(got.stdout.trim()).toBe('10.8.0.51');
  });

  test('the key is in no plan, journal, report or command line; another key makes another link', async () => {
    const lane = laneIn('10.8.0.', '2001:db8:f::', {
      attachment: { type: 'tunnel', encapsulation: 'wireguard', remote: edgeOwn.v4, port: 51_820, peerKey, keyFile },
    });
    const key = readFileSync(keyFile, 'utf8').trim();
    const hidden = [key, Buffer.from(key, 'base64').toString('hex')];
    const texts = [JSON.stringify(unwrap(await engine.plan(wishFor(lane))))];
    texts.push(JSON.stringify(unwrap(await engine.converge(wishFor(lane)))));
    for (const name of readdirSync(host.options.stateDir))
      texts.push(readFileSync(join(host.options.stateDir, name), 'utf8'));
    texts.push(await host.network.host.must(['sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "']));
    texts.push(await host.network.host.must(['ip', '-details', 'link']));
    for (const text of texts) for (const secret of hidden) expect(text).not.toContain(secret);

    writeFileSync(keyFile, `${keyPair().secret}\n`);
    const steps = unwrap(await engine.plan(wishFor(lane))).steps.map(({ do: command }) => command);
    expect(steps.some((command) => command.includes('type wireguard'))).toBe(true);
    // What cannot be read is no reason to end what works; it is one not to begin.
    writeFileSync(keyFile, 'garbage\n');
    expect(unwrap(await engine.plan(wishFor(lane))).steps).toEqual([]);
    unwrap(await engine.undo());
    const before = await snapshotHost(host.network.host);
    const refused = await engine.converge(wishFor(lane));
    expect(refused).toMatchObject({
      ok: false,
      failure: { kind: 'refused', message: expect.stringContaining(keyFile) },
    });
    expect(JSON.stringify(refused)).not.toContain('garbage');
    expect(await snapshotHost(host.network.host)).toEqual(before);
    writeFileSync(keyFile, `${key}\n`);
  });
});

/** Sends what it reads to a Unix socket, once somebody listens there, and prints the answer. */
const TELL = `
import socket, sys, time
for n in range(200):
    try:
        s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); break
    except OSError: time.sleep(.05)
s.sendall(sys.stdin.read().encode()); answer = s.recv(999).decode()
if "errno=0" not in answer: sys.exit(answer)
`;
