import { EMBEDDED } from '../aaa/grant.ts';
import type { Carried, LaneReport, Lease } from './records.ts';

/**
 * What the lane has carried since its lease has the addresses it has, once the host has said more. Its counters go on
 * when a lease moves, and begin at 0 now and then; what an authority is told never goes back. Only other authorities are
 * told. `mark`: what the host said last.
 */
export function carriedAfter(
  { authority, carried }: Lease,
  mark: { readonly in: string; readonly out: string } | undefined,
  { inOctets, outOctets }: LaneReport,
): Carried | undefined {
  if (authority === EMBEDDED) return undefined;
  const sum = (before = '0', now: string | undefined, last = '0') => {
    if (now === undefined) return before;
    const [counter, start] = [BigInt(now), BigInt(last)];
    return String(BigInt(before) + (counter < start ? counter : counter - start));
  };
  if (carried === undefined && inOctets === undefined && outOctets === undefined) return undefined;
  return { in: sum(carried?.in, inOctets, mark?.in), out: sum(carried?.out, outOctets, mark?.out) };
}
