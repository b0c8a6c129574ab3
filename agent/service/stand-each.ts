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
      if (!failure.everyLane && left.length > 1) return stand(await oneByOne(failure), failure);
      blame(left, failure);
      return stand(false, failure);
    }
    blame(named, failure);
    left = left.filter((lane) => !named.includes(lane));
  }

  /** Nobody was named: first those that stood, then the others one after the other. */
  async function oneByOne(first: HostFailure): Promise<boolean> {
    let standing = left.filter(({ groupId }) => stood.has(groupId));
    if (standing.length === left.length) standing = [];
    let reached = standing.length > 0 && (await host.apply(standing)).ok;
    if (!reached) standing = [];
    const others = left.filter((lane) => !standing.includes(lane));
    for (const lane of others) {
      // All but this one stand: that it fails is known.
      const applied = others.length === 1 ? failed(first) : await host.apply([...standing, lane]);
      if (applied.ok) {
        reached = true;
        standing = [...standing, lane];
      } else blame([lane], applied.failure);
    }
    return reached;
  }
}
