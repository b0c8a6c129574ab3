import { bytes, unwrap } from '@sublane/basics';
import { expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { ADDRESSES, type Namespace, PYTHON, snapshotHost, toolPath } from '../../test/lab/index.ts';
import { fromNow, labLane, type SubscriberHost, wishFor } from './subscriber-host.fixture.ts';
import { onSubscriberHost } from './subscriber-lab.fixture.ts';

const { server, host: own } = ADDRESSES;

describeInLab('a prefix that is routed to a host, whole', () => {
  let host: SubscriberHost;
  let behind: Namespace;
  onSubscriberHost(async (opened, lab) => {
    host = opened;
    behind = await lab.namespace('behind');
    const { host: namespace, edge } = host.network;
    await lab.link(namespace, 'lan', behind, 'eth0');
    await namespace.sysctl({ 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 });
    await namespace.ip('address add 203.0.113.73/29 dev lan', 'address add 2001:db8:1:ff01::1/64 dev lan nodad');
    await behind.ip(
      'address add 203.0.113.74/29 dev eth0',
      'address add 2001:db8:1:ff01::2/64 dev eth0 nodad',
      'route add default via 203.0.113.73',
      'route add default via 2001:db8:1:ff01::1',
    );
    await edge.ip(`route add 203.0.113.64/26 via ${own.v4}`, `route add 2001:db8:1:ff00::/56 via ${own.v6}`);
  });

  test('is the lane’s: what stands behind the host uses it, and what nobody has is not sent back', async () => {
    const { host: namespace, edge, observer } = host.network;
    const before = await snapshotHost(namespace);
    const engine = host.engine();
    const lane = labLane(1, {
      attachment: { type: 'routed' },
      addresses: [
        { address: '203.0.113.65', prefixLength: 26, deprecated: false },
        { address: '2001:db8:1:ff00::1', prefixLength: 56, deprecated: false },
      ],
      unmatched: 'unreachable',
    });
    unwrap(await engine.converge(wishFor(lane)));
    expect(unwrap(await engine.plan(wishFor(lane))).steps).toEqual([]);

    await observer.flows();
    for (const address of [server.v4, server.v6]) {
      await behind.must(['ping', '-n', '-c', '1', '-W', '5', address]);
      expect((await host.inGroup(1, ['ping', '-n', '-c', '1', '-W', '5', address])).code).toBe(0);
    }
    expect((await observer.flows()).map(({ source, dscp }) => `${source} ${dscp}`).sort()).toEqual([
      '2001:db8:1:ff00::1 46',
      '2001:db8:1:ff01::2 46',
      '203.0.113.65 46',
      '203.0.113.74 46',
    ]);
    // Sent on by main's default route, it would go round until its hops are used up.
    for (const address of ['203.0.113.100', '2001:db8:1:ff77::9']) {
      const { stdout } = await edge.run(['ping', '-n', '-c', '1', '-W', '5', address]);
      expect(stdout).toMatch(/unreachable/i);
      expect(stdout).not.toMatch(/exceeded/i);
    }
    // Segments of what is forwarded are as large as the lane takes, too.
    const watcher = host.network.server.start([PYTHON, toolPath('syn-mss.py'), server.device]);
    await watcher.printed(/^ready$/m);
    unwrap(await engine.converge(wishFor({ ...lane, mtu: bytes(1300) })));
    for (const [address, mss] of [
      [`http://${server.v4}/`, '203.0.113.74 1260'],
      [`http://[${server.v6}]/`, '2001:db8:1:ff01::2 1240'],
    ] as const) {
      await behind.must(['curl', '-sS', '-m', '5', address]);
      await watcher.printed(new RegExp(`^${mss}$`, 'm'));
    }
    await watcher.stop();

    // The lease ends for what stands behind as well, with no program running.
    unwrap(await engine.extend(new Map([[1, fromNow(1_500)]])));
    await behind.run(['ping', '-n', '-c', '12', '-i', '0.2', '-W', '1', server.v6]);
    await observer.flows();
    for (const address of [server.v4, server.v6])
      expect((await behind.run(['ping', '-n', '-c', '1', '-W', '1', address])).code).not.toBe(0);
    expect(await observer.flows()).toEqual([]);
    const [counters] = unwrap(await engine.counters());
    expect(counters?.dropped.packets).toBeGreaterThanOrEqual(2);
    unwrap(await engine.undo());
    expect(await snapshotHost(namespace)).toEqual(before);
  });
});
