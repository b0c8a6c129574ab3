import { type Milliseconds, milliseconds } from '@sublane/basics';
import type { Quota } from './plan.ts';

/** From `start` up to and without `end`. */
export interface QuotaPeriod {
  readonly start: Milliseconds;
  readonly end: Milliseconds;
}

/**
 * The day, week or month of an IANA time zone that `at` is in: from midnight to midnight, from Monday to Monday, from the
 * first to the first, by the clock on the wall. Where that clock leaves midnight out, the day begins with its first
 * moment there is. Throws RangeError for a zone nobody knows.
 */
export function quotaPeriod(period: Quota['period'], timeZone: string, at: Milliseconds): QuotaPeriod {
  const key = `${period} ${timeZone}`;
  const known = last.get(key);
  if (known !== undefined && known.start <= at && at < known.end) return known;
  const calendar = calendarOf(timeZone);
  let found = periodFrom(FIRST_DAY[period](calendar(at)), period, calendar);
  // A clock that goes back over midnight shows the new day twice, and the old one between: a day begins once.
  while (at < found.start) found = periodFrom(FIRST_DAY[period](found.day - 1), period, calendar);
  while (at >= found.end) found = periodFrom(NEXT[period](found.day), period, calendar);
  last.set(key, found);
  return found;
}

function periodFrom(day: Day, period: Quota['period'], calendar: Calendar): QuotaPeriod & { readonly day: Day } {
  return { day, start: firstMomentOf(day, calendar), end: firstMomentOf(NEXT[period](day), calendar) };
}

/** A date, as the days since 1970-01-01: without a zone, so all days are alike. */
type Day = number;

const DAY = 86_400_000;
const dayOf = (year: number, month: number, date: number): Day => Date.UTC(year, month, date) / DAY;
const utc = (day: Day) => new Date(day * DAY);

const FIRST_DAY: Readonly<Record<Quota['period'], (day: Day) => Day>> = {
  day: (day) => day,
  // getUTCDay is 0 on Sundays.
  week: (day) => day - ((utc(day).getUTCDay() + 6) % 7),
  month: (day) => dayOf(utc(day).getUTCFullYear(), utc(day).getUTCMonth(), 1),
};

/** From the first day of a period to that of the next. */
const NEXT: Readonly<Record<Quota['period'], (day: Day) => Day>> = {
  day: (day) => day + 1,
  week: (day) => day + 7,
  month: (day) => dayOf(utc(day).getUTCFullYear(), utc(day).getUTCMonth() + 1, 1),
};

/** The present period of each kind and zone: asked at every request, and it seldom ends. */
const last = new Map<string, QuotaPeriod>();

/** Which date the calendar on the wall shows. */
type Calendar = (at: number) => Day;
const calendars = new Map<string, Calendar>();

function calendarOf(timeZone: string): Calendar {
  let calendar = calendars.get(timeZone);
  if (calendar === undefined) {
    const format = new Intl.DateTimeFormat('en-US-u-ca-gregory', {
      timeZone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
    });
    calendar = (at) => {
      const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
      return dayOf(parts.get('year')!, parts.get('month')! - 1, parts.get('day')!);
    };
    calendars.set(timeZone, calendar);
  }
  return calendar;
}

/** By halving: no zone is further than 16 hours from UTC, and one that changed its side of the date line left out a day. */
function firstMomentOf(day: Day, calendar: Calendar): Milliseconds {
  let before = day * DAY - 16 * 3_600_000;
  let within = day * DAY + 40 * 3_600_000;
  // Clocks are changed at whole seconds.
  while (within - before > 1000) {
    const middle = before + Math.floor((within - before) / 2000) * 1000;
    if (calendar(middle) >= day) within = middle;
    else before = middle;
  }
  return milliseconds(within);
}
