import { failed, kilobitsPerSecond, ok, type Result } from '@sublane/basics';
import type { RefusalOf } from '../refusal/refusal.ts';
import type { Direction, DirectionWish, GroupWish, Priority } from './wish.ts';

/** One entry of the message's list: a group in one direction. */
export interface WishEntry {
  readonly id: number;
  readonly direction: Direction;
  readonly bandwidth: number;
  readonly priority: Priority;
  readonly security?: string;
  readonly 'application-list'?: readonly string[];
}

export type WishRefusal = RefusalOf<'duplicate-group' | 'conflicting-directions'>;

/**
 * Joins the two directions of each group, in the message's order. Applications and security may be given in either
 * direction and hold for both; two different ones are refused.
 */
export function readWish(entries: readonly WishEntry[]): Result<readonly GroupWish[], readonly WishRefusal[]> {
  const groups = new Map<number, Gathering>();
  const refusals: WishRefusal[] = [];
  for (const entry of entries) {
    const { id: groupId, direction, security, 'application-list': applications } = entry;
    const group: Gathering = groups.get(groupId) ?? { groupId };
    groups.set(groupId, group);
    if (group[direction] !== undefined) {
      refusals.push({ kind: 'duplicate-group', groupId, direction });
      continue;
    }
    group[direction] = { bandwidth: kilobitsPerSecond(entry.bandwidth), priority: entry.priority };
    if (security !== undefined && security !== (group.security ?? security)) {
      refusals.push({ kind: 'conflicting-directions', groupId, field: 'security' });
    }
    group.security ??= security;
    // An empty leaf-list cannot be told from an absent one (RFC 7950 §7.7).
    if (applications === undefined || applications.length === 0) continue;
    if (!sameList(applications, group.applications ?? applications)) {
      refusals.push({ kind: 'conflicting-directions', groupId, field: 'application-list' });
    }
    group.applications ??= applications;
  }
  if (refusals.length > 0) return failed(refusals);
  return ok(
    [...groups.values()].map(({ security, applications, ...group }) => ({
      ...group,
      applications: applications ?? [],
      ...(security !== undefined && { security }),
    })),
  );
}

/** A group while its directions are read. */
interface Gathering {
  readonly groupId: number;
  upld?: DirectionWish;
  dnld?: DirectionWish;
  applications?: readonly string[];
  security?: string | undefined;
}

const sameList = (one: readonly string[], other: readonly string[]) =>
  one === other || (one.length === other.length && one.every((item, at) => item === other[at]));
