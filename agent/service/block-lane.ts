import { milliseconds } from '@sublane/basics';
import type { LaneWish } from '../lanes/wish.ts';

/** No lease ends it: as long as a number can say. */
const FOR_EVER = milliseconds(Number.MAX_SAFE_INTEGER);

/**
 * What a group has in place of a lane where its applications are to reach nothing meanwhile: a way of its own that leads
 * nowhere. As another content of the same group it takes a lane's place, and gives it up, in one change.
 */
export const blockLane = (groupId: number, name: string): LaneWish => ({
  groupId,
  name,
  interface: `slb${groupId}`,
  attachment: { type: 'on-link' },
  addresses: [],
  routes: [],
  unmatched: 'unreachable',
  dscp: 0,
  validUntil: FOR_EVER,
});

export const isBlock = ({ addresses, unmatched }: LaneWish): boolean =>
  addresses.length === 0 && unmatched === 'unreachable';
