import { failed, milliseconds, ok } from '@sublane/basics';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HeldLane } from './agent-state.ts';
import type { HostFailure } from './lane-host.ts';
import { standEach } from './stand-each.ts';

const lane = (groupId: number): HeldLane => ({
  groupId,
  answer: { id: groupId } as HeldLane['answer'],
  sentAt: milliseconds(0),
  asked: '',
});

/** A host that takes all lanes or none, and cannot make some of them. */
function hostWithout(bad: ReadonlySet<number>, names: boolean, everyLane = false) {
  const host = {
    standing: [] as readonly number[],
    /** What stood at any time. */
    history: [] as (readonly number[])[],
    async apply(lanes: readonly HeldLane[]) {
      const ids = lanes.map(({ groupId }) => groupId);
      const culprit = ids.find((id) => bad.has(id));
      if (culprit !== undefined || everyLane) {
        const failure: HostFailure = {
          kind: 'host',
          reason: 'cannot',
          ...(names && culprit !== undefined && { groupId: culprit }),
          ...(everyLane && { everyLane }),
        };
        return failed(failure);
      }
      host.standing = ids;
      host.history.push(ids);
      return ok();
    },
  };
  return host;
}

test('every lane that can be made stands, and those that cannot are told; what stood is not taken down to find out', () =>
  fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 6 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 6 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 6 }),
      fc.boolean(),
      async (ids, bad, before, names) => {
        const stood = new Set(before);
        const host = hostWithout(new Set(bad), names);
        host.standing = before;
        const { failures, reached, failure } = await standEach(host, ids.map(lane), stood);
        const good = ids.filter((id) => !bad.includes(id));
        expect([...failures.keys()].sort()).toEqual(ids.filter((id) => bad.includes(id)).sort());
        expect(failure === undefined).toBe(failures.size === 0);
        if (reached) expect([...host.standing].sort()).toEqual([...good].sort());
        // What stands is better than nothing, even where it could not be brought up to date.
        else expect([good, ids.some((id) => stood.has(id))]).toEqual([[], true]);
        // Two at fault, and neither named: only then do others go away for a moment.
        if (names || ids.length - good.length < 2)
          for (const standing of host.history) for (const id of good) if (stood.has(id)) expect(standing).toContain(id);
      },
    ),
  ));

test('where no lane can be made at all, it is tried once', async () => {
  const host = hostWithout(new Set(), false, true);
  let tries = 0;
  const counting = {
    apply(lanes: readonly HeldLane[]) {
      tries++;
      return host.apply(lanes);
    },
  };
  const { failures, reached, failure } = await standEach(counting, [lane(1), lane(2)], new Set([1]));
  expect({ tries, reached, failed: [...failures.keys()], reason: failure?.reason }).toEqual({
    tries: 1,
    reached: false,
    failed: [1, 2],
    reason: 'cannot',
  });
});

test('lanes that cannot be taken away are a failure, though none is wanted', async () => {
  const host = hostWithout(new Set(), false, true);
  expect(await standEach(host, [], new Set())).toMatchObject({ reached: false, failure: { reason: 'cannot' } });
});
