import { writeFileSync } from 'node:fs';
import { unwrap } from '@sublane/basics';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { ADDRESSES, Lab, openAccessNetwork, toolPath } from '../../test/lab/index.ts';
import type { Engine } from '../lanes/engine.ts';
import { labLane, SubscriberHost, upTo, wishFor } from './subscriber-host.fixture.ts';

describeInLab('rates from the host', () => {
  let lab: Lab;
  let subscriber: SubscriberHost;
  let engine: Engine;
  beforeAll(async () => {
    lab = Lab.open();
    subscriber = new SubscriberHost(await openAccessNetwork(lab), lab);
    engine = subscriber.engine();
  });
  afterEach(async () => {
    unwrap(await engine.undo());
    engine = subscriber.engine();
  });
  afterAll(async () => {
    subscriber?.leave();
    await lab?.close();
  });

  const { v4, v6 } = ADDRESSES.server;
  const udp = (groupId: number, target: string, port: number, rate: number, duration: number) =>
    subscriber.inGroup(groupId, [
      'python3',
      toolPath('udp-sender.py'),
      target,
      String(port),
      String(rate),
      String(duration),
    ]);
  const rateOf = async (protocol: string) => {
    const flows = (await subscriber.network.observer.flows()).filter((flow) => flow.protocol === protocol);
    console.log(JSON.stringify(flows.map(({ source, kbps, protocol }) => [source, protocol, kbps])));
    return new Map(flows.map(({ source, kbps }) => [source, kbps ?? Number.NaN]));
  };

  for (const [granted, capability] of [
    [1_000, 'on the uplink'],
    [10_000, 'on the uplink'],
    [2_000, "on the lane's own link"],
  ] as const) {
    test(`UDP at ${granted} kbit/s ${capability}, IPv4 and IPv6`, async () => {
      const { host } = subscriber.network;
      const foreign = capability !== 'on the uplink';
      if (foreign) await host.must(['tc', 'qdisc', 'add', 'dev', 'uplink', 'root', 'handle', '9:', 'pfifo']);
      try {
        const report = unwrap(await engine.converge(wishFor(labLane(1, { upld: upTo(granted) }))));
        expect(report.lanes[0]?.shaping).toBe(foreign ? 'lane' : 'uplink');
        for (const [target, source] of [
          [v4, '192.0.2.51'],
          [v6, '2001:db8:a::51'],
        ] as const) {
          await subscriber.network.observer.flows();
          await udp(1, target, 5001, granted * 1.6, 2);
          const seen = (await rateOf('udp')).get(source) as number;
          expect(seen).toBeGreaterThan(granted * 0.9);
          expect(seen).toBeLessThan(granted * 1.05);
        }
      } finally {
        if (foreign) await host.must(['tc', 'qdisc', 'del', 'dev', 'uplink', 'root']);
      }
    });
  }

  test('TCP at 5 Mbit/s, IPv4 and IPv6', async () => {
    unwrap(await engine.converge(wishFor(labLane(1, { upld: upTo(5_000) }))));
    const blob = `${lab.folder}/blob`;
    writeFileSync(blob, Buffer.alloc(1_200_000));
    for (const [url, source] of [
      [`http://${v4}/`, '192.0.2.51'],
      [`http://[${v6}]/`, '2001:db8:a::51'],
    ] as const) {
      await subscriber.network.observer.flows();
      await subscriber.inGroup(1, ['curl', '-sS', '-T', blob, '-H', 'Expect:', '-m', '20', url]);
      const seen = (await rateOf('tcp')).get(source) as number;
      expect(seen).toBeGreaterThan(5_000 * 0.85);
      expect(seen).toBeLessThan(5_000 * 1.05);
    }
  });

  test('where all want more than there is, H goes first and the others keep their part', async () => {
    engine = subscriber.engine({ capacity: 10_000 });
    const lanes = (['H', 'M', 'L'] as const).map((priority, index) =>
      labLane(index + 1, { upld: upTo(10_000, priority) }),
    );
    unwrap(await engine.converge(wishFor(...lanes)));
    await subscriber.network.observer.flows();
    await Promise.all(lanes.map(({ groupId }) => udp(groupId, v4, 5000 + groupId, 9_000, 3)));
    const seen = await rateOf('udp');
    const [high, middle, low] = [51, 52, 53].map((last) => seen.get(`192.0.2.${last}`) as number);
    expect(high!).toBeGreaterThan(6_000);
    expect(middle!).toBeGreaterThan(800);
    expect(low!).toBeGreaterThan(800);
    expect(high! + middle! + low!).toBeLessThan(10_500);
  });

  test('the host and a lane without a rate are not held', async () => {
    unwrap(await engine.converge(wishFor(labLane(1, { upld: upTo(1_000) }), labLane(2))));
    const { host, observer } = subscriber.network;
    await observer.flows();
    await udp(2, v4, 5001, 20_000, 1.5);
    await host.must(['python3', toolPath('udp-sender.py'), v4, '5002', '20000', '1.5']);
    const seen = await rateOf('udp');
    expect(seen.get('192.0.2.52')).toBeGreaterThan(15_000);
    expect(seen.get(ADDRESSES.host.v4)).toBeGreaterThan(15_000);
  });
});
