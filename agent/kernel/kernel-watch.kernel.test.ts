import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { unwrap } from '@sublane/basics';
import { afterEach, expect, test, vi } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import type { KernelEvent, Watch } from '../lanes/kernel-event.ts';
import { ownershipOf } from '../lanes/lanes-engine.ts';
import { LinuxKernel } from './linux-kernel.ts';
import { labLane, type SubscriberHost, wishFor } from './subscriber-host.fixture.ts';
import { onSubscriberHost } from './subscriber-lab.fixture.ts';

describeInLab('what the kernel tells of its changes', () => {
  let subscriber: SubscriberHost;
  const watches: Watch[] = [];
  onSubscriberHost((opened) => {
    subscriber = opened;
  });
  afterEach(() => {
    for (const watch of watches.splice(0)) watch.close();
  });

  function watch(): KernelEvent[] {
    const events: KernelEvent[] = [];
    watches.push(
      new LinuxKernel(ownershipOf(subscriber.options)).watch((event) => {
        events.push(event);
      }),
    );
    return events;
  }

  function sh(script: string): void {
    const { status, stderr } = spawnSync('sh', ['-ec', script]);
    expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
  }

  const told = (events: readonly KernelEvent[], event: KernelEvent) =>
    vi.waitFor(() => expect(events).toContainEqual(event), { timeout: 5_000 });

  test('of each thing that is ours, and of what is not', async () => {
    const engine = subscriber.engine();
    unwrap(await engine.converge(wishFor(labLane(1, { unmatched: 'unreachable' }))));
    for (const [script, event] of [
      ['ip address del 192.0.2.51/32 dev sl1', { subject: 'address', link: 'sl1', own: true }],
      ['ip -6 address del 2001:db8:a::51/128 dev sl1', { subject: 'address', link: 'sl1', own: true }],
      ['ip route del unreachable default table 510001', { subject: 'route', own: true }],
      ['ip rule del preference 30001', { subject: 'rule', own: true }],
      ['ip -6 rule del preference 30001', { subject: 'rule', own: true }],
      ['nft flush chain inet sublane leave', { subject: 'nft', own: true }],
      ['nft add table ip somebody', { subject: 'nft', own: false }],
      ['nft delete table ip somebody', { subject: 'nft', own: false }],
      ['tc qdisc replace dev uplink root handle 7: pfifo', { subject: 'tc', link: 'uplink', own: false }],
      ['tc qdisc del dev uplink root', { subject: 'tc', link: 'uplink', own: false }],
      ['ip link set uplink mtu 1400', { subject: 'link', link: 'uplink', own: false }],
      ['ip link set uplink mtu 1500', { subject: 'link', link: 'uplink', own: false }],
      ['ip route add 198.51.100.0/24 dev lo', { subject: 'route', link: 'lo', own: false }],
      ['ip route del 198.51.100.0/24 dev lo', { subject: 'route', link: 'lo', own: false }],
      ['ip link set sl1 down', { subject: 'link', link: 'sl1', own: true }],
      ['ip link del sl1', { subject: 'link', link: 'sl1', own: true }],
    ] as const) {
      const events = watch();
      sh(script);
      await told(events, event);
    }
    unwrap(await engine.undo());
  });

  test('a link is known by its new name, and one made since the watch began by its own', async () => {
    const events = watch();
    sh('ip link add first type veth peer name second');
    sh('ip link set first name third; ip link set third up; ip address add 198.51.100.9/32 dev third');
    await told(events, { subject: 'address', link: 'third', own: false });
    sh('ip link del third');
    await told(events, { subject: 'link', link: 'second', own: false });
  });

  test('many changes at once are few events', async () => {
    const events = watch();
    sh(
      'i=0; while [ $i -lt 300 ]; do echo "rule add from 198.51.100.$((i % 250)) lookup 77 preference $((9000 + i))"; i=$((i + 1)); done | ip -batch -',
    );
    await told(events, { subject: 'rule', own: false });
    sh('while ip rule del lookup 77 2>/dev/null; do :; done');
    await pause(50);
    expect(events.length).toBeLessThan(300);
  });

  test('what could not be told one by one is told as anything', async () => {
    const events = watch();
    // Nothing is read while the program runs, so all of it must fit into the socket.
    sh(`i=0; while [ $i -lt 250 ]; do echo "link add many$i type veth peer name more$i"; i=$((i + 1)); done | ip -batch -
        i=0; while [ $i -lt 250 ]; do echo "link set many$i mtu 1400"; echo "link set more$i mtu 1400"; i=$((i + 1)); done | ip -batch -
        i=0; while [ $i -lt 250 ]; do echo "link del many$i"; i=$((i + 1)); done | ip -batch -`);
    await told(events, { subject: 'anything', own: true });
    const length = events.length;
    sh('ip link set lo mtu 60000');
    await vi.waitFor(() => expect(events.slice(length)).toContainEqual({ subject: 'link', link: 'lo', own: false }));
    sh('ip link set lo mtu 65536');
  });

  test('nothing is told after closing, and closing twice is closing', async () => {
    const events = watch();
    for (const one of watches.splice(0)) {
      one.close();
      one.close();
    }
    sh('ip link set lo mtu 60000; ip link set lo mtu 65536');
    await pause(50);
    expect(events).toEqual([]);
  });

  test('while nothing changes, nothing runs', async () => {
    watch();
    await pause(100);
    const before = process.cpuUsage();
    await pause(500);
    const { user, system } = process.cpuUsage(before);
    // The test runner itself is the most of it.
    expect(user + system).toBeLessThan(100_000);
  });
});
