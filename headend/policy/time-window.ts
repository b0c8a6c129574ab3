import type { Milliseconds } from '@sublane/basics';
import type { TimeWindow } from './plan.ts';

/** What policy knows of the present: the minute of the headend's day, 0..1439. */
export interface Moment {
  readonly minuteOfDay: number;
}

const DAY = 24 * 60;

/** Reads `HH:MM-HH:MM`; a single `HH:MM` is that one minute. */
export function parseTimeWindow(text: string): TimeWindow | undefined {
  const times = text.split('-').map(parseTimeOfDay);
  const [start, end = start === undefined ? undefined : (start + 1) % DAY] = times;
  return times.length <= 2 && start !== undefined && end !== undefined ? { start, end } : undefined;
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
      moment = { minuteOfDay: parseTimeOfDay(format.format(now)) ?? 0 };
    }
    return moment;
  };
}

function parseTimeOfDay(text: string): number | undefined {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  return match === null ? undefined : Number(match[1]) * 60 + Number(match[2]);
}
