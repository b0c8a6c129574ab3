import { type Milliseconds, milliseconds, toMilliseconds } from '@sublane/basics';
import type { Grant } from '../aaa/grant.ts';
import type { Plan } from './plan.ts';

/** When a lease ends that is granted or renewed now: after the plan's time, or the authority's where that is shorter. */
export function leaseEnd(at: Milliseconds, { lease }: Plan, { leaseMax }: Pick<Grant, 'leaseMax'>): Milliseconds {
  const term = leaseMax !== undefined && leaseMax < lease.valid ? leaseMax : lease.valid;
  return milliseconds(at + toMilliseconds(term));
}
