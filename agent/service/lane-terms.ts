import { type Clock, type Milliseconds, milliseconds } from '@sublane/basics';
import type { HeldLane } from './agent-state.ts';

/** What the lease of an answer says (RFC 7951 shape). */
interface Lease {
  readonly id: string;
  readonly 'valid-lifetime': number;
  readonly 'renew-after': number;
}

export const leaseOf = (lane: HeldLane): Lease => lane.answer.lease as unknown as Lease;

/** Lifetimes count from the moment the request was sent, in time since boot. */
export const validUntil = (lane: HeldLane): Milliseconds =>
  milliseconds(lane.sentAt + leaseOf(lane)['valid-lifetime'] * 1000);

export const renewAt = (lane: HeldLane): Milliseconds =>
  milliseconds(lane.sentAt + leaseOf(lane)['renew-after'] * 1000);

export const isOver = (lane: HeldLane, clock: Clock): boolean => validUntil(lane) <= clock.sinceBoot();
