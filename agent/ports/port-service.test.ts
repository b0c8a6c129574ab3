import { bytes, kilobitsPerSecond, silentLog } from '@sublane/basics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FakePortKernel } from './fake-port-kernel.ts';
import type { PortFact, PortWish } from './port-kernel.ts';
import { planPorts } from './port-plan.ts';
import { PortService, undoPorts } from './port-service.ts';

const port = (name: string, rate = 10_000, more: Partial<PortWish> = {}): PortWish => ({
  interface: name,
  rate: kilobitsPerSecond(rate),
  burst: bytes(100_000),
  replace: false,
  ...more,
});
const settled = () => new Promise((resolve) => setImmediate(resolve));

async function started(kernel: FakePortKernel, ...ports: PortWish[]) {
  const service = new PortService({ kernel, ports, log: silentLog });
  await service.start();
  return service;
}

describe('a port', () => {
  test('is bound when its link is there, and when it comes later', async () => {
    const kernel = new FakePortKernel();
    kernel.plug('eth1');
    const service = await started(kernel, port('eth1'), port('vm1', 500));
    expect(kernel.held('eth1')).toBe(10_000);
    kernel.plug('vm1');
    await settled();
    expect(kernel.held('vm1')).toBe(500);
    service.close();
  });

  test('is bound again when its link comes back under the same name', async () => {
    const kernel = new FakePortKernel();
    const before = kernel.plug('vm1');
    const service = await started(kernel, port('vm1'));
    kernel.unplug(before);
    const after = kernel.plug('vm1');
    await settled();
    expect(after).not.toBe(before);
    expect(kernel.held('vm1')).toBe(10_000);
    service.close();
  });

  test('follows its name: a link renamed away is let go, one renamed to it is held', async () => {
    const kernel = new FakePortKernel();
    const first = kernel.plug('vm1');
    const second = kernel.plug('other');
    const service = await started(kernel, port('vm1'));
    kernel.rename(first, 'gone');
    kernel.rename(second, 'vm1');
    await settled();
    expect(kernel.held('gone')).toBeUndefined();
    expect(kernel.held('vm1')).toBe(10_000);
    service.close();
  });

  test('is bound again when someone takes its rate away', async () => {
    const kernel = new FakePortKernel();
    const index = kernel.plug('vm1');
    const service = await started(kernel, port('vm1'));
    kernel.clear(index);
    await settled();
    expect(kernel.held('vm1')).toBe(10_000);
    service.close();
  });

  test('that is refused is tried again when its link changes, and not before', async () => {
    const kernel = new FakePortKernel();
    const index = kernel.plug('vm1');
    kernel.refuses.add('vm1');
    const service = await started(kernel, port('vm1'));
    kernel.refuses.clear();
    kernel.plug('unrelated');
    await settled();
    expect(kernel.held('vm1')).toBeUndefined();
    kernel.rename(index, 'vm1');
    await settled();
    expect(kernel.held('vm1')).toBe(10_000);
    service.close();
  });

  test('leaves what is not ours alone, unless it is to replace it', async () => {
    const kernel = new FakePortKernel();
    kernel.plug('left', 'others');
    kernel.plug('replaced', 'others');
    kernel.plug('uplink', 'lanes');
    const service = await started(
      kernel,
      port('left'),
      port('replaced', 1_000, { replace: true }),
      port('uplink', 1_000, { replace: true }),
    );
    expect(kernel.held('left')).toBeUndefined();
    expect(kernel.held('replaced')).toBe(1_000);
    expect(kernel.held('uplink')).toBeUndefined();
    expect(undoPorts(kernel)).toEqual({ ok: true, value: undefined });
    expect(kernel.read()).toMatchObject({ value: [{ owner: 'others' }, { owner: 'nobody' }, { owner: 'lanes' }] });
    service.close();
  });

  test('an earlier run’s is known again: kept as it is, changed, or let go', async () => {
    const kernel = new FakePortKernel();
    for (const name of ['same', 'changed', 'dropped']) kernel.plug(name);
    (await started(kernel, port('same'), port('changed'), port('dropped'))).close();
    kernel.done.length = 0;
    const service = await started(kernel, port('same'), port('changed', 2_000));
    expect(kernel.done.map((step) => [step.do, step.fact.interface])).toEqual([
      ['unbind', 'dropped'],
      ['change', 'changed'],
    ]);
    service.close();
  });

  test('after undo nothing is bound any more, whatever comes', async () => {
    const kernel = new FakePortKernel();
    kernel.plug('vm1');
    const service = await started(kernel, port('vm1'), port('vm2'));
    expect(service.undo()).toEqual({ ok: true, value: undefined });
    kernel.plug('vm2');
    await settled();
    expect([kernel.held('vm1'), kernel.held('vm2')]).toEqual([undefined, undefined]);
  });
});

describe('the plan', () => {
  test('a rate that is held is held, whatever this kernel could do now', () => {
    const held = { means: 'police' as const, rate: 10_000, burst: 100_000, dropped: 7 };
    const fact = { interface: 'vm1', index: 3, owner: 'ports' as const, held };
    expect(planPorts([port('vm1')], [fact], undefined)).toMatchObject({ steps: [], ports: [{ state: 'bound', held }] });
    expect(planPorts([port('vm1')], [fact], 'bpf').steps).toMatchObject([{ do: 'change', means: 'bpf' }]);
    expect(planPorts([port('vm1', 9_000)], [fact], 'police').steps).toMatchObject([{ do: 'change' }]);
  });

  const facts = fc.uniqueArray(
    fc.record({
      interface: fc.constantFrom('a', 'b', 'c', 'd'),
      index: fc.integer({ min: 1, max: 99 }),
      owner: fc.constantFrom<PortFact['owner']>('nobody', 'ports', 'lanes', 'others'),
    }),
    { selector: (fact) => fact.interface },
  );
  const ports = fc
    .uniqueArray(fc.constantFrom('a', 'b', 'c', 'e'))
    .chain((names) => fc.tuple(...names.map((name) => fc.boolean().map((replace) => port(name, 10_000, { replace })))));

  test('touches only what is ours or nobody’s, or what is to be replaced', () => {
    fc.assert(
      fc.property(ports, facts, (wanted, seen) => {
        for (const step of planPorts(wanted, seen, 'police').steps) {
          const { owner } = step.fact;
          if (step.do === 'bind' && step.replace) expect(step.port.replace && owner === 'others').toBe(true);
          else expect(owner).toBe(step.do === 'bind' ? 'nobody' : 'ports');
        }
      }),
    );
  });

  test('says of each port what has become of it, and why where it is not bound', () => {
    fc.assert(
      fc.property(ports, facts, fc.constantFrom('bpf' as const, undefined), (wanted, seen, means) => {
        const { ports: states } = planPorts(wanted, seen, means);
        expect(states.map((state) => state.port)).toEqual(wanted);
        for (const { state, note } of states) expect(note !== undefined).toBe(state !== 'bound' && state !== 'to-do');
      }),
    );
  });
});
