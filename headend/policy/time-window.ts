import { DAYS, type DayOfWeek, type TimeWindow } from './plan.ts';
import type { Moment } from './situation.ts';

const WHOLE_DAY: TimeWindow = { start: 0, end: 0 };

/**
 * Whether it is this time of the day on one of these days; absent: any. A window goes by the clock on the wall: one that
 * the clock leaves out in spring does not come, one that it shows twice in autumn comes twice. What is over midnight
 * belongs to the day on which it begins.
 */
export function windowHolds(
  window: TimeWindow | undefined,
  days: readonly DayOfWeek[] | undefined,
  { minuteOfDay, day }: Moment,
): boolean {
  const { start, end } = window ?? WHOLE_DAY;
  const on = (begun: DayOfWeek) => days === undefined || days.includes(begun);
  if (start < end) return start <= minuteOfDay && minuteOfDay < end && on(day);
  return (start <= minuteOfDay && on(day)) || (minuteOfDay < end && on(dayBefore(day)));
}

function dayBefore(day: DayOfWeek): DayOfWeek {
  return DAYS.at(DAYS.indexOf(day) - 1)!;
}
