import { bytes, unwrap } from '@sublane/basics';
import { afterEach, expect, type TestContext, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { ADDRESSES, PYTHON, toolPath } from '../../test/lab/index.ts';
import type { Engine } from '../lanes/engine.ts';
import { lacking } from './lacking-kernel.fixture.ts';
import { asIfFarAway, type FlowSpec, runFlow, type SeenFlow, undisturbed } from './rate-flows.fixture.ts';
import { labLane, type SubscriberHost, upTo, wishFor } from './subscriber-host.fixture.ts';
import { onSubscriberHost } from './subscriber-lab.fixture.ts';

describeInLab('rates of a lane', () => {
  let subscriber: SubscriberHost;
  let engine: Engine;
  onSubscriberHost(async (opened) => {
    subscriber = opened;
    await asIfFarAway(subscriber.network);
    engine = subscriber.engine();
  });
  afterEach(async () => {
    unwrap(await engine.undo());
    engine = subscriber.engine();
  });

  const flow = (spec: Partial<FlowSpec> & Pick<FlowSpec, 'groupId' | 'direction' | 'protocol' | 'offered'>) =>
    runFlow(subscriber, { family: 4, seconds: 2, warmUp: 0.5, ...spec });

  const RATES = [1_000, 10_000, 100_000];
  /** Without a queue (from the provider) TCP swings about the rate; its mean is held to by the bucket. */
  const BANDS = { udp: { up: [0.95, 1.05], down: [0.95, 1.05] }, tcp: { up: [0.9, 1.05], down: [0.8, 1.15] } } as const;
  type Cell = Pick<FlowSpec, 'direction' | 'protocol' | 'family'> & { readonly groupId: number };

  /**
   * All lanes at a time; what is out of its band is measured again. A machine whose other work comes and goes can leave a
   * sender too little time each time: what never got its rate, but half of it, is then said and not counted as a fault.
   * More than the rate is one whatever the machine does.
   */
  async function expectRates(specs: readonly Cell[]): Promise<void> {
    const left = [...specs];
    const seen = new Map<Cell, number[]>(specs.map((cell) => [cell, []]));
    const busy = await undisturbed(subscriber, 150_000, async () => {
      const parts = await Promise.all(left.map(measured));
      for (const [index, cell] of left.entries()) seen.get(cell)?.push(parts[index] as number);
      const out = left.filter((cell, index) => {
        const [least, most] = BANDS[cell.protocol][cell.direction];
        const part = parts[index] as number;
        return part < least || part > most + onePacket(cell);
      });
      left.splice(0, left.length, ...out);
      expect(left).toEqual([]);
    }).catch(() => 'this machine is busy with something else');
    const said = left.map((cell) => ({ ...cell, parts: seen.get(cell) }));
    if (busy !== undefined) console.warn(`${busy}: not measured: ${JSON.stringify(said)}`);
    const wrong = said.filter(({ parts = [], ...cell }) => {
      const [, most] = BANDS[cell.protocol][cell.direction];
      return Math.max(...parts) < 0.5 || Math.min(...parts) > most + onePacket(cell);
    });
    expect(wrong).toEqual([]);
  }

  /** A queue lets a packet through whole, and TCP gives the kernel up to 64 KiB in one. */
  const onePacket = ({ protocol, groupId }: Cell) =>
    protocol === 'udp' ? 0 : (65_536 * 8) / ((RATES[groupId - 1] as number) * 1000 * 2);

  async function measured({ groupId, ...cell }: Cell): Promise<number> {
    const granted = RATES[groupId - 1] as number;
    // What was left of the burst has gone by then: a bucket of 250 ms, at two fifths more than comes in.
    // TCP that lost a whole piece of 64 KiB, half a second's worth at 1 Mbit/s, rests for seconds.
    const [seconds, warmUp] = cell.protocol === 'udp' ? [2, 0.8] : [granted > 1_000 ? 3 : 8, 1];
    const { kbps } = await runFlow(subscriber, { ...cell, groupId, seconds, warmUp, offered: granted * 1.4 });
    return (kbps ?? 0) / granted;
  }

  test('1, 10 and 100 Mbit/s, UDP and TCP, IPv4 and IPv6, both ways', { timeout: 120_000 }, async () => {
    const lanes = RATES.map((rate, index) => labLane(index + 1, { upld: upTo(rate), dnld: upTo(rate) }));
    const report = unwrap(await engine.converge(wishFor(...lanes)));
    for (const lane of report.lanes) expect(lane).toMatchObject({ shaping: 'uplink', policing: 'bpf' });
    for (const protocol of ['udp', 'tcp'] as const)
      for (const [up, down] of [
        [4, 6],
        [6, 4],
      ] as const)
        await expectRates(
          RATES.flatMap((_, index): Cell[] => [
            { groupId: index + 1, direction: 'up', protocol, family: up },
            { groupId: index + 1, direction: 'down', protocol, family: down },
          ]),
        );
  });

  /** What a bucket of the burst and the rate lets through: what was in it, and what comes in while it is open. */
  const expectBucket = ({ bytes: came }: SeenFlow, burst: number, kilobits: number, seconds: number) => {
    const most = burst + (kilobits * 1000 * seconds) / 8;
    expect({ came, most }).toSatisfy(() => came < most * 1.08 + 1500 && came > most * 0.9);
  };
  /** Skipped where the machine cannot measure. */
  const undisturbedOr = async (context: TestContext, offered: number, measure: () => Promise<void>) => {
    const busy = await undisturbed(subscriber, offered, measure);
    if (busy !== undefined) context.skip(busy);
  };

  test('the burst granted is what an idle lane may send and receive at once', async (context) => {
    const [rate, burst] = [200, 80_000];
    const direction = { ...upTo(rate), burst: bytes(burst) };
    unwrap(await engine.converge(wishFor(labLane(1, { upld: direction, dnld: direction }))));
    let idle = true;
    await undisturbedOr(context, 4_000, async () => {
      // The bucket is filled again at the rate.
      if (!idle) await new Promise((resolve) => setTimeout(resolve, (burst * 8) / rate));
      idle = false;
      const [up, down] = await Promise.all(
        (['up', 'down'] as const).map((direction) =>
          flow({ groupId: 1, direction, protocol: 'udp', offered: 20_000, seconds: 1, warmUp: 0 }),
        ),
      );
      expectBucket(up as SeenFlow, burst, rate, 1);
      expectBucket(down as SeenFlow, burst, rate, 1);
    });
  });

  const lackingEngine = (...names: string[]) => subscriber.engine({}, (kernel) => lacking(kernel, names));

  /** From the first packet of all to the last, s. */
  const timeOf = (...flows: readonly SeenFlow[]) =>
    Math.max(...flows.map(({ ended }) => ended ?? 0)) - Math.min(...flows.map(({ begun }) => begun ?? 0));

  for (const [means, lacks] of [
    ['bpf', ['macvlan', 'ipvlan']],
    ['ifb', ['macvlan', 'ipvlan', 'cls_bpf']],
  ] as const)
    test(`on a link that lanes share both families of each share its rate (${means})`, async (context) => {
      engine = lackingEngine(...lacks);
      const { host } = subscriber.network;
      const before = await host.must(['ip', '-o', 'link']);
      const report = unwrap(await engine.converge(wishFor(labLane(1, { dnld: upTo(2_000) }), labLane(2))));
      expect(report.lanes[0]).toMatchObject({ means: 'uplink', policing: means });
      expect(unwrap(await engine.converge(wishFor(labLane(1, { dnld: upTo(2_000) }), labLane(2)))).steps).toBe(0);
      await undisturbedOr(context, 10_000, async () => {
        const [four, six, free] = await Promise.all([
          flow({ groupId: 1, direction: 'down', protocol: 'udp', family: 4, offered: 4_000 }),
          flow({ groupId: 1, direction: 'down', protocol: 'udp', family: 6, offered: 4_000 }),
          flow({ groupId: 2, direction: 'down', protocol: 'udp', family: 4, offered: 10_000 }),
        ]);
        const open = timeOf(four, six);
        expectBucket({ ...four, bytes: four.bytes + six.bytes }, 62_500, 2_000, open);
        expect(free.kbps).toBeGreaterThan(6_000);
      });
      unwrap(await engine.undo());
      expect(await host.must(['ip', '-o', 'link'])).toBe(before);
      expect(await host.must(['tc', 'qdisc', 'show', 'dev', 'uplink'])).not.toContain('ingress');
    });

  test('the ingress qdisc of others is used, and left as it was', async () => {
    engine = lackingEngine('macvlan', 'ipvlan');
    const { host } = subscriber.network;
    await host.must(['tc', 'qdisc', 'add', 'dev', 'uplink', 'clsact']);
    const theirs = 'prio 7 protocol ip u32 match ip dst 192.0.2.99/32 flowid 1:1';
    await host.must(['tc', 'filter', 'add', 'dev', 'uplink', 'ingress', ...theirs.split(' ')]);
    try {
      const shown = () => host.must(['sh', '-c', 'tc qdisc show dev uplink; tc filter show dev uplink ingress']);
      const before = await shown();
      const report = unwrap(await engine.converge(wishFor(labLane(1, { dnld: upTo(2_000) }))));
      expect(report.lanes[0]).toMatchObject({ policing: 'bpf' });
      expect(report.notes.join()).toContain('clsact');
      const seen = await flow({ groupId: 1, direction: 'down', protocol: 'udp', offered: 4_000 });
      expect(seen.kbps).toBeLessThan(2_300);
      unwrap(await engine.undo());
      expect(await shown()).toBe(before);
    } finally {
      await host.must(['tc', 'qdisc', 'del', 'dev', 'uplink', 'clsact']);
    }
  });

  test('where others take their ingress qdisc away, a rate is held in one of our own', async () => {
    engine = lackingEngine('macvlan', 'ipvlan');
    const { host } = subscriber.network;
    const wish = wishFor(labLane(1, { dnld: upTo(2_000) }));
    await host.must(['tc', 'qdisc', 'add', 'dev', 'uplink', 'ingress']);
    unwrap(await engine.converge(wish));
    await host.must(['tc', 'qdisc', 'del', 'dev', 'uplink', 'ingress']);
    const report = unwrap(await engine.converge(wish));
    expect(report.steps).toBe(2);
    expect(report.notes.join()).not.toContain('ingress qdisc of others');
    unwrap(await engine.undo());
    expect(await host.must(['tc', 'qdisc', 'show', 'dev', 'uplink'])).not.toContain('ingress');
  });

  test('beside a root qdisc of others each lane is shaped on its own link', async (context) => {
    const { host } = subscriber.network;
    await host.must(['tc', 'qdisc', 'add', 'dev', 'uplink', 'root', 'handle', '9:', 'pfifo']);
    try {
      const report = unwrap(await engine.converge(wishFor(labLane(1, { upld: upTo(2_000) }))));
      expect(report.lanes[0]?.shaping).toBe('lane');
      await undisturbedOr(context, 4_000, async () => {
        const seen = await flow({ groupId: 1, direction: 'up', protocol: 'udp', offered: 4_000, family: 6 });
        expect(seen.kbps).toSatisfy((kbps: number) => kbps > 2_000 * 0.9 && kbps < 2_000 * 1.05);
      });
    } finally {
      await host.must(['tc', 'qdisc', 'del', 'dev', 'uplink', 'root']);
    }
  });

  test('in a tunnel the rate is that of the packets in it', async (context) => {
    const { edge } = subscriber.network;
    const [four, six] = ['10.5.0.51', '2001:db8:5::51'];
    await edge.ip(
      `link add vx5 type vxlan id 5 remote ${ADDRESSES.host.v4} dstport 4789`,
      'address add 10.5.0.1/24 dev vx5',
      'address add 2001:db8:5::1/64 dev vx5 nodad',
      'link set vx5 up',
    );
    try {
      const lane = labLane(1, {
        attachment: { type: 'tunnel', encapsulation: 'vxlan', remote: ADDRESSES.edge.v4, port: 4789, identifier: 5 },
        addresses: [
          { address: four, prefixLength: 24, deprecated: false },
          { address: six, prefixLength: 64, deprecated: false },
        ],
        routes: [
          { destination: '0.0.0.0/0', nextHop: '10.5.0.1' },
          { destination: '::/0', nextHop: '2001:db8:5::1' },
        ],
        upld: upTo(4_000),
        dnld: upTo(4_000),
      });
      const report = unwrap(await engine.converge(wishFor(lane)));
      expect(report.lanes[0]).toMatchObject({ shaping: 'lane', policing: 'bpf' });
      await undisturbedOr(context, 8_000, async () => {
        const seen = await Promise.all([
          flow({ groupId: 1, direction: 'up', protocol: 'udp', address: four, offered: 8_000 }),
          flow({ groupId: 1, direction: 'down', protocol: 'udp', family: 6, address: six, offered: 8_000 }),
        ]);
        for (const { kbps } of seen)
          expect({ kbps }).toSatisfy(() => (kbps ?? 0) > 4_000 * 0.95 && (kbps ?? 0) < 4_000 * 1.05);
      });
    } finally {
      await edge.ip('link del vx5');
    }
  });

  test('where all want more than there is, H goes first and the others keep their part', async (context) => {
    engine = subscriber.engine({ capacity: 10_000 });
    const lanes = (['H', 'M', 'L'] as const).map((priority, index) =>
      labLane(index + 1, { upld: upTo(10_000, priority) }),
    );
    unwrap(await engine.converge(wishFor(...lanes)));
    await undisturbedOr(context, 42_000, async () => {
      const seen = await Promise.all(
        lanes.map(({ groupId }) =>
          flow({ groupId, direction: 'up', protocol: 'udp', offered: 14_000, seconds: 3, warmUp: 1 }),
        ),
      );
      const came = seen.reduce((sum, one) => sum + one.bytes, 0);
      expect(came).toBeLessThan((10_000 * 1000 * timeOf(...seen) * 1.05) / 8 + 50_000);
      const [high = 0, middle = 0, low = 0] = seen.map(({ kbps }) => kbps ?? 0);
      // Each is sure of a third of 30 %; H takes the rest for as long as it sends.
      expect({ high, middle, low }).toSatisfy(() => high > 6_000 && middle > 800 && low > 800 && middle < 2_500);
    });
  });

  test('the host and a lane without a rate are not held', async (context) => {
    const limited = { upld: upTo(1_000), dnld: upTo(1_000) };
    unwrap(await engine.converge(wishFor(labLane(1, limited), labLane(2))));
    const { host, observer } = subscriber.network;
    await undisturbedOr(context, 20_000, async () => {
      await observer.flows();
      const [up, down] = await Promise.all([
        flow({ groupId: 2, direction: 'up', protocol: 'udp', offered: 20_000 }),
        flow({ groupId: 2, direction: 'down', protocol: 'udp', offered: 20_000 }),
        host.must([PYTHON, toolPath('udp-sender.py'), ADDRESSES.server.v4, '5002', '20000', '1.5']),
      ]);
      expect(up.kbps).toBeGreaterThan(10_000);
      expect(down.kbps).toBeGreaterThan(10_000);
      const own = (await observer.flows()).find(({ source }) => source === ADDRESSES.host.v4);
      expect(own?.kbps).toBeGreaterThan(10_000);
    });
  });
});
