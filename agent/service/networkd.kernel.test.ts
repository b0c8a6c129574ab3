import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { Lab, openAccessNetwork, type Running } from '../../test/lab/index.ts';
import { SubscriberHost } from '../kernel/subscriber-host.fixture.ts';
import { KeptHost, labHeld, sh } from './kept-host.fixture.ts';

const NETWORKD = '/lib/systemd/systemd-networkd';

describeInLab('beside the real systemd-networkd', () => {
  let lab: Lab;
  let subscriber: SubscriberHost;
  let kept: KeptHost;
  beforeAll(async () => {
    lab = Lab.open();
    subscriber = new SubscriberHost(await openAccessNetwork(lab), lab);
    kept = new KeptHost(subscriber);
    unwrap(await kept.keeper.hold([labHeld(1)], 'heard'));
  });
  afterAll(async () => {
    await kept?.end();
    subscriber?.leave();
    await lab?.close();
  });

  /** In a file system of its own, where /run is empty and it cannot wait for udev. It manages links named dock…. */
  async function networkd(name: string, settings: string): Promise<Running> {
    const folder = join(lab.folder, name);
    mkdirSync(join(folder, 'network'), { recursive: true });
    writeFileSync(join(folder, 'networkd.conf'), settings);
    writeFileSync(
      join(folder, 'network', '10-dock.network'),
      '[Match]\nName=dock*\n[Network]\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n',
    );
    const script = `
      mount --make-rprivate /
      mount -t tmpfs tmpfs /run
      mkdir -p /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp
      chown -R systemd-network /run/systemd/netif
      mount -t sysfs -o ro sysfs /sys
      mount --bind ${folder} /etc/systemd
      SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console exec ${NETWORKD}
    `;
    const running = subscriber.network.host.start(['unshare', '--mount', 'sh', '-ec', script]);
    await running.printed(/uplink: State changed: .* -> unmanaged/);
    return running;
  }

  const dock = (name: string) =>
    sh(`ip link add ${name} type veth peer name ${name}p; ip link set ${name}p up; ip link set ${name} up`);

  test('what it takes away when a link is docked is put right', async (context) => {
    if (!existsSync(NETWORKD)) context.skip('needs systemd-networkd');
    const running = await networkd('eager', '');
    dock('dock0');
    await running.printed(/Removing foreign routing policy rule .*510001/);
    const kinds = () => kept.keeper.status().repairs.map(({ kind }) => kind);
    await kept.becomes(() => expect(kinds()).toContain('rule'));
    await kept.becomes(() => expect(kinds()).toContain('route'));
    await kept.isRight();
    await running.stop();
  });

  test('told not to, it takes nothing', async (context) => {
    if (!existsSync(NETWORKD)) context.skip('needs systemd-networkd');
    await kept.isQuiet();
    const before = kept.keeper.status().repairs;
    const told = '[Network]\nManageForeignRoutingPolicyRules=no\nManageForeignRoutes=no\n';
    const running = await networkd('modest', told);
    dock('dock1');
    await running.printed(/dock1: State changed: .* -> configured/);
    await kept.isQuiet();
    expect(running.output).not.toContain('Removing foreign');
    expect(kept.keeper.status().repairs).toEqual(before);
    await running.stop();
  });
});
