import type { HeldLane } from './agent-state.ts';
import type { Declined } from './grants.ts';
import type { GroupReport } from './headend-link.ts';
import { printable } from './printable.ts';
import type { Setback, Setbacks } from './setbacks.ts';

/** Of a report's reason, by the schema. */
const LONGEST_REASON = 1024;

/** What became of these lanes, for the headend's operator. Conflicts are told of otherwise. */
export function laneReports(
  lanes: readonly HeldLane[],
  declined: readonly Declined[],
  setbacks: Pick<Setbacks, 'get'>,
): readonly GroupReport[] {
  const failed = (groupId: number, reason: string): GroupReport => ({
    groupId,
    state: 'failed',
    reason: printable(reason, LONGEST_REASON),
  });
  return [
    ...lanes.flatMap(({ groupId }): GroupReport[] => {
      const failure = setbacks.get('host', groupId);
      if (failure === undefined) return [{ groupId, state: 'applied' }];
      return failure.conflict === undefined ? [failed(groupId, failure.reason)] : [];
    }),
    ...declined.map(({ groupId, message }) => failed(groupId, message)),
  ];
}

export interface Conflict {
  readonly groupId: number;
  readonly setback: Setback;
}

/** Conflicts of addresses that the headend has not been told of: each attempt to make a lane is told of once. */
export class ConflictLedger {
  readonly #told = new WeakSet<Setback>();

  /** From now on they count as told, whether or not they are heard. */
  take(lanes: readonly HeldLane[], setbacks: Pick<Setbacks, 'get'>): readonly Conflict[] {
    return lanes.flatMap(({ groupId }) => {
      const setback = setbacks.get('host', groupId);
      if (setback?.conflict === undefined || this.#told.has(setback)) return [];
      this.#told.add(setback);
      return [{ groupId, setback }];
    });
  }
}

export const conflictReports = (conflicts: readonly Conflict[]): readonly GroupReport[] =>
  conflicts.map(({ groupId, setback: { reason, conflict = [] } }) => ({
    groupId,
    state: 'address-conflict',
    reason: printable(reason, LONGEST_REASON),
    conflict,
  }));
