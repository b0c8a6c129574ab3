import type { Milliseconds, Seconds } from '@sublane/basics';
import type { Configuration } from './configuration.ts';
import { locationChain } from './locate.ts';
import type { DayOfWeek, Plan } from './plan.ts';
import { momentIn } from './zone-clock.ts';

/** What policy knows of the world beside the wish and the grant. */
export interface Situation {
  readonly moment: Moment;
  /** The location of the host, the one around it, and so on: nearest first; empty: nowhere in particular. */
  readonly places: readonly string[];
  /** Percent of the plan's quota that are used, 0 and more; absent: nothing is counted. */
  readonly quotaUsed?: number;
  /** Until the quota begins anew; there, where it is counted. */
  readonly quotaAnewIn?: Seconds;
}

/** What the clock on the wall shows in the plan's time zone. */
export interface Moment {
  /** 0..1439. */
  readonly minuteOfDay: number;
  readonly day: DayOfWeek;
}

/** The situation of a host at `location`, by the clock of the plan's time zone, which is the headend's where it has none. */
export function situationAt(
  at: Milliseconds,
  configuration: Configuration,
  plan: Pick<Plan, 'timeZone'>,
  location: string | undefined,
  quotaUsed?: number,
): Situation {
  return {
    moment: momentIn(plan.timeZone ?? configuration.timeZone, at),
    places: locationChain(configuration, location),
    ...(quotaUsed !== undefined && { quotaUsed }),
  };
}
