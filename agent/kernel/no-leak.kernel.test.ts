import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { milliseconds, systemClock, unwrap } from '@sublane/basics';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { ADDRESSES, Lab, openAccessNetwork, PYTHON, type Running } from '../../test/lab/index.ts';
import type { Engine } from '../lanes/engine.ts';
import type { Kernel } from '../lanes/kernel.ts';
import type { Wish } from '../lanes/wish.ts';
import { lacking } from './lacking-kernel.fixture.ts';
import {
  ANY,
  BLOCKED,
  EDGE_PLACES,
  type Grant,
  hostsOf,
  laneOf,
  leaksIn,
  PLACES,
  randomFrom,
  restless,
  type Sighting,
  soon,
  sourcesOf,
  Timeline,
  targetOf,
  Watcher,
} from './no-leak.fixture.ts';
import { fromNow, SubscriberHost, wishFor } from './subscriber-host.fixture.ts';

/** Longer than in the suite: SUBLANE_WALK_SECONDS=600; a walk again: SUBLANE_WALK_SEED=12345. */
const SECONDS = Number(process.env.SUBLANE_WALK_SECONDS ?? 12);
const SEED = Number(process.env.SUBLANE_WALK_SEED ?? randomInt(1_000_000));
const GROUPS = [1, 2];

describeInLab('no packet of a group leaves with another address than the group has', () => {
  let lab: Lab;
  let subscriber: SubscriberHost;
  let watcher: Watcher;
  let applications: Running[] = [];

  beforeAll(async () => {
    lab = Lab.open();
    const network = await openAccessNetwork(lab);
    // A second way out of the host that no lane is on.
    await lab.link(network.host, 'second', network.edge, 'access2');
    await network.host.ip('address add 203.0.113.7/24 dev second', 'route add default via 203.0.113.1 metric 500');
    await network.edge.ip('address add 203.0.113.1/24 dev access2');
    await network.edge.sysctl({ 'net.ipv4.conf.all.rp_filter': 0, 'net.ipv4.conf.access.rp_filter': 0 });
    await network.edge.ip(...EDGE_PLACES);
    for (const target of GROUPS.map(targetOf))
      await network.server.ip(`address add ${target.v4}/24 dev net`, `address add ${target.v6}/64 dev net nodad`);
    subscriber = new SubscriberHost(network, lab);
    watcher = await Watcher.open(network.edge, GROUPS);
  });
  afterAll(async () => {
    subscriber?.leave();
    await lab?.close();
  });

  const startApplications = () => {
    applications = GROUPS.map((groupId) =>
      subscriber.network.host.start(subscriber.asGroup(groupId, restless(groupId))),
    );
    return Promise.all(applications.map((one) => one.printed(/^ready$/m)));
  };
  const stopApplications = async () => {
    await Promise.all(applications.map((one) => one.stop('SIGKILL')));
    applications = [];
  };
  beforeEach(async () => {
    await watcher.seen();
  });
  afterEach(async () => {
    await stopApplications();
    unwrap(await subscriber.engine().undo());
  });

  const wishOf = (grants: ReadonlyMap<number, Grant>, ends = new Map<number, number>()): Wish =>
    wishFor(...[...grants].map(([id, grant]) => laneOf(id, grant, milliseconds(ends.get(id) ?? fromNow(3_600_000)))));

  for (const [means, lacks] of [
    ['macvlan', []],
    ['the uplink itself', ['ipvlan', 'macvlan']],
  ] as const) {
    test(
      `while everything changes at random, with lanes on ${means}`,
      async () => {
        const walk = new Walk(SEED, subscriber, lacks, wishOf, async () => {
          await stopApplications();
          return startApplications;
        });
        const problems: string[] = [];
        const flows: Sighting[] = [];
        try {
          await walk.begin();
          await startApplications();
          for (const place of Object.keys(PLACES) as Grant['place'][]) await walk.grant(1, place);
          await walk.grant(2, 'on-link');
          const end = Date.now() + SECONDS * 1000;
          while (Date.now() < end && problems.length === 0) {
            await walk.step();
            const seen = await watcher.seen();
            flows.push(...seen.flows);
            problems.push(...leaksIn(seen.flows, GROUPS, walk.timeline));
            if (seen.lost > 0) problems.push(`${seen.lost} packets were not seen`);
          }
        } catch (error) {
          problems.push(String(error));
        } finally {
          await subscriber.network.host.ip('link set uplink up');
        }
        expect(problems, `seed ${SEED}, steps:\n${walk.history.join('\n')}`).toEqual([]);
        // It can only be told that nothing leaks where something flows.
        const first = [
          '192.0.2.110',
          '192.0.2.210',
          '10.9.0.110',
          '2001:db8:a::1:0',
          '2001:db8:a:1::1:0',
          '2001:db8:9::1:0',
        ];
        const kinds = new Set(
          flows.flatMap(({ source, protocol }) => (first.includes(source) ? [`${source} ${protocol}`] : [])),
        );
        expect([...kinds].sort()).toEqual(
          first.flatMap((source) => ['icmp', 'tcp', 'udp'].map((protocol) => `${source} ${protocol}`)).sort(),
        );
      },
      60_000 + SECONDS * 2_000,
    );
  }

  test('while the firewall is replaced again and again under a blocked group that sends as fast as it can', async () => {
    const engine = subscriber.engine();
    const other = { ...BLOCKED, address: 0 };
    const wishes = [0, 46].map((dscp) =>
      wishOf(
        new Map([
          [1, { ...other, dscp }],
          [2, BLOCKED],
        ]),
      ),
    );
    unwrap(await engine.converge(wishes[0] as Wish));
    const { v4, v6 } = targetOf(2);
    applications = [v4, v6].map((target) =>
      subscriber.network.host.start(subscriber.asGroup(2, [PYTHON, '-u', '-c', AS_FAST_AS_IT_CAN, target])),
    );
    await Promise.all(applications.map((one) => one.printed(/^sending$/m)));
    for (let change = 1; change <= 60; change++) unwrap(await engine.converge(wishes[change % 2] as Wish));
    const timeline = new Timeline();
    timeline.set(2, [], 0);
    const { flows } = await watcher.seen();
    expect(leaksIn(flows, GROUPS, timeline)).toEqual([]);
    const [, blocked] = unwrap(await engine.counters());
    expect(blocked?.dropped.packets).toBeGreaterThan(1000);
  });

  test('the capture sees a leak: without the firewall, and with the lane’s link gone', async () => {
    const engine = subscriber.engine();
    const grants = new Map(GROUPS.map((id) => [id, { ...BLOCKED, address: 0, unmatched: 'host' as const }]));
    unwrap(await engine.converge(wishOf(grants)));
    await startApplications();
    await watcher.seen();
    await subscriber.network.host.must(['nft', 'delete', 'table', 'inet', 'sublane']);
    await subscriber.network.host.ip('link delete sl1');
    const timeline = new Timeline();
    timeline.set(1, sourcesOf(1, grants.get(1)!), 0);
    timeline.set(2, sourcesOf(2, grants.get(2)!), 0);
    await sleep(300);
    const leaks = leaksIn((await watcher.seen()).flows, GROUPS, timeline);
    expect(leaks.some((leak) => leak.includes(`from ${ADDRESSES.host.v4} on access`))).toBe(true);
  });
});

/** One random walk of states. */
class Walk {
  readonly timeline = new Timeline();
  readonly history: string[] = [];
  readonly #random: () => number;
  readonly #host: SubscriberHost;
  readonly #wishOf: (grants: ReadonlyMap<number, Grant>, ends?: Map<number, number>) => Wish;
  readonly #lacks: readonly string[];
  readonly #wrap: (kernel: Kernel) => Kernel;
  readonly #stopApplications: () => Promise<() => Promise<unknown>>;
  #engine: Engine;
  #grants = new Map<number, Grant>(GROUPS.map((id) => [id, BLOCKED]));

  constructor(
    seed: number,
    host: SubscriberHost,
    lacks: readonly string[],
    wishOf: (grants: ReadonlyMap<number, Grant>, ends?: Map<number, number>) => Wish,
    /** Ends them, and returns what starts them again. */
    stopApplications: () => Promise<() => Promise<unknown>>,
  ) {
    this.#random = randomFrom(seed);
    this.#host = host;
    this.#lacks = lacks;
    this.#wrap = (kernel) => lacking(kernel, lacks);
    this.#wishOf = wishOf;
    this.#stopApplications = stopApplications;
    this.#engine = host.engine({}, this.#wrap);
  }

  async begin(): Promise<void> {
    unwrap(await this.#engine.converge(this.#wishOf(this.#grants)));
    for (const id of GROUPS) this.timeline.set(id, []);
  }

  /** Both families, so that each way of sending is seen at work. */
  async grant(id: number, place: Grant['place']): Promise<void> {
    await this.#change(id, { ...BLOCKED, place, address: 0 });
    await sleep(250);
  }

  async step(): Promise<void> {
    const id = this.#choose(GROUPS);
    const steps: Record<string, () => Promise<void>> = {
      change: () => this.#change(id, this.#other(id)),
      'change again': () => this.#change(id, this.#other(id)),
      block: () => this.#change(id, BLOCKED),
      renew: async () => {
        unwrap(await this.#engine.extend(new Map([[id, fromNow(7_200_000)]])));
      },
      'end of lease': () => this.#leaseEnds(id),
      'link lost': () => this.#linkLost(id),
      'uplink down': () => this.#uplinkDown(),
      'killed in the middle': () => this.#killed(id, this.#other(id)),
      'undone and blocked': () => this.#undone(),
      'new agent': async () => {
        this.#engine = this.#host.engine({}, this.#wrap);
        await this.#engine.repair();
      },
    };
    const name = this.#choose(Object.keys(steps));
    this.history.push(`${Date.now()} ${name}, group ${id}`);
    await (steps[name] as () => Promise<void>)();
    this.history.push(`${Date.now()} ${[...this.#grants].map((grant) => JSON.stringify(grant)).join(' ')}`);
    await sleep(soon(this.#random, 40, 150));
  }

  /** Another state of a group: what differs is chosen. */
  #other(id: number): Grant {
    const now = this.#grants.get(id) as Grant;
    const address = now.address ?? 0;
    const next: Grant[] = [
      { ...now, address: (address + 1) % 5 },
      { ...now, address: (address + 1) % 5, before: address },
      { ...now, address, place: this.#choose(['on-link', 'routed', 'vxlan'] as const) },
      { ...now, address, families: [4] },
      { ...now, address, families: [6] },
      { ...now, address, families: [4, 6] },
      { ...now, address, dscp: now.dscp === 0 ? 46 : 0, limited: !now.limited },
      { ...now, address, routes: this.#choose(['everywhere', 'there', 'elsewhere'] as const) },
      { ...now, address, routes: 'elsewhere', unmatched: 'host' },
      { ...now, address, unmatched: now.unmatched === 'host' ? 'unreachable' : 'host' },
      { ...now, address, mtu: now.mtu === 1500 ? 1400 : 1500 },
    ];
    const { before, ...chosen } = this.#choose(next);
    // Two places at once are none.
    return before === undefined || before === chosen.address || chosen.place !== now.place
      ? chosen
      : { ...chosen, before };
  }

  async #change(id: number, next: Grant): Promise<void> {
    const before = this.#grants.get(id) as Grant;
    this.#grants.set(id, next);
    this.timeline.set(id, [...sourcesOf(id, before), ...sourcesOf(id, next)]);
    unwrap(await this.#engine.converge(this.#wishOf(this.#grants)));
    this.timeline.set(id, sourcesOf(id, next));
  }

  async #killed(id: number, next: Grant): Promise<void> {
    const before = this.#grants.get(id) as Grant;
    const wish = this.#wishOf(new Map([...this.#grants, [id, next]]));
    const step = Math.floor(this.#random() * 30);
    const program = fileURLToPath(new URL('./apply-and-die.fixture.ts', import.meta.url));
    const given = [this.#host.options, wish, this.#lacks].map((one) => JSON.stringify(one));
    const argv = [process.execPath, program, String(step), ...given];
    this.timeline.set(id, [...sourcesOf(id, before), ...sourcesOf(id, next)]);
    await this.#host.network.host.run(argv);
    await sleep(soon(this.#random, 20, 80));
    this.#engine = this.#host.engine({}, this.#wrap);
    unwrap(await this.#engine.repair());
    unwrap(await this.#engine.converge(this.#wishOf(this.#grants)));
    this.timeline.set(id, sourcesOf(id, before));
  }

  /** While nothing of ours is there, the applications are the host's; the next have no way at all. */
  async #undone(): Promise<void> {
    for (const id of GROUPS) this.timeline.set(id, [ANY]);
    unwrap(await this.#engine.undo());
    const start = await this.#stopApplications();
    for (const id of GROUPS) this.#grants.set(id, BLOCKED);
    unwrap(await this.#engine.converge(this.#wishOf(this.#grants)));
    for (const id of GROUPS) this.timeline.set(id, []);
    await start();
  }

  async #leaseEnds(id: number): Promise<void> {
    const end = systemClock.sinceBoot() + 700;
    unwrap(await this.#engine.converge(this.#wishOf(this.#grants, new Map([[id, end]]))));
    // The kernel is told how long from now, and on a busy machine hears it a little later.
    await sleep(Math.max(0, end - systemClock.sinceBoot()) + 150);
    this.timeline.set(id, hostsOf(this.#grants.get(id) as Grant));
    await sleep(soon(this.#random, 100, 300));
    await this.#change(id, this.#grants.get(id) as Grant);
  }

  async #linkLost(id: number): Promise<void> {
    const { host } = this.#host.network;
    if ((await host.run(['ip', 'link', 'show', `sl${id}`])).code !== 0) return;
    await host.run(['ip', 'link', 'delete', `sl${id}`]);
    await sleep(soon(this.#random, 50, 150));
    unwrap(await this.#engine.converge(this.#wishOf(this.#grants)));
  }

  async #uplinkDown(): Promise<void> {
    const { host } = this.#host.network;
    await host.ip('link set uplink down');
    await sleep(soon(this.#random, 50, 150));
    await host.ip(
      'link set uplink up',
      'address replace 2001:db8:a::7/64 dev uplink nodad',
      'route replace default via 192.0.2.1',
      'route replace default via 2001:db8:a::1',
    );
    await sleep(soon(this.#random, 20, 80));
    unwrap(await this.#engine.converge(this.#wishOf(this.#grants)));
    // What waits for the gateway's answer has passed the firewall, and leaves when the cable is ready again.
    await host.run(['ping', '-n', '-c', '1', '-W', '3', ADDRESSES.edge.v4]);
    await host.must(['ip', 'neigh', 'flush', 'nud', 'incomplete']);
  }

  #choose<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T;
  }
}

/** Datagrams from a socket of the group's, bound to a way out of the host. */
const AS_FAST_AS_IT_CAN = `
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"${ADDRESSES.host.device}")
print("sending")
while True:
    try: s.sendto(b"x", (sys.argv[1], 5001))
    except OSError: pass
`;
