import { type Milliseconds, milliseconds } from '@sublane/basics';

/** How many leases a pool held at the end of an hour. */
export interface PoolSample {
  /** When the hour began: milliseconds since 1970 UTC, a multiple of an hour. */
  readonly hour: Milliseconds;
  readonly held: number;
}

export const HOUR = 3_600_000;
const DAY = 24;
/** Days alike are compared over a week at most: what was before says little of now. */
const WINDOW = 7 * DAY;
/** Fewer say nothing. */
const PAIRS_MIN = 12;
/** From so many on, a day of the week may be unlike the others. */
const PAIRS_MANY = 4 * DAY;
/** In hours; nothing is said of what is further away, nor of more than this many times what is known. */
const HORIZON = 30 * DAY;
const REACH = 4;

/**
 * When a pool will be empty if it goes on as in the last days; undefined: not within 30 days, or too little is known.
 *
 * Hosts come in the morning and go at night, so that from the rise of a morning nothing follows. Each hour is compared
 * with the same hour of the day before; the median of these differences is the trend, which neither the hour of the day
 * nor a weekend nor an outlier moves. It counts only where most of them rise, and by more than they differ among
 * themselves. The days to come are then the last day again, each one step higher: a pool is empty at a peak first.
 *
 * `room`: how many leases it can hold.
 */
export function forecastEmpty(
  samples: readonly PoolSample[],
  room: number,
  now: Milliseconds,
): Milliseconds | undefined {
  const held = new Map(samples.map((sample) => [Math.round(sample.hour / HOUR), sample.held]));
  const last = Math.max(...held.keys());
  const known = last - Math.min(...held.keys());
  const rise = dailyRise(held, last);
  if (rise === undefined) return undefined;
  // The sample of an hour was taken at its end.
  for (let ahead = 1; ahead <= Math.min(HORIZON, REACH * known); ahead++) {
    const days = Math.ceil(ahead / DAY);
    const before = held.get(last + ahead - days * DAY);
    if (before !== undefined && before + days * rise >= room)
      return milliseconds(Math.max(now, (last + ahead + 1) * HOUR));
  }
  return undefined;
}

/** Leases more from one day to the next; undefined where they are not more, or not surely. */
function dailyRise(held: ReadonlyMap<number, number>, last: number): number | undefined {
  const rises: number[] = [];
  for (const [hour, value] of held) {
    const dayBefore = held.get(hour - DAY);
    if (hour > last - WINDOW && dayBefore !== undefined) rises.push(value - dayBefore);
  }
  if (rises.length < PAIRS_MIN) return undefined;
  const median = quantile(rises, 1 / 2);
  const spread = quantile(
    rises.map((rise) => Math.abs(rise - median)),
    1 / 2,
  );
  const low = quantile(rises, rises.length < PAIRS_MANY ? 1 / 10 : 1 / 4);
  return low > 0 && median >= 2 * spread ? median : undefined;
}

/** Of one number at least: the one below which this part of them lies. */
function quantile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  const at = (sorted.length - 1) * part;
  const [low, high] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
  return low + (high - low) * (at - Math.floor(at));
}
