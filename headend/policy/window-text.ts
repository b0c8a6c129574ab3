import type { DayOfWeek, TimeWindow } from './plan.ts';

/** `fri, sat 22:00-06:00`. */
export function windowText(window: TimeWindow | undefined, days: readonly DayOfWeek[] | undefined): string {
  return [
    ...(days === undefined ? [] : [days.join(', ')]),
    ...(window === undefined ? [] : [`${clockText(window.start)}-${clockText(window.end)}`]),
  ].join(' ');
}

/** `09:05`; midnight at the end of a day is `24:00`. */
export function clockText(minuteOfDay: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(minuteOfDay / 60))}:${two(minuteOfDay % 60)}`;
}
