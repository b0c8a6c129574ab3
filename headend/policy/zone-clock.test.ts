import { milliseconds } from '@sublane/basics';
import { expect, test } from 'vitest';
import { isTimeZone, momentIn } from './zone-clock.ts';

const at = (text: string) => milliseconds(Date.parse(text));

test.each([
  ['Europe/Vienna', '2026-11-21T10:59:59Z', 'sat', '11:59'],
  ['Europe/Vienna', '2026-11-21T11:00:00Z', 'sat', '12:00'],
  ['Europe/Vienna', '2026-07-01T10:00:00Z', 'wed', '12:00'],
  ['Europe/Vienna', '2026-11-20T23:00:00Z', 'sat', '00:00'],
  // Spring: 02:00 is 03:00.
  ['Europe/Vienna', '2026-03-29T00:59:59Z', 'sun', '01:59'],
  ['Europe/Vienna', '2026-03-29T01:00:00Z', 'sun', '03:00'],
  // Autumn: 02:30 comes twice.
  ['Europe/Vienna', '2026-10-25T00:30:00Z', 'sun', '02:30'],
  ['Europe/Vienna', '2026-10-25T01:30:00Z', 'sun', '02:30'],
  ['America/New_York', '2026-03-08T06:59:00Z', 'sun', '01:59'],
  ['America/New_York', '2026-03-08T07:00:00Z', 'sun', '03:00'],
  ['America/New_York', '2026-11-01T05:30:00Z', 'sun', '01:30'],
  ['America/New_York', '2026-11-01T06:30:00Z', 'sun', '01:30'],
  // Half hours, quarters, and a switch of half an hour.
  ['Asia/Kolkata', '2026-11-21T00:00:00Z', 'sat', '05:30'],
  ['Asia/Kathmandu', '2026-11-21T18:30:00Z', 'sun', '00:15'],
  ['Australia/Lord_Howe', '2026-04-04T14:59:00Z', 'sun', '01:59'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', 'sun', '01:30'],
  ['Australia/Lord_Howe', '2026-10-03T15:29:00Z', 'sun', '01:59'],
  ['Australia/Lord_Howe', '2026-10-03T15:30:00Z', 'sun', '02:30'],
  // Midnight itself is what is left out: the day begins at one.
  ['Africa/Cairo', '2026-04-23T21:59:00Z', 'thu', '23:59'],
  ['Africa/Cairo', '2026-04-23T22:00:00Z', 'fri', '01:00'],
])('the clock in %s at %s: %s %s', (zone, time, day, clock) => {
  const { minuteOfDay, ...moment } = momentIn(zone, at(time));
  const two = (value: number) => String(value).padStart(2, '0');
  expect([moment.day, `${two(Math.floor(minuteOfDay / 60))}:${two(minuteOfDay % 60)}`]).toEqual([day, clock]);
});

test('an unknown zone is an error of whoever let it through', () => {
  expect(isTimeZone('Europe/Vienna')).toBe(true);
  expect(isTimeZone('Mars/Olympus')).toBe(false);
  expect(() => momentIn('Mars/Olympus', at('2026-11-21T00:00:00Z'))).toThrow(RangeError);
});
