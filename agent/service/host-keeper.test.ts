import { failed, ManualClock, milliseconds, ok, type Result } from '@sublane/basics';
import { expect, test } from 'vitest';
import type { HeldLane } from './agent-state.ts';
import { HostKeeper } from './host-keeper.ts';
import type { HostFailure } from './lane-host.ts';
import { Setbacks } from './setbacks.ts';

const lane = (groupId: number): HeldLane => ({
  groupId,
  answer: { id: groupId } as HeldLane['answer'],
  sentAt: milliseconds(0),
  asked: '',
});

/** A host that makes what it is told, less what it cannot. */
function setUp(held: readonly number[] = []) {
  const clock = new ManualClock();
  const setbacks = new Setbacks(clock);
  const host = {
    unable: new Set<number>(),
    standing: [] as readonly number[],
    async apply(lanes: readonly HeldLane[]): Promise<Result<undefined, HostFailure>> {
      const ids = lanes.map(({ groupId }) => groupId);
      const bad = ids.find((id) => host.unable.has(id));
      if (bad !== undefined) return failed({ kind: 'host', reason: 'cannot', groupId: bad });
      host.standing = ids;
      return ok();
    },
  };
  return { clock, setbacks, host, keeper: new HostKeeper({ host, clock, setbacks }, held.map(lane)) };
}

test('what can be made stands; the rest is noted with the time of the next try, and told once it is made', async () => {
  const { clock, setbacks, host, keeper } = setUp();
  host.unable.add(2);
  const held = await keeper.hold([lane(1), lane(2)]);
  expect(held).toMatchObject({ ok: false, failure: { reason: 'cannot' } });
  expect({ standing: host.standing, failing: keeper.failing, clean: keeper.isClean(held) }).toEqual({
    standing: [1],
    failing: true,
    clean: true,
  });
  expect(setbacks.get('host', 2)).toEqual({ reason: 'cannot', tries: 1, retryAt: keeper.lookAt });
  expect(keeper.lookAt - clock.sinceBoot()).toBe(5_000);

  host.unable.clear();
  const { stands, made } = await keeper.look([lane(1), lane(2)]);
  expect(stands.ok).toBe(true);
  expect(made.map(({ groupId }) => groupId)).toEqual([2]);
  expect({ failing: keeper.failing, noted: setbacks.get('host', 2) }).toEqual({ failing: false, noted: undefined });
  expect(keeper.lookAt - clock.sinceBoot()).toBe(60_000);
});

test('pauses grow with every try that fails, and begin anew with other lanes', async () => {
  const { clock, host, keeper } = setUp();
  host.unable.add(1);
  const pauses = [];
  await keeper.hold([lane(1)]);
  for (let tries = 0; tries < 3; tries++) {
    pauses.push(keeper.lookAt - clock.sinceBoot());
    await keeper.look([lane(1)]);
  }
  await keeper.hold([lane(1), lane(2)]);
  expect([...pauses, keeper.lookAt - clock.sinceBoot()]).toEqual([5_000, 10_000, 20_000, 5_000]);
});

test('a host that could not be changed at all is not clean', async () => {
  const { host, keeper } = setUp([1]);
  host.apply = async () => failed({ kind: 'host', reason: 'busy', everyLane: true });
  expect(keeper.isClean(await keeper.hold([]))).toBe(false);
});
