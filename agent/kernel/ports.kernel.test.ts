import { bytes, kilobitsPerSecond, silentLog, unwrap } from '@sublane/basics';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { Lab, type Namespace, PYTHON, toolPath } from '../../test/lab/index.ts';
import type { PortFact, PortMeans, PortWish } from '../ports/port-kernel.ts';
import { PortService, undoPorts } from '../ports/port-service.ts';
import { LinuxPorts } from './linux-ports.ts';
import { enterNamespace } from './network-namespace.fixture.ts';

describeInLab('ports of the host', () => {
  let lab: Lab;
  let host: Namespace;
  let machine: Namespace;
  let leave: () => void;
  const services: PortService[] = [];

  beforeAll(async () => {
    lab = Lab.open();
    host = await lab.namespace('host');
    machine = await lab.namespace('machine');
    leave = enterNamespace(host.path);
  });
  afterEach(async () => {
    for (const service of services.splice(0)) service.close();
    unwrap(undoPorts(new LinuxPorts()));
    await host.run(['ip', 'link', 'del', 'vm1']);
    await host.run(['ip', 'link', 'del', 'gone']);
  });
  afterAll(async () => {
    leave?.();
    await lab?.close();
  });

  const port = (more: Partial<PortWish> = {}): PortWish => ({
    interface: 'vm1',
    rate: kilobitsPerSecond(10_000),
    burst: bytes(100_000),
    replace: false,
    ...more,
  });
  /** With the means of this kernel, or with another of them. */
  async function started(ports: readonly PortWish[], means?: PortMeans) {
    const kernel = new LinuxPorts();
    if (means !== undefined) kernel.means = async () => means;
    const service = new PortService({ kernel, ports, log: silentLog });
    services.push(service);
    await service.start();
    return service;
  }
  const factOf = (name: string) => {
    const kernel = new LinuxPorts();
    const facts: readonly PortFact[] = unwrap(kernel.read());
    kernel.close();
    return facts.find((fact) => fact.interface === name);
  };
  const plug = async () => {
    await lab.link(host, 'vm1', machine, 'eth0');
    await host.ip('address add 10.9.0.1/24 dev vm1');
    await machine.ip('address add 10.9.0.2/24 dev eth0');
  };
  const qdiscs = () => host.must(['tc', 'qdisc', 'show']);

  test('a port is bound late, again under the same name with another index, and follows its name', async () => {
    await started([port()]);
    await plug();
    await vi.waitFor(() =>
      expect(factOf('vm1')).toMatchObject({ owner: 'ports', held: { rate: 10_000, burst: 100_000 } }),
    );
    const before = factOf('vm1')?.index;
    await host.ip('link del vm1');
    await plug();
    await vi.waitFor(() => expect(factOf('vm1')).toMatchObject({ owner: 'ports', held: { rate: 10_000 } }));
    expect(factOf('vm1')?.index).not.toBe(before);
    await host.ip('link set vm1 name gone');
    await vi.waitFor(() => expect(factOf('gone')).toMatchObject({ owner: 'nobody' }));
    await host.ip('link set gone name vm1');
    await vi.waitFor(() => expect(factOf('vm1')).toMatchObject({ owner: 'ports' }));
    await host.must(['tc', 'qdisc', 'del', 'dev', 'vm1', 'ingress']);
    await vi.waitFor(() => expect(factOf('vm1')).toMatchObject({ owner: 'ports' }));
  });

  test('what an earlier run left is known by its marks, changed, and taken away without a memory of it', async () => {
    const before = await qdiscs();
    await plug();
    const plugged = await qdiscs();
    (await started([port()])).close();
    await started([port({ rate: kilobitsPerSecond(900), burst: bytes(20_000) })]);
    expect(factOf('vm1')).toMatchObject({ owner: 'ports', held: { rate: 900, burst: 20_000 } });
    for (const service of services.splice(0)) service.close();
    await started([]);
    expect(await qdiscs()).toBe(plugged);
    await host.ip('link del vm1');
    expect(await qdiscs()).toBe(before);
  });

  test('an ingress qdisc of others is left alone with what is in it, unless it is to be replaced', async () => {
    await plug();
    const theirs = 'protocol ip prio 7 u32 match ip dst 10.9.0.9/32 flowid 1:1';
    await host.must(['tc', 'qdisc', 'add', 'dev', 'vm1', 'ingress']);
    await host.must(['tc', 'filter', 'add', 'dev', 'vm1', 'parent', 'ffff:', ...theirs.split(' ')]);
    const shown = await host.must(['tc', 'filter', 'show', 'dev', 'vm1', 'ingress']);
    await started([port()]);
    expect(factOf('vm1')).toMatchObject({ owner: 'others' });
    unwrap(undoPorts(new LinuxPorts()));
    expect(await host.must(['tc', 'filter', 'show', 'dev', 'vm1', 'ingress'])).toBe(shown);
    await started([port({ replace: true })]);
    expect(factOf('vm1')).toMatchObject({ owner: 'ports', held: { rate: 10_000 } });
  });

  test('a filter that others put beside ours stays when ours goes', async () => {
    await plug();
    await started([port()]);
    const theirs = 'protocol ip prio 60 u32 match ip dst 10.9.0.9/32 flowid 1:1';
    await host.must(['tc', 'filter', 'add', 'dev', 'vm1', 'parent', 'ffff:', ...theirs.split(' ')]);
    await services.splice(0)[0]?.undo();
    expect(factOf('vm1')).toMatchObject({ owner: 'others' });
    const left = await host.must(['tc', 'filter', 'show', 'dev', 'vm1', 'ingress']);
    expect(left).toContain('pref 60');
    expect(left).not.toContain('pref 49');
    expect(left).not.toContain('pref 65535');
  });

  for (const means of ['bpf', 'ifb'] as const)
    test(`what arrives is held by ${means}: the rate, and at once no more than the burst; what is dropped is counted`, async () => {
      const links = await host.must(['ip', '-o', 'link']);
      await plug();
      const [rate, burst] = [400, 60_000];
      await started([port({ rate: kilobitsPerSecond(rate), burst: bytes(burst) })], means);
      const [address, at, seconds] = ['10.9.0.1', '5001', 2];
      const receiver = host.start([PYTHON, toolPath('rate.py'), 'receive', 'udp', address, at, String(seconds), '0']);
      await receiver.printed(/^ready$/m);
      await machine.must([PYTHON, toolPath('rate.py'), 'send', 'udp', address, at, '20000', String(seconds + 0.3)]);
      const [line] = await receiver.printed(/^\{.*\}$/m);
      const { bytes: came } = JSON.parse(line) as { bytes: number };
      // A bucket lets through what was in it, and what comes in while it is open: neither more nor, if asked, less.
      const most = burst + (rate * 1000 * seconds) / 8;
      expect(came).toBeLessThan(most * 1.1 + 1500);
      expect(came).toBeGreaterThan(most * 0.85);
      const held = factOf('vm1')?.held;
      expect(held).toMatchObject({ means, rate, burst });
      expect(held?.dropped).toBeGreaterThan(300);
      unwrap(undoPorts(new LinuxPorts()));
      await host.ip('link del vm1');
      expect(await host.must(['ip', '-o', 'link'])).toBe(links);
    });
});
