import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { unwrap } from '@sublane/basics';
import { expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import type { Wish } from '../lanes/wish.ts';
import { FORKING } from './forking.fixture.ts';
import { differences, hostState } from './host-state.fixture.ts';
import { knowing } from './lacking-kernel.fixture.ts';
import { StoppingKernel } from './stopping-kernel.fixture.ts';
import { fromNow, labLane, type SubscriberHost, upTo, wishFor } from './subscriber-host.fixture.ts';
import { onSubscriberHost } from './subscriber-lab.fixture.ts';

describeInLab('whatever happens in the middle', () => {
  let subscriber: SubscriberHost;
  /** Nothing, one lane, another lane and a changed one: every kind of step is in some transition. */
  const validUntil = fromNow(3_600_000);
  const none = wishFor();
  const dns = ['198.51.100.53'];
  const one = wishFor(labLane(1, { validUntil, upld: upTo(1000), dnld: upTo(1000), unmatched: 'unreachable', dns }));
  const two = wishFor(
    labLane(1, {
      validUntil,
      upld: upTo(2000),
      dnld: upTo(3000),
      dscp: 0,
      addresses: labLane(4).addresses,
      mtu: 1400 as never,
    }),
    labLane(2, { validUntil, routes: [{ destination: '198.51.100.0/24' }], dns: [...dns, '2001:db8:b::53'] }),
  );
  const transitions: readonly (readonly [string, Wish, Wish])[] = [
    ['making the first lane', none, one],
    ['changing a lane and adding another', one, two],
    ['removing all', two, none],
  ];

  onSubscriberHost((opened) => {
    subscriber = opened;
  });

  const known = knowing();
  const state = () => hostState(subscriber.options.slice as string);

  for (const [name, before, after] of transitions) {
    test(`a failure at any step of ${name} ends in the state before`, async () => {
      const engine = subscriber.engine();
      unwrap(await engine.converge(before));
      const held = state();
      const { steps } = unwrap(await engine.plan(after));
      expect(steps.length).toBeGreaterThan(10);
      for (let step = 0; step < steps.length; step++) {
        const failing = subscriber.engine({}, (kernel) => new StoppingKernel(known(kernel), step));
        const refused = await failing.converge(after);
        expect(refused).toMatchObject({ ok: false, failure: { kind: 'refused', restored: true } });
        expect({ step, differences: differences(state(), held) }).toEqual({ step, differences: [] });
      }
      unwrap(await subscriber.engine().converge(after));
    });
  }

  test('kill -9 at every step of every change, of putting it right, and of undo is put right by the next start', async () => {
    unwrap(await subscriber.engine().undo());
    const program = fileURLToPath(new URL('./kill-at-each-step.fixture.ts', import.meta.url));
    const wishes = JSON.stringify([none, one, two]);
    const argv = [process.execPath, ...FORKING, program, JSON.stringify(subscriber.options), wishes];
    const { code, stdout, stderr } = await subscriber.network.host.run(argv, { timeout: 100_000 });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const transitions = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(transitions.map(({ name }) => name)).toEqual(['change 1', 'change 2', 'undo', 'at any time', 'undo again']);
    for (const { name, steps, killed, wrong } of transitions) {
      expect({ name, wrong }).toEqual({ name, wrong: [] });
      if (name === 'at any time') expect(killed).toBeGreaterThan(2);
      else if (name !== 'undo again') expect(killed).toBeGreaterThan(steps);
      expect(steps).toBeGreaterThan(10);
    }
  });

  test('kill -9 and a lost journal: undo finds everything by its marks', async () => {
    unwrap(await subscriber.engine().undo());
    const before = state();
    const program = fileURLToPath(new URL('./apply-and-die.fixture.ts', import.meta.url));
    const argv = [process.execPath, program, '25', JSON.stringify(subscriber.options), JSON.stringify(two)];
    expect((await subscriber.network.host.run(argv)).code).toBe(137);
    writeFileSync(`${subscriber.options.stateDir}/journal`, 'no journal any more\n');
    unwrap(await subscriber.engine().undo());
    await subscriber.network.host.sysctl({
      'net.ipv4.conf.uplink.arp_ignore': 0,
      'net.ipv4.conf.uplink.arp_announce': 0,
    });
    expect(state()).toEqual(before);
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
    const right = state();
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
    expect(state()).toEqual(right);
    unwrap(await engine.undo());
  });
});
