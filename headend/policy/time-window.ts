import type { Milliseconds } from '@sublane/basics';
import type { TimeWindow } from './plan.ts';

/** What policy knows of the present: the minute of the headend's day, 0..1439. */
export interface Moment {
  readonly minuteOfDay: number;
}

export function windowHolds({ start, end }: TimeWindow, { minuteOfDay }: Moment): boolean {
  if (start === end) return true;
  return start < end ? start <= minuteOfDay && minuteOfDay < end : start <= minuteOfDay || minuteOfDay < end;
}

/**
 * Tells the minute of the day in an IANA time zone, daylight saving included. Throws RangeError for a zone nobody knows.
 */
export function clockFace(timeZone: string): (now: Milliseconds) => Moment {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  let minute = Number.NaN;
  let moment: Moment = { minuteOfDay: 0 };
  return (now) => {
    // Zones change their offset by whole minutes of UTC, so within one of them the answer stays.
    if (Math.floor(now / 60_000) !== minute) {
      minute = Math.floor(now / 60_000);
      // "23:59", since hourCycle is h23.
      const [hours, minutes] = format.format(now).split(':');
      moment = { minuteOfDay: Number(hours) * 60 + Number(minutes) };
    }
    return moment;
  };
}
