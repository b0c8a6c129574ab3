import { type Clock, type Milliseconds, milliseconds } from '@sublane/basics';
import type { HeldLane } from './agent-state.ts';

/** Lifetimes count from the moment the request was sent, in time since boot. */
export const validUntil = (lane: HeldLane): Milliseconds =>
  milliseconds(lane.sentAt + lane.answer.lease['valid-lifetime'] * 1000);

export const renewAt = (lane: HeldLane): Milliseconds =>
  milliseconds(lane.sentAt + lane.answer.lease['renew-after'] * 1000);

export const isOver = (lane: HeldLane, clock: Clock): boolean => validUntil(lane) <= clock.sinceBoot();
