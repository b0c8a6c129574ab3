import { milliseconds, unwrap } from '@sublane/basics';
import { expect, test } from 'vitest';
import { ContractHands, type ContractWorld } from './contract-world.fixture.ts';
import { type KernelObject, keyOf } from './kernel-object.ts';
import type { Operation } from './operation.ts';
import { plan } from './plan.ts';
import type { LaneWish } from './wish.ts';

/** What holds for every kernel behind the border, the one in memory and the real one. */
export function kernelContract(world: () => ContractWorld): void {
  const hands = new ContractHands(world);
  const observe = () => hands.observe();
  const objectsOf = (lanes: readonly LaneWish[]) => hands.objectsOf(lanes);
  const lane = (groupId: number, more: Partial<LaneWish> = {}) => hands.lane(groupId, more);
  const apply = (operations: readonly Operation[]) => hands.apply(operations);
  const reach = (lanes: readonly LaneWish[]) => hands.reach(lanes);

  test('what is made is seen, object by object', async () => {
    const one = lane(1);
    const operations = await reach([one]);
    const seen = (await observe()).objects;
    for (const { object } of operations) expect(seen.map(keyOf)).toContain(keyOf(object));
    expect(plan(seen, await objectsOf([one]))).toEqual([]);
    await reach([]);
    expect((await observe()).objects).toEqual([]);
  });

  test('what is changed is seen changed', async () => {
    const second = lane(2, { mtu: 1400 as never });
    await reach([lane(1), second]);
    for (const wish of [
      [lane(1, { dscp: 0 }), second],
      [
        lane(1, {
          dscp: 0,
          upld: { rate: 900 as never, priority: 'H' },
          dnld: { rate: 4_000 as never, priority: 'H' },
        }),
        lane(2),
      ],
      [lane(1, { routes: [{ destination: '198.51.100.0/24' }], unmatched: 'host' })],
      [lane(1, { dns: ['198.51.100.53'] }), lane(2, { dns: [] })],
      [lane(1, { dns: ['198.51.100.54', '2001:db8:b::53'] }), lane(2)],
      [
        lane(1, { addresses: lane(3).addresses, validUntil: milliseconds(world().clock.sinceBoot() + 60_000) }),
        lane(4),
      ],
    ]) {
      await reach(wish);
      expect(plan((await observe()).objects, await objectsOf(wish))).toEqual([]);
    }
    await reach([]);
  });

  test('adding twice is refused, and names the operation', async () => {
    await reach([lane(1)]);
    // A setting is written, whatever it was; a program is attached beside or instead of another.
    const once = (await objectsOf([lane(1)])).filter(({ kind }) => !['setting', 'active', 'mark'].includes(kind));
    for (const object of once) {
      const refused = await apply([{ verb: 'add', object }]);
      expect({ key: keyOf(object), refused }).toMatchObject({ refused: { ok: false, failure: { index: 0 } } });
    }
    await reach([]);
  });

  test('removing what is not there is refused, and names the operation', async () => {
    for (const object of await objectsOf([lane(1)])) {
      if (object.kind === 'setting' || object.kind === 'mark') continue;
      const refused = await apply([{ verb: 'remove', object }]);
      expect({ key: keyOf(object), refused }).toMatchObject({ refused: { ok: false, failure: { index: 0 } } });
    }
  });

  test('a child without its parent is refused', async () => {
    const objects = await objectsOf([lane(1)]);
    for (const kind of ['setting', 'active', 'address', 'class', 'route', 'mark'] as const) {
      const object = objects.find(
        (one) => one.kind === kind && !('type' in one && one.type === 'unreachable'),
      ) as KernelObject;
      expect({ kind, refused: await apply([{ verb: 'add', object }]) }).toMatchObject({ refused: { ok: false } });
    }
    const leaf = objects.find((one) => one.kind === 'qdisc' && one.parent !== 'root') as KernelObject;
    expect(await apply([{ verb: 'add', object: leaf }])).toMatchObject({ ok: false });
    const group = objects.find((one) => one.kind === 'cgroup' && one.path.includes('/')) as KernelObject;
    expect(await apply([{ verb: 'add', object: group }])).toMatchObject({ ok: false });
    expect((await observe()).objects).toEqual([]);
  });

  test('of a list, what comes before the one that failed is done, and nothing after it', async () => {
    const operations = plan((await observe()).objects, await objectsOf([lane(1)]));
    for (const kind of ['address', 'route', 'rule', 'class'] as const) {
      const at = operations.findIndex(({ object }) => object.kind === kind);
      const twice = [...operations.slice(0, at + 1), operations[at] as Operation, ...operations.slice(at + 1)];
      expect(await apply(twice)).toMatchObject({ ok: false, failure: { index: at + 1 } });
      const seen = new Set((await observe()).objects.map(keyOf));
      const settled = (some: readonly Operation[]) => some.filter(({ object }) => object.kind !== 'setting');
      for (const { object } of settled(operations.slice(0, at + 1))) expect(seen).toContain(keyOf(object));
      for (const { object } of settled(operations.slice(at + 1))) expect(seen).not.toContain(keyOf(object));
      await reach([]);
    }
  });

  test('a process enters a group, is counted in it, keeps it from being removed, and is expelled', async () => {
    const { kernel, ownership } = world();
    await reach([lane(1)]);
    const path = `${ownership.slice}/g1`;
    expect(kernel.members(path)).toEqual([]);
    expect(kernel.enter(`${ownership.slice}/g9`, process.pid)).toMatchObject({ ok: false });
    unwrap(kernel.enter(path, process.pid));
    expect(kernel.members(path)).toEqual([process.pid]);
    const busy = (await observe()).objects.find((one) => one.kind === 'cgroup' && one.path === path);
    expect(busy).toMatchObject({ members: 1 });
    expect(await apply([{ verb: 'remove', object: { kind: 'mark', path, mark: 0x5b000001 } }])).toMatchObject({
      ok: true,
    });
    expect(await apply([{ verb: 'remove', object: { kind: 'cgroup', path } }])).toMatchObject({ ok: false });
    kernel.expel(path);
    expect(kernel.members(path)).toEqual([]);
    await reach([]);
  });
}
