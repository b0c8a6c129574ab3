import { type Milliseconds, milliseconds } from './units.ts';

export interface Backoff {
  readonly first: Milliseconds;
  readonly longest: Milliseconds;
}

/**
 * How long to wait before try number `attempt` (from 0): doubles up to `longest`, and takes a random part of the upper
 * half of it, so that a thousand clients of one server do not come back together.
 */
export function backoffDelay(
  { first, longest }: Backoff,
  attempt: number,
  random: () => number = Math.random,
): Milliseconds {
  const full = Math.min(longest, first * 2 ** Math.min(attempt, 30));
  return milliseconds(Math.round(full / 2 + (full / 2) * random()));
}
