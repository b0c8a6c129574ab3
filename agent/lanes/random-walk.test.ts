import { milliseconds, unwrap } from '@sublane/basics';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HOST, NOW, UPLINKS, wishOf, world } from './engine-world.fixture.ts';
import { type FakeHost, type FakeKernel, ProcessEnded } from './fake-kernel.ts';
import { keyOf, sameObject } from './kernel-object.ts';
import type { LanesEngine } from './lanes-engine.ts';
import type { Wish } from './wish.ts';
import { wishArbitrary } from './wish-arbitrary.fixture.ts';

type World = ReturnType<typeof world>;

/** Where a walk is: the engine of the process that runs now, and the last wish that was reached. */
interface Walk {
  readonly world: World;
  engine: LanesEngine;
  wish: Wish;
}

const KINDS = [
  'grant',
  'conflict',
  'journal broken',
  'failure',
  'death',
  'death in undo',
  'meddling',
  'time',
  'renewal',
  'restart',
  'undo',
] as const;
type Kind = (typeof KINDS)[number];

/** What happens to a host: what is wished for then, and a number that chooses at which step, or which thing. */
interface Event {
  readonly kind: Kind;
  readonly wish: Wish;
  readonly at: number;
}

const hosts = fc.record({
  lacks: fc.constantFrom<string[]>([], ['ipvlan'], ['ipvlan', 'macvlan'], ['ipvlan', 'fq_codel'], ['cgroup-mark']),
  foreignQdiscs: fc.constantFrom<ReadonlyMap<string, string>>(new Map(), new Map([['eth0', 'cake']])),
});

/** A new process: what its predecessor left half done is put right. */
async function restart(walk: Walk): Promise<void> {
  walk.engine = walk.world.engine();
  unwrap(await walk.engine.repair());
}

const HAPPENINGS: Readonly<Record<Kind, (walk: Walk, event: Event) => Promise<void>>> = {
  async grant(walk, { wish }) {
    unwrap(await walk.engine.converge(wish));
    walk.wish = wish;
  },
  async conflict(walk, { wish }) {
    const { neighbours } = walk.world.kernel;
    for (const { addresses } of wish.lanes)
      for (const { address } of addresses) neighbours.set(address, '02:00:00:00:00:09');
    const whole = unwrap(await walk.engine.plan(walk.wish)).steps.length === 0;
    const held = shape(walk.world.kernel);
    const result = await walk.engine.converge(wish);
    neighbours.clear();
    if (result.ok) walk.wish = wish;
    // What somebody had taken away is back where a segment was made and taken away again.
    else expect([result.failure.kind, whole ? shape(walk.world.kernel) : held]).toEqual(['conflict', held]);
  },
  async 'journal broken'(walk, { wish }) {
    const held = shape(walk.world.kernel);
    walk.world.journal.broken = { write: true };
    const result = await walk.engine.converge(wish);
    walk.world.journal.broken = {};
    if (result.ok) walk.wish = wish;
    else expect([result.failure.kind, shape(walk.world.kernel)]).toEqual(['journal', held]);
  },
  async failure(walk, { wish, at }) {
    const { kernel } = walk.world;
    kernel.failAfter = at;
    const result = await walk.engine.converge(wish);
    kernel.failAfter = undefined;
    if (result.ok) walk.wish = wish;
    else expect(result.failure).toMatchObject({ kind: 'refused', restored: true });
  },
  death: (walk, { wish, at }) =>
    dying(walk, at, async () => {
      unwrap(await walk.engine.converge(wish));
      walk.wish = wish;
    }),
  'death in undo': (walk, { at }) =>
    dying(walk, at, async () => {
      unwrap(await walk.engine.undo());
      walk.wish = wishOf();
    }),
  /** Something of ours is taken away, as far as the kernel lets it go alone. */
  async meddling({ world: { kernel, clock } }, { at }) {
    const { objects } = kernel;
    const object = objects[at % Math.max(1, objects.length)];
    // What was borrowed is another's to change: it is not ours any more then.
    if (object === undefined || (object.kind === 'setting' && object.link === undefined)) return;
    await kernel.apply([{ verb: 'remove', object }], clock.sinceBoot());
  },
  async time({ world: { clock } }, { at }) {
    await clock.advance(milliseconds(at * 2_000));
  },
  async renewal(walk, { at }) {
    const end = milliseconds(walk.world.clock.sinceBoot() + 60_000 + at * 1_000);
    const ends = new Map(walk.wish.lanes.map(({ groupId }) => [groupId, end]));
    unwrap(await walk.engine.extend(ends));
    walk.wish = { ...walk.wish, lanes: walk.wish.lanes.map((lane) => ({ ...lane, validUntil: end })) };
  },
  restart,
  async undo(walk) {
    unwrap(await walk.engine.undo());
    walk.wish = wishOf();
  },
};

async function dying(walk: Walk, at: number, work: () => Promise<void>): Promise<void> {
  const { kernel } = walk.world;
  kernel.endAfter = at;
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ProcessEnded)) throw error;
    // And it may happen to the one that comes after.
    kernel.endAfter = Math.floor(at / 3);
    await restart(walk).catch((again) => {
      if (!(again instanceof ProcessEnded)) throw again;
    });
    kernel.endAfter = undefined;
    await restart(walk);
  } finally {
    kernel.endAfter = undefined;
  }
}

const events: fc.Arbitrary<Event> = fc.record({
  kind: fc.constantFrom(...KINDS),
  wish: wishArbitrary(NOW, UPLINKS),
  at: fc.nat(60),
});

/** Scripts say how; the rest says what. */
const shape = ({ objects }: FakeKernel) => objects.map((object) => ({ ...object, script: undefined }));

/** Ends of leases that are as good as the same are told to no kernel anew. */
const shapeAs = (wanted: FakeKernel, { objects }: FakeKernel) =>
  objects.map((object, index) => {
    const other = wanted.objects[index];
    const same = other !== undefined && keyOf(other) === keyOf(object) && sameObject(object, other);
    return { ...(same ? other : object), script: undefined };
  });

test('any walk of grants, changes and faults ends in the state of a fresh host given the last wish alone', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(events, { minLength: 3, maxLength: 14 }),
      hosts,
      async (happenings, host: Partial<FakeHost>) => {
        const here = world(host);
        const walk: Walk = { world: here, engine: here.engine(), wish: wishOf() };
        for (const event of happenings) await HAPPENINGS[event.kind](walk, event);

        unwrap(await walk.engine.converge(walk.wish));
        const fresh = world(host);
        await fresh.clock.advance(milliseconds(here.clock.sinceBoot() - fresh.clock.sinceBoot()));
        unwrap(await fresh.engine().converge(walk.wish));
        expect(shapeAs(fresh.kernel, here.kernel)).toEqual(shape(fresh.kernel));
        expect(here.kernel.settings).toEqual(fresh.kernel.settings);
        unwrap(await walk.engine.undo());
        expect(here.kernel.objects).toEqual([]);
        expect(here.kernel.settings).toEqual(HOST.settings);
      },
    ),
    { numRuns: 150 },
  );
});
