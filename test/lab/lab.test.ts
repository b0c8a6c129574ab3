import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInLab } from './describe-in-lab.ts';
import {
  type AccessNetwork,
  ADDRESSES,
  compareSnapshots,
  Lab,
  openAccessNetwork,
  PYTHON,
  snapshotHost,
  sweep,
  toolPath,
} from './index.ts';

describeInLab('the lab', () => {
  let lab: Lab;
  let network: AccessNetwork;
  beforeAll(async () => {
    lab = Lab.open();
    network = await openAccessNetwork(lab);
  });
  afterAll(() => lab.close());

  const { host: own, server } = ADDRESSES;

  for (const [family, to, from] of [
    [4, server.v4, own.v4],
    [6, server.v6, own.v6],
  ] as const) {
    it(`carries ping, curl and UDP over IPv${family}, and sees from where, marked how and how fast`, async () => {
      const { host, observer } = network;
      await observer.flows();
      await host.must(['ping', '-n', '-c', '2', '-i', '0.2', '-Q', '0xb8', to]);
      const url = family === 4 ? `http://${to}/` : `http://[${to}]/`;
      expect((await host.must(['curl', '-sS', url])).trim()).toBe(from);
      await host.must([PYTHON, toolPath('udp-sender.py'), to, '5001', '3000', '1.5']);
      const flows = await observer.flows();
      expect(flows.every((flow) => flow.source === from && flow.family === family)).toBe(true);
      expect(flows.find(({ protocol }) => protocol === 'icmp')).toMatchObject({ dscp: 46, packets: 2 });
      expect(flows.find(({ protocol }) => protocol === 'tcp')).toMatchObject({ dscp: 0, port: 80 });
      const udp = flows.find(({ protocol }) => protocol === 'udp')!;
      expect(udp).toMatchObject({ dscp: 0, port: 5001 });
      expect(udp.kbps).toBeGreaterThan(2700);
      expect(udp.kbps).toBeLessThan(3300);
      expect(await observer.flows()).toEqual([]);
    });
  }

  it('tells a changed host from an unchanged one', async () => {
    const { host } = network;
    const before = await snapshotHost(host);
    expect(compareSnapshots(before, await snapshotHost(host))).toEqual([]);
    await host.ip('address add 192.0.2.99/32 dev uplink', 'rule add fwmark 7 table 1007 preference 900');
    await host.must(['nft', 'add', 'table', 'inet', 'something']);
    await host.must(['tc', 'qdisc', 'add', 'dev', 'uplink', 'root', 'handle', '7:', 'htb']);
    await host.must(['tc', 'class', 'add', 'dev', 'uplink', 'parent', '7:', 'classid', '7:1', 'htb', 'rate', '1mbit']);
    await host.sysctl({ 'net.ipv4.conf.uplink.arp_ignore': 1 });
    const views = compareSnapshots(before, await snapshotHost(host)).map(({ view }) => view);
    expect(views.sort()).toEqual(
      ['IPv4 routes', 'IPv4 rules', 'addresses', 'nftables', 'queue classes', 'queues', 'sysctls', 'links'].sort(),
    );
    await host.must(['tc', 'qdisc', 'del', 'dev', 'uplink', 'root']);
    await host.must(['nft', 'delete', 'table', 'inet', 'something']);
    await host.ip('address del 192.0.2.99/32 dev uplink', 'rule del preference 900');
    await host.sysctl({ 'net.ipv4.conf.uplink.arp_ignore': 0 });
    expect(compareSnapshots(before, await snapshotHost(host))).toEqual([]);
  });

  it('ends with the programs in it', async () => {
    const other = Lab.open();
    const namespace = await other.namespace('one');
    const program = namespace.start(['sh', '-c', 'sleep 300 & echo up; wait']);
    await program.printed(/up/);
    await other.close();
    expect(program.isRunning).toBe(false);
    expect(existsSync(namespace.path)).toBe(false);
    expect(existsSync(other.folder)).toBe(false);
  });

  it('ends with its process on a signal, and is swept by the next one after a kill -9', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const child = spawn(process.execPath, [fileURLToPath(new URL('./lab-holder.fixture.ts', import.meta.url))]);
      const said = await new Promise<string>((resolve) => child.stdout.on('data', (text) => resolve(`${text}`.trim())));
      const [name = '', pid = ''] = said.split(' ');
      expect(existsSync(`/proc/${pid}`)).toBe(true);
      expect(readdirSync('/run/netns')).toContain(name);
      const ended = new Promise((resolve) => child.on('close', resolve));
      child.kill(signal);
      await ended;
      await until(() => !existsSync(`/proc/${pid}`));
      if (signal === 'SIGKILL') sweep();
      expect(readdirSync('/run/netns')).not.toContain(name);
    }
    expect(readdirSync('/run/netns')).toContain(network.host.name);
  });
});

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100 && !holds(); tries++) await delay(50);
  expect(holds()).toBe(true);
}
