import type { Milliseconds } from '@sublane/basics';
import type { DayOfWeek } from './plan.ts';
import type { Moment } from './situation.ts';

/**
 * What the clock on the wall shows in an IANA time zone, daylight saving included. Throws RangeError for a zone nobody
 * knows.
 */
export function momentIn(timeZone: string, at: Milliseconds): Moment {
  let clock = clocks.get(timeZone);
  if (clock === undefined) {
    clock = zoneClock(timeZone);
    clocks.set(timeZone, clock);
  }
  return clock(at);
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** One for each zone that plans name: a few. Making one takes as long as hundreds of requests. */
const clocks = new Map<string, (at: Milliseconds) => Moment>();

function zoneClock(timeZone: string): (at: Milliseconds) => Moment {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  let minute = Number.NaN;
  let moment: Moment = { minuteOfDay: 0, day: 'mon' };
  return (at) => {
    // Zones change their offset at whole minutes of UTC, so within one of them the answer stays.
    if (Math.floor(at / 60_000) !== minute) {
      minute = Math.floor(at / 60_000);
      const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
      moment = {
        minuteOfDay: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
        // "Mon".
        day: parts.get('weekday')!.toLowerCase() as DayOfWeek,
      };
    }
    return moment;
  };
}
