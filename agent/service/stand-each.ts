import { failed } from '@sublane/basics';
import type { HeldLane } from './agent-state.ts';
import type { HostFailure, LaneHost } from './lane-host.ts';

export interface Stood {
  /** The lanes that could not be made, by group. */
  readonly failures: ReadonlyMap<number, HostFailure>;
  /** This host was brought to these lanes less the failed ones. Else it is as it was, whatever stood then. */
  readonly reached: boolean;
  /** The first one; undefined: all lanes stand. */
  readonly failure: HostFailure | undefined;
}

/**
 * Makes these lanes stand. The host takes all or none: where it cannot make one of them, the others get theirs without
 * it. `stood`: groups whose lanes stand already; they are not taken down to find out which of the others fails.
 */
export async function standEach(
  host: Pick<LaneHost, 'apply'>,
  lanes: readonly HeldLane[],
  stood: ReadonlySet<number>,
): Promise<Stood> {
  const failures = new Map<number, HostFailure>();
  const blame = (lanesToBlame: readonly HeldLane[], failure: HostFailure) => {
    for (const { groupId } of lanesToBlame) failures.set(groupId, failure);
  };
  const stand = (reached: boolean, failure?: HostFailure): Stood => ({
    failures,
    reached,
    failure: failure ?? failures.values().next().value,
  });

  let left = lanes;
  for (;;) {
    const applied = await host.apply(left);
    if (applied.ok) return stand(true);
    const { failure } = applied;
    const named = left.filter(({ groupId }) => groupId === failure.groupId);
    if (named.length === 0) {
      if (failure.everyLane) {
        blame(left, failure);
        return stand(false, failure);
      }
      return stand((await oneByOne(failure)) || (await clear()), failure);
    }
    blame(named, failure);
    left = left.filter((lane) => !named.includes(lane));
  }

  /** Nobody was named: whether all but one can stand, new ones suspected first; else as many as can, one after the other. */
  async function oneByOne(first: HostFailure): Promise<boolean> {
    const old = left.filter(({ groupId }) => stood.has(groupId));
    const fresh = left.filter(({ groupId }) => !stood.has(groupId));
    for (const suspect of left.length > 1 ? [...fresh, ...old] : []) {
      const others = await host.apply(left.filter((lane) => lane !== suspect));
      if (!others.ok) continue;
      blame([suspect], first);
      return true;
    }
    let standing = old.length < left.length && (await host.apply(old)).ok ? old : [];
    let reached = standing.length > 0;
    for (const lane of [...old, ...fresh].filter((one) => !standing.includes(one))) {
      const applied = left.length > 1 ? await host.apply([...standing, lane]) : failed(first);
      if (applied.ok) {
        reached = true;
        standing = [...standing, lane];
      } else blame([lane], applied.failure);
    }
    return reached;
  }

  /** None could be made: what stood and is wanted no more has to go all the same, unless one that stood would go too. */
  async function clear(): Promise<boolean> {
    return !lanes.some(({ groupId }) => stood.has(groupId)) && (await host.apply([])).ok;
  }
}
