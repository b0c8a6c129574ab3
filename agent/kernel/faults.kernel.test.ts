import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { unwrap } from '@sublane/basics';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { type HostSnapshot, Lab, openAccessNetwork, snapshotHost } from '../../test/lab/index.ts';
import type { Wish } from '../lanes/wish.ts';
import { StoppingKernel } from './stopping-kernel.fixture.ts';
import { fromNow, labLane, SubscriberHost, upTo, wishFor } from './subscriber-host.fixture.ts';

describeInLab('whatever happens in the middle', () => {
  let lab: Lab;
  let subscriber: SubscriberHost;
  /** Nothing, one lane, another lane and a changed one: every kind of step is in some transition. */
  const validUntil = fromNow(3_600_000);
  const none = wishFor();
  const one = wishFor(labLane(1, { validUntil, upld: upTo(1000), unmatched: 'unreachable' }));
  const two = wishFor(
    labLane(1, { validUntil, upld: upTo(2000), dscp: 0, addresses: labLane(4).addresses, mtu: 1400 as never }),
    labLane(2, { validUntil, routes: [{ destination: '198.51.100.0/24' }] }),
  );
  const transitions: readonly (readonly [string, Wish, Wish])[] = [
    ['making the first lane', none, one],
    ['changing a lane and adding another', one, two],
    ['removing all', two, none],
  ];

  beforeAll(async () => {
    lab = Lab.open();
    subscriber = new SubscriberHost(await openAccessNetwork(lab), lab);
  });
  afterAll(async () => {
    subscriber?.leave();
    await lab?.close();
  });

  /** Links are numbered anew and get another MAC address when they are made again; all else must be equal. */
  async function state(): Promise<HostSnapshot> {
    const snapshot = await snapshotHost(subscriber.network.host);
    const links = snapshot.links?.replace(/^\d+: /gm, '').replace(/link\/ether \S+/g, 'link/ether');
    const addresses = snapshot.addresses
      ?.replace(/^\d+: /gm, '')
      .split('\n')
      .filter((line) => !line.includes(' fe80:'));
    const drop = (view: string) =>
      snapshot[view]
        ?.split('\n')
        .filter((line) => !/fe80:|ff00:/.test(line))
        .sort()
        .join('\n');
    const qdiscs = snapshot.queues?.replace(/pfifo \w+:/g, 'pfifo').replace(/direct_packets_stat \d+/g, '');
    return {
      ...snapshot,
      links: links?.split('\n').sort().join('\n') ?? '',
      addresses: addresses?.sort().join('\n') ?? '',
      'IPv6 routes': drop('IPv6 routes') ?? '',
      queues: qdiscs ?? '',
      'queue classes': snapshot['queue classes']?.replace(/leaf \w+:/g, 'leaf') ?? '',
      nftables: (snapshot.nftables ?? '').replace(/timeout \S+/g, 'timeout'),
    };
  }

  for (const [name, before, after] of transitions) {
    test(`a failure at any step of ${name} ends in the state before`, async () => {
      const engine = subscriber.engine();
      unwrap(await engine.converge(before));
      const held = await state();
      const { steps } = unwrap(await engine.plan(after));
      expect(steps.length).toBeGreaterThan(10);
      for (let step = 0; step < steps.length; step++) {
        const failing = subscriber.engine({}, (kernel) => new StoppingKernel(kernel, step));
        const refused = await failing.converge(after);
        expect(refused).toMatchObject({ ok: false, failure: { kind: 'refused', restored: true } });
        expect({ step, ...(await state()) }).toEqual({ step, ...held });
      }
      unwrap(await subscriber.engine().converge(after));
    });
  }

  for (const [name, before, after] of transitions) {
    test(`kill -9 at any step of ${name} is repaired by the next start`, async () => {
      unwrap(await subscriber.engine().converge(before));
      const held = await state();
      const { steps } = unwrap(await subscriber.engine().plan(after));
      const program = fileURLToPath(new URL('./apply-and-die.fixture.ts', import.meta.url));
      // Some of the steps: a process each, and all of them are covered above.
      for (let step = 1; step < steps.length; step += 6) {
        const argv = [
          process.execPath,
          program,
          String(step),
          JSON.stringify(subscriber.options),
          JSON.stringify(after),
        ];
        const { code, stderr } = await subscriber.network.host.run(argv);
        expect({ code, stderr }).toEqual({ code: 137, stderr: '' });
        unwrap(await subscriber.engine().repair());
        expect({ step, ...(await state()) }).toEqual({ step, ...held });
      }
      unwrap(await subscriber.engine().converge(after));
    });
  }

  test('kill -9 and a lost journal: undo finds everything by its marks', async () => {
    unwrap(await subscriber.engine().undo());
    const before = await state();
    const program = fileURLToPath(new URL('./apply-and-die.fixture.ts', import.meta.url));
    const argv = [process.execPath, program, '25', JSON.stringify(subscriber.options), JSON.stringify(two)];
    expect((await subscriber.network.host.run(argv)).code).toBe(137);
    writeFileSync(`${subscriber.options.stateDir}/journal`, 'no journal any more\n');
    unwrap(await subscriber.engine().undo());
    await subscriber.network.host.sysctl({
      'net.ipv4.conf.uplink.arp_ignore': 0,
      'net.ipv4.conf.uplink.arp_announce': 0,
    });
    expect(await state()).toEqual(before);
  });

  test('a program of ours left beside the right one is taken away', async () => {
    const engine = subscriber.engine();
    unwrap(await engine.converge(one));
    const directory = unwrap(await engine.observe()).lanes[0]?.cgroup as string;
    const { attachMark, closeDescriptor, listMarks, loadMark } = await import('./bpf.ts');
    const stray = loadMark(0x5b000009, 'sl1_5b000009');
    if (!stray.ok) throw new Error(stray.message);
    expect(attachMark(directory, stray.value).ok).toBe(true);
    closeDescriptor(stray.value);
    const theirs = loadMark(0x7, 'somebody');
    if (!theirs.ok) throw new Error(theirs.message);
    expect(attachMark(directory, theirs.value).ok).toBe(true);
    closeDescriptor(theirs.value);
    unwrap(await engine.converge(one));
    const listed = listMarks(directory);
    expect(listed.ok && listed.value.map(({ name }) => name).sort()).toEqual(['sl1_5b000001', 'somebody']);
    unwrap(await engine.undo());
  });

  test('what others change of ours is seen, and put right', async () => {
    const engine = subscriber.engine();
    unwrap(await engine.converge(one));
    const right = await state();
    const { host } = subscriber.network;
    await host.ip('rule del preference 30002', 'link set sl1 mtu 1300', 'route flush table 510001');
    await host.must(['nft', 'add', 'rule', 'inet', 'sublane', 'leave', 'accept']);
    await host.must([
      'tc',
      'class',
      'change',
      'dev',
      'uplink',
      'parent',
      '5b1a:',
      'classid',
      '5b1a:1',
      'htb',
      'rate',
      '9mbit',
    ]);
    const report = unwrap(await engine.observe());
    expect(report.notes.length).toBeGreaterThanOrEqual(5);
    unwrap(await engine.converge(one));
    expect(await state()).toEqual(right);
    unwrap(await engine.undo());
  });
});
