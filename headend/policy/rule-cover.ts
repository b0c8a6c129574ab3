import { USED_UP } from './conditions.ts';
import { patternCovers } from './label-pattern.ts';
import { DAYS, type Rule, type RuleConditions } from './plan.ts';
import { windowHolds } from './time-window.ts';

/**
 * Whether the earlier rule matches whenever the later one does, so that the later one never decides. True is certain:
 * each condition of the earlier one follows from one of the later one's. False may be an oversight.
 */
export function covers(earlier: Rule, later: Rule, { chainOf, counting }: Surroundings): boolean {
  const [wide, narrow] = [earlier.when, later.when];
  return (
    follows(wide.priority, narrow.priority) &&
    follows(wide.direction, narrow.direction) &&
    follows(wide.security, narrow.security) &&
    (wide.bandwidthMax ?? HIGHEST_RATE) >= (narrow.bandwidthMax ?? HIGHEST_RATE) &&
    (wide.bandwidthMin ?? 1) <= (narrow.bandwidthMin ?? 1) &&
    locationsFollow(wide, narrow, chainOf) &&
    applicationsFollow(wide, narrow) &&
    quotaFollows(earlier, later, counting) &&
    timesFollow(wide, narrow)
  );
}

export interface Surroundings {
  /** A location and all around it, nearest first. */
  readonly chainOf: (location: string) => readonly string[];
  /** Whether the plan of the rules has a quota. */
  readonly counting: boolean;
}

/** The type of the model has no higher one, and no lower than 1. */
const HIGHEST_RATE = 4_294_967_295;

function follows<T>(wide: T | undefined, narrow: T | undefined): boolean {
  return wide === undefined || wide === narrow;
}

/** Between the ends of the two windows nothing changes, so looking there and at midnight, day by day, is enough. */
function timesFollow(wide: RuleConditions, narrow: RuleConditions): boolean {
  if (wide.time === undefined && wide.days === undefined) return true;
  const ends = [wide.time, narrow.time].flatMap((window) => (window ? [window.start, window.end % 1440] : []));
  const minutes = [0, ...ends];
  return DAYS.every((day) =>
    minutes.every((minuteOfDay) => {
      const moment = { minuteOfDay, day };
      return !windowHolds(narrow.time, narrow.days, moment) || windowHolds(wide.time, wide.days, moment);
    }),
  );
}

/** Who is in one of the narrow ones is in all that are around it. */
function locationsFollow(
  { locations: wide }: RuleConditions,
  { locations: narrow }: RuleConditions,
  chainOf: (location: string) => readonly string[],
): boolean {
  if (wide === undefined) return true;
  return narrow?.every((location) => [location, ...chainOf(location)].some((place) => wide.includes(place))) ?? false;
}

function applicationsFollow({ applications: wide }: RuleConditions, { applications: narrow }: RuleConditions): boolean {
  if (wide === undefined) return true;
  return narrow?.every((one) => wide.some((other) => patternCovers(other, one))) ?? false;
}

/** What is used lies in a range for each rule; where nothing is counted, none is ever at its end. */
function quotaFollows(earlier: Rule, later: Rule, counting: boolean): boolean {
  const [wide, narrow] = [quotaRange(earlier), quotaRange(later)];
  return wide.from <= narrow.from && (narrow.until <= wide.until || !counting);
}

function quotaRange({ when, outcome }: Rule): { readonly from: number; readonly until: number } {
  if (when.quotaUsed !== undefined) return { from: when.quotaUsed, until: Number.POSITIVE_INFINITY };
  return { from: 0, until: 'refuse' in outcome ? Number.POSITIVE_INFINITY : USED_UP };
}
