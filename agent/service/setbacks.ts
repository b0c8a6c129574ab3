import { type Clock, type Milliseconds, milliseconds, type Seconds, toMilliseconds } from '@sublane/basics';
import type { AwayReason } from '../lanes/surroundings.ts';
import type { Refusal } from './headend-link.ts';

/** What did not come about for a group, and when it is tried again. */
export interface Setback {
  readonly reason: string;
  /** The headend said no; absent: nothing usable came back, or this host failed. */
  readonly refusal?: Refusal;
  /** Somebody else uses these addresses of the lane. */
  readonly conflict?: readonly string[];
  /** The lane is held, and comes back by itself when this is over. */
  readonly away?: AwayReason;
  readonly tries: number;
  readonly retryAt: Milliseconds;
}

/**
 * Each is tried again in its own time: a wish refused must not keep a lease from being renewed. `again`: a renewal that
 * the headend answered by asking for a new request.
 */
export type Endeavour = 'request' | 'renewal' | 'again' | 'host';

/** The longest pause between two tries. */
const LONGEST_PAUSE = milliseconds(15 * 60_000);
/** A quota may begin anew in weeks; who gets another plan meanwhile is not to wait for that. */
const LONGEST_TOLD = milliseconds(60 * 60_000);
const FIRST_PAUSE = milliseconds(5_000);

/** The pause after so many failures in a row, from 1 on: 5 s, doubling to 15 min. */
export const pauseAfter = (tries: number): Milliseconds =>
  milliseconds(Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (tries - 1)));

/** The setbacks of all groups. */
export class Setbacks {
  readonly #clock: Clock;
  readonly #of: Readonly<Record<Endeavour, Map<number, Setback>>> = {
    request: new Map(),
    renewal: new Map(),
    again: new Map(),
    host: new Map(),
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One more; a refusal's `retry-after` is obeyed, up to an hour. */
  add(endeavour: Endeavour, groupId: number, reason: string, refusal?: Refusal, conflict?: readonly string[]): void {
    const tries = (this.#of[endeavour].get(groupId)?.tries ?? 0) + 1;
    const told = refusal?.retryAfter && toMilliseconds(refusal.retryAfter as Seconds);
    const pause = told ? Math.min(told, LONGEST_TOLD) : pauseAfter(tries);
    const retryAt = milliseconds(this.#clock.sinceBoot() + pause);
    this.set(endeavour, groupId, {
      reason,
      tries,
      retryAt,
      ...(refusal && { refusal }),
      ...(conflict && { conflict }),
    });
  }

  set(endeavour: Endeavour, groupId: number, setback: Setback): void {
    this.#of[endeavour].set(groupId, setback);
  }

  get(endeavour: Endeavour, groupId: number): Setback | undefined {
    return this.#of[endeavour].get(groupId);
  }

  clear(endeavour: Endeavour, groupId: number): void {
    this.#of[endeavour].delete(groupId);
  }

  /** What had to do with a lane that is no longer held. */
  keepOnly(held: ReadonlySet<number>): void {
    for (const endeavour of ['renewal', 'again', 'host'] as const)
      for (const groupId of this.#of[endeavour].keys()) if (!held.has(groupId)) this.clear(endeavour, groupId);
  }

  /**
   * A new connection may bring what the last did not. A refusal stands, but is asked about again soon, however long the
   * headend said to wait: it may have ended the last connection because it has changed its mind. A conflict stands.
   */
  forgetUnanswered(): void {
    const soon = milliseconds(this.#clock.sinceBoot() + FIRST_PAUSE);
    for (const endeavour of ['request', 'renewal'] as const)
      for (const [groupId, setback] of this.#of[endeavour]) {
        const { refusal, conflict, retryAt } = setback;
        if (conflict !== undefined) continue;
        if (refusal === undefined) this.clear(endeavour, groupId);
        else this.set(endeavour, groupId, { ...setback, retryAt: milliseconds(Math.min(retryAt, soon)) });
      }
  }
}
