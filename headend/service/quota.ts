import { type Milliseconds, type Seconds, seconds } from '@sublane/basics';
import type { Configuration } from '../policy/configuration.ts';
import type { Plan } from '../policy/plan.ts';
import { quotaPeriod } from '../policy/quota-period.ts';
import { type Situation, situationAt } from '../policy/situation.ts';
import type { Lease, Timestamp } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { Present } from './request-service.ts';
import type { ServiceParts } from './service.ts';

/** How a subscriber stands with the quota of its plan. */
export interface QuotaStanding {
  /** Bytes in a period. */
  readonly octets: number;
  /** Of these; may be more. */
  readonly used: number;
  /** 0 and more. */
  readonly percent: number;
  readonly begunAt: Timestamp;
  readonly anewAt: Timestamp;
}

/** One keyed read; none where the plan has no quota. */
export async function quotaOf(
  { usage }: Pick<Store, 'usage'>,
  subscriber: string,
  plan: Plan,
  configuration: Configuration,
  at: Milliseconds,
): Promise<QuotaStanding | undefined> {
  const { quota } = plan;
  if (quota === undefined) return undefined;
  const { start, end } = quotaPeriod(quota.period, plan.timeZone ?? configuration.timeZone, at);
  const used = await usage.of(subscriber, start);
  return { octets: quota.octets, used, percent: (used * 100) / quota.octets, begunAt: start, anewAt: end };
}

/** Where what a lease's lane carries is counted; undefined: nowhere. */
export function periodOf(configuration: Configuration, at: Milliseconds): (lease: Lease) => Timestamp | undefined {
  return ({ plan: name }) => {
    const plan = configuration.plans.get(name);
    if (plan?.quota === undefined) return undefined;
    return quotaPeriod(plan.quota.period, plan.timeZone ?? configuration.timeZone, at).start;
  };
}

/** What policy knows of the world beside the wish and the grant, the quota included. */
export async function situationOf(
  { store }: Pick<ServiceParts, 'store'>,
  { configuration, at }: Present,
  subscriber: string,
  plan: Plan,
  location: string | undefined,
): Promise<Situation> {
  const quota = await quotaOf(store, subscriber, plan, configuration, at);
  const situation = situationAt(at, configuration, plan, location, quota?.percent);
  return quota === undefined ? situation : { ...situation, quotaAnewIn: untilAnew(quota, at) };
}

/** Whole seconds until the quota begins anew. */
const untilAnew = ({ anewAt }: QuotaStanding, at: Milliseconds): Seconds =>
  seconds(Math.max(1, Math.ceil((anewAt - at) / 1000)));
