import type { LaneRate, LaneReport, Lease, Timestamp } from './records.ts';

/** What a lease's host has said of its lane's traffic: the counters, decimal text, and when they were heard. */
export interface TrafficMark {
  readonly in: string;
  readonly out: string;
  readonly at: Timestamp;
  /** It was more than the lane can have carried. */
  readonly beyond: boolean;
}

/** What a lane has carried since its host said so last. */
export interface TrafficDelta {
  /** Both ways together, in bytes; never more than the lane can have carried. */
  readonly octets: number;
  /** What the host says it was, in bytes. */
  readonly claimed: string;
  readonly mark: TrafficMark;
}

/** Beyond rate and burst: the host counts a moment before the headend hears of it, and packets whole. */
const LEEWAY = 1.1;
const SLACK = 65_536;
const BYTES_PER_KILOBIT = 125;

/**
 * Never negative: a counter that went back has begun anew, and counts from 0. Never more than the rates granted allow in
 * the time since: one absurd number must not use up the quota of a month. `undefined`: the host says nothing of it.
 */
export function trafficSince(
  lease: Lease,
  mark: TrafficMark | undefined,
  { at, inOctets, outOctets }: LaneReport,
): TrafficDelta | undefined {
  if (inOctets === undefined && outOctets === undefined) return undefined;
  const before = mark ?? { in: '0', out: '0', at: lease.grantedAt };
  const now = { in: inOctets ?? before.in, out: outOctets ?? before.out, at };
  const claimed = since(now.in, before.in) + since(now.out, before.out);
  const most = mostCarried(lease, Math.max(0, at - before.at) / 1000);
  const beyond = claimed > BigInt(most);
  return { octets: beyond ? most : Number(claimed), claimed: String(claimed), mark: { ...now, beyond } };
}

function since(now: string, before: string): bigint {
  const [last, first] = [BigInt(now), BigInt(before)];
  return last < first ? last : last - first;
}

/** A direction that was not asked for still carries the answers to the other one. */
function mostCarried({ upld, dnld }: Lease, seconds: number): number {
  const carried = (limit: LaneRate | undefined) =>
    limit === undefined ? 0 : limit.rate * BYTES_PER_KILOBIT * seconds + (limit.burst ?? 0);
  return Math.ceil((carried(upld ?? dnld) + carried(dnld ?? upld)) * LEEWAY) + SLACK;
}
