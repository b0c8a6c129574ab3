import { type Milliseconds, type Seconds, seconds } from '@sublane/basics';
import type { LeaseTimes } from '../policy/plan.ts';
import type { Pool } from '../pools/pool.ts';
import type { Lifetimes } from './render-group.ts';

/**
 * What is left of a lease at `now`, the moment its host's request was received. The host counts from when it sent that,
 * which was earlier: it always ends before the headend does.
 */
export function lifetimesOf(
  lease: { readonly validUntil: Milliseconds },
  times: LeaseTimes | undefined,
  pool: Pick<Pool, 'adminState'>,
  now: Milliseconds,
): Lifetimes {
  const left = Math.max(1, Math.floor((lease.validUntil - now) / 1000));
  // In a draining pool renewing gains nothing: come back when it ends, for an address elsewhere.
  if (pool.adminState === 'draining' || times === undefined)
    return { valid: seconds(left), renewAfter: seconds(left - 1) };
  // The same point of the term, however late in it somebody asks.
  const renewal = left - times.valid * (1 - times.renewAt);
  return { valid: seconds(left), renewAfter: clamp(Math.floor(renewal), 0, left - 1) };
}

const clamp = (value: number, low: number, high: number): Seconds => seconds(Math.min(Math.max(value, low), high));
