import { milliseconds, unwrap } from '@sublane/basics';
import { expect, test } from 'vitest';
import { HOST, lane, NOW, wishOf, world } from './engine-world.fixture.ts';
import type { KernelObject } from './kernel-object.ts';

const TWO = wishOf(
  lane(),
  lane({
    groupId: 2,
    name: 'bulk',
    interface: 'sl2',
    addresses: [{ address: '192.0.2.51', prefixLength: 24, deprecated: false }],
  }),
);

async function standing() {
  const defaults = [...HOST.defaults];
  const made = world({ defaults });
  const engine = made.engine();
  unwrap(await engine.converge(TWO));
  /** As another program would: what is ours goes, unasked. */
  const take = async (matches: (object: KernelObject) => boolean) => {
    const seen = unwrap(await made.kernel.observe({ now: made.now, uplink: 'auto', borrowed: new Map() }));
    const objects = seen.objects.filter(matches);
    unwrap(
      await made.kernel.apply(
        objects.map((object) => ({ verb: 'remove', object })),
        made.now,
      ),
    );
    return objects.length;
  };
  return { ...made, engine, take, defaults };
}

test('where all is as it was made, nothing differs', async () => {
  const { engine } = await standing();
  expect(unwrap(await engine.inspect())).toMatchObject({ drift: [], stale: false });
});

test('what others took away is named, with whose lane it is of and what puts it right', async () => {
  const { engine, take } = await standing();
  expect(await take((object) => object.kind === 'rule' && object.table === 510_002)).toBeGreaterThan(0);
  const { drift, stale } = unwrap(await engine.inspect());
  expect(stale).toBe(false);
  expect(new Set(drift.map(({ kind, groupId }) => `${kind} ${groupId}`))).toEqual(new Set(['rule 2']));
  expect(drift.map(({ repair }) => repair)).toContainEqual(expect.stringMatching(/^ip -4 rule add .*510002/));
  expect(new Set(drift.map(({ object }) => object)).size).toBe(drift.length);

  unwrap(await engine.converge(TWO));
  expect(unwrap(await engine.inspect())).toMatchObject({ drift: [], stale: false });
});

test('of what all lanes share, no group is named', async () => {
  const { engine, take } = await standing();
  await take(({ kind }) => kind === 'firewall');
  expect(unwrap(await engine.inspect()).drift).toEqual([
    { kind: 'firewall', object: 'firewall sublane', repair: expect.stringContaining('nft table inet sublane') },
  ]);
});

test('another next hop is something to follow, not drift', async () => {
  const { engine, defaults } = await standing();
  defaults[0] = { ...defaults[0]!, via: '192.0.2.254' };
  expect(unwrap(await engine.inspect())).toMatchObject({ drift: [], stale: true });
  unwrap(await engine.converge(TWO));
  expect(unwrap(await engine.inspect())).toMatchObject({ drift: [], stale: false });
});

test('a lease that ended is nobody’s doing', async () => {
  const { engine, clock } = await standing();
  await clock.advance(milliseconds(61_000));
  expect(unwrap(await engine.inspect())).toMatchObject({ drift: [], stale: true });
});

test('lifetimes that stood still with the machine are nobody’s doing', async () => {
  const { engine, kernel } = await standing();
  const late = kernel.objects.flatMap((from) =>
    from.kind === 'address'
      ? [{ verb: 'change' as const, from, object: { ...from, validUntil: milliseconds(NOW + 90_000) } }]
      : [],
  );
  unwrap(await kernel.apply(late, NOW));
  expect(unwrap(await engine.inspect())).toMatchObject({ drift: [], stale: true });
});

test('a host with no lanes has nothing to drift', async () => {
  expect(unwrap(await world().engine().inspect())).toMatchObject({ drift: [], stale: false });
});
