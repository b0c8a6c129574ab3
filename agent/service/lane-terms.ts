import { type Clock, type Milliseconds, milliseconds } from '@sublane/basics';
import type { HeldLane } from './agent-state.ts';
import type { HeadendLink } from './headend-link.ts';

/** Lifetimes count from the moment the request was sent, in time since boot. */
export const validUntil = (lane: HeldLane): Milliseconds =>
  milliseconds(lane.sentAt + lane.answer.lease['valid-lifetime'] * 1000);

/** Seconds between two renewals, whatever the headend says: it must not keep its hosts asking. */
const LEAST_BETWEEN = 5;

export const renewAt = (lane: HeldLane): Milliseconds => {
  const { 'renew-after': after, 'valid-lifetime': valid } = lane.answer.lease;
  return milliseconds(lane.sentAt + Math.max(after, Math.min(LEAST_BETWEEN, valid / 2)) * 1000);
};

export const isOver = (lane: HeldLane, clock: Clock): boolean => validUntil(lane) <= clock.sinceBoot();

/** Its time is over, or the headend itself has said that this host has no right to it any more. */
export const hasEnded = (
  lane: HeldLane,
  { clock, link }: { clock: Clock; link: Pick<HeadendLink, 'state'> },
): boolean => isOver(lane, clock) || link.state().revoked === true;
