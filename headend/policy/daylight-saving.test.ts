import { milliseconds } from '@sublane/basics';
import { expect, test } from 'vitest';
import type { DayOfWeek, TimeWindow } from './plan.ts';
import { windowHolds } from './time-window.ts';
import { momentIn } from './zone-clock.ts';

const MINUTE = 60_000;

/** How many minutes a window lasts that belongs to a day, counted over three days around it by a clock without switches. */
function lasts(zone: string, date: string, window: TimeWindow, day: DayOfWeek): number {
  const from = Date.parse(`${date}T00:00:00Z`) - 1440 * MINUTE;
  return Array.from({ length: 3 * 1440 }, (_, minute) => momentIn(zone, milliseconds(from + minute * MINUTE))).filter(
    (moment) => windowHolds(window, [day], moment),
  ).length;
}

const hours = (from: number, to: number): TimeWindow => ({ start: from * 60, end: to * 60 });

test.each<[string, string, DayOfWeek, TimeWindow, number, string]>([
  ['Europe/Vienna', '2026-03-29', 'sun', hours(2, 3), 0, 'the hour that the clock leaves out does not come'],
  ['Europe/Vienna', '2026-03-29', 'sun', hours(2.5, 3.5), 30, 'of what is left out in part, the rest comes'],
  ['Europe/Vienna', '2026-03-29', 'sun', hours(0, 24), 23 * 60, 'the day of the switch has 23 hours'],
  ['Europe/Vienna', '2026-03-28', 'sat', hours(22, 6), 7 * 60, 'a night over the switch is an hour shorter'],
  ['Europe/Vienna', '2026-10-25', 'sun', hours(2, 3), 120, 'the hour that the clock shows twice comes twice'],
  ['Europe/Vienna', '2026-10-25', 'sun', hours(2.25, 2.5), 30, 'and so does a part of it'],
  ['Europe/Vienna', '2026-10-25', 'sun', hours(0, 24), 25 * 60, 'the day of the switch has 25 hours'],
  ['Europe/Vienna', '2026-10-24', 'sat', hours(22, 6), 9 * 60, 'a night over the switch is an hour longer'],
  ['America/New_York', '2026-03-08', 'sun', hours(2, 3), 0, 'by the switches of another country'],
  ['America/New_York', '2026-11-01', 'sun', hours(1, 2), 120, 'by the switches of another country'],
  ['America/St_Johns', '2026-03-08', 'sun', hours(0, 24), 23 * 60, 'in a zone of half hours'],
  ['America/St_Johns', '2026-11-01', 'sun', hours(1, 2), 120, 'in a zone of half hours'],
  ['Australia/Lord_Howe', '2026-10-04', 'sun', hours(2, 2.5), 0, 'where half an hour is left out'],
  ['Australia/Lord_Howe', '2026-04-05', 'sun', hours(1.5, 2), 60, 'where half an hour comes twice'],
  ['Australia/Adelaide', '2026-10-03', 'sat', hours(22, 6), 7 * 60, 'a night over the switch, south of the equator'],
  ['Africa/Cairo', '2026-04-24', 'fri', hours(0, 1), 0, 'where the day begins at one'],
  ['Africa/Cairo', '2026-04-23', 'thu', hours(22, 2), 180, 'a night over a midnight that is left out'],
  ['Asia/Kolkata', '2026-03-29', 'sun', hours(2, 3), 60, 'where nothing is switched'],
  ['UTC', '2026-10-25', 'sun', hours(2, 3), 60, 'where nothing is switched'],
])('%s, %s (%s), %j: %i minutes; %s', (zone, date, day, window, minutes) => {
  expect(lasts(zone, date, window, day)).toBe(minutes);
});
