import { milliseconds, unwrap } from '@sublane/basics';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { Lab, type Namespace } from '../../test/lab/index.ts';
import { type KernelObject, sameObject } from '../lanes/kernel-object.ts';
import { ownershipOf } from '../lanes/lanes-engine.ts';
import { readIp } from './netlink/ip-state.ts';
import { PROTOCOL, withNetlink } from './netlink/netlink-socket.ts';
import { enterNamespace } from './network-namespace.fixture.ts';
import { TcChanges } from './tc-changes.ts';
import { readTc } from './tc-state.ts';

describeInLab('what holds arriving packets', () => {
  const own = ownershipOf({ stateDir: '' });
  let lab: Lab;
  let host: Namespace;
  let machine: Namespace;
  let leave: () => void;
  beforeAll(async () => {
    lab = Lab.open();
    host = await lab.namespace('host');
    machine = await lab.namespace('machine');
    leave = enterNamespace(host.path);
    await lab.link(host, 'vm1', machine, 'eth0');
    await host.ip(
      'address add 10.9.1.1/24 dev vm1',
      'address add 10.9.1.33/24 dev vm1',
      'address add 2001:db8:1::1/64 dev vm1 nodad',
      'address add 2001:db8:1:0:8000::1/64 dev vm1 nodad',
    );
    await machine.ip('address add 10.9.1.2/24 dev eth0', 'address add 2001:db8:1::2/64 dev eth0 nodad');
  });
  afterAll(async () => {
    leave?.();
    await lab?.close();
  });

  const apply = (verb: 'add' | 'change' | 'remove', ...objects: (KernelObject & { kind: 'ingress' | 'police' })[]) => {
    for (const object of objects)
      unwrap(withNetlink(PROTOCOL.route, (socket) => new TcChanges(socket, own).apply(verb, object)));
  };
  const seen = () =>
    unwrap(
      withNetlink(PROTOCOL.route, (socket) => {
        const ip = unwrap(readIp(socket, own, () => milliseconds(0)));
        return { ok: true, value: unwrap(readTc(socket, own, ip)).objects };
      }),
    );
  /** Of forty packets at once, how many are answered within two seconds. */
  async function answered(address: string): Promise<number> {
    const { stdout } = await machine.run(['ping', '-q', '-f', '-c', '40', '-s', '1000', '-w', '2', address]);
    return Number(/(\d+) received/.exec(stdout)?.[1]);
  }

  for (const means of ['bpf', 'ifb'] as const)
    test(`prefixes of both families share a rate, others beside them do not (${means})`, async () => {
      const ingress = { kind: 'ingress', link: 'vm1' } as const;
      const police = {
        kind: 'police',
        link: 'vm1',
        preference: 0x4002,
        addresses: ['10.9.1.0/28', '2001:db8:1::/66'],
        means,
        rate: 16_000,
        burst: 6_000,
      } as const;
      apply('add', ingress, police);
      const [first, second] = seen();
      expect(first).toEqual(ingress);
      expect(sameObject(second as KernelObject, police)).toBe(true);
      expect(await answered('10.9.1.33')).toBe(40);
      expect(await answered('2001:db8:1:0:8000::1')).toBe(40);
      expect(await answered('10.9.1.1')).toBeLessThan(30);
      // What one family has used is gone for the other too.
      expect(await answered('2001:db8:1::1')).toBeLessThan(30);
      const changed = { ...police, addresses: ['10.9.1.33'], rate: 100_000_000, burst: 1_000_000 };
      apply('change', changed);
      expect(sameObject(seen()[1] as KernelObject, changed)).toBe(true);
      expect(await answered('10.9.1.1')).toBe(40);
      expect(await answered('10.9.1.33')).toBe(40);
      apply('remove', changed);
      apply('remove', ingress);
      expect(seen()).toEqual([]);
      expect(await host.must(['tc', 'qdisc', 'show', 'dev', 'vm1'])).not.toContain('ingress');
      expect(await host.must(['ip', '-o', 'link'])).not.toContain('sl-i');
    });

  test('with more addresses than a program’s name can tell, nothing is made', () => {
    const ingress = { kind: 'ingress', link: 'vm1' } as const;
    apply('add', ingress);
    const addresses = Array.from({ length: 12 }, (_, index) => `2001:db8:1:2:3:4:5:${(0x1000 + index).toString(16)}`);
    const police = {
      kind: 'police',
      link: 'vm1',
      preference: 0x4002,
      addresses,
      means: 'bpf',
      rate: 1e6,
      burst: 1e5,
    } as const;
    const refused = withNetlink(PROTOCOL.route, (socket) => new TcChanges(socket, own).apply('add', police));
    expect(refused).toMatchObject({ ok: false, failure: { code: 'E2BIG' } });
    expect(seen()).toEqual([ingress]);
    apply('remove', ingress);
  });

  test('what a change that was cut short left is seen as ours, and goes', async () => {
    const ingress = { kind: 'ingress', link: 'vm1' } as const;
    apply('add', ingress);
    expect(seen()).toEqual([ingress]);
    // An ifb link without its filters, as it is between two steps.
    const [link] = JSON.parse(await host.must(['ip', '-json', 'link', 'show', 'dev', 'vm1'])) as { ifindex: number }[];
    await host.ip(`link add sl-i${link?.ifindex.toString(16)}-4002 type ifb`);
    const left = seen().find(({ kind }) => kind === 'police');
    expect(left).toMatchObject({ kind: 'police', link: 'vm1', preference: 0x4002, rate: 0 });
    apply('remove', left as KernelObject & { kind: 'police' });
    // One whose link is gone, and one that is a port's.
    await host.ip('link add sl-i7fff-4002 type ifb', 'link add sl-i7fff-31 type ifb');
    const orphan = seen().filter(({ kind }) => kind === 'police');
    expect(orphan).toMatchObject([{ link: 'sl-i7fff-4002', rate: 0 }]);
    apply('remove', orphan[0] as KernelObject & { kind: 'police' });
    await host.ip('link del sl-i7fff-31');
    apply('remove', ingress);
    expect(seen()).toEqual([]);
    expect(await host.must(['ip', '-o', 'link'])).not.toContain('sl-i');
  });

  test('two engines on one link know each its own', async () => {
    const other = ownershipOf({ stateDir: '', handle: 0x5b1d });
    const police = { kind: 'police', link: 'vm1', preference: 0x4002, addresses: ['10.9.1.1'], means: 'bpf' } as const;
    apply('add', { kind: 'ingress', link: 'vm1' }, { ...police, rate: 1e6, burst: 1e5 });
    const theirs = unwrap(
      withNetlink(PROTOCOL.route, (socket) => {
        const ip = unwrap(readIp(socket, other, () => milliseconds(0)));
        return { ok: true, value: unwrap(readTc(socket, other, ip)) };
      }),
    );
    expect(theirs.objects).toEqual([]);
    expect(theirs.foreignIngress).toEqual(new Map([['vm1', 'ingress']]));
    apply('remove', { ...police, rate: 1e6, burst: 1e5 });
    apply('remove', { kind: 'ingress', link: 'vm1' });
  });
});
