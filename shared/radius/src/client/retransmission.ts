import { type Milliseconds, milliseconds } from '@sublane/basics';

/** RFC 5080 §2.2.1. */
export interface Retransmission {
  /** IRT: until the first one. */
  readonly first: Milliseconds;
  /** MRT: the longest between two. */
  readonly longest: Milliseconds;
  /** MRC: how many. */
  readonly count: number;
  /** MRD: how long an answer is waited for, from the first transmission on. */
  readonly duration: Milliseconds;
}

/**
 * The RFC's IRT of 2 s, MRT of 16 s and MRC of 5, for a server that is asked for `duration`; sooner where that leaves no
 * time for two retransmissions.
 */
export const retransmissionFor = (duration: Milliseconds): Retransmission => ({
  first: milliseconds(Math.min(2_000, duration / 4)),
  longest: milliseconds(16_000),
  count: 5,
  duration,
});

/** How long after one transmission the next is due; `previous`: what it was the last time. `fraction`: random, 0 to 1. */
export function nextDelay(
  { first, longest }: Retransmission,
  previous: Milliseconds | undefined,
  fraction: number,
): Milliseconds {
  // "RAND … chosen with a uniform distribution between -0.1 and +0.1"
  const rand = 0.2 * fraction - 0.1;
  // "RT = IRT + RAND*IRT"; "RT = 2*RTprev + RAND*RTprev"; "if (RT > MRT) RT = MRT + RAND*MRT"
  const delay = previous === undefined ? first + rand * first : 2 * previous + rand * previous;
  return milliseconds(delay > longest ? longest + rand * longest : delay);
}
