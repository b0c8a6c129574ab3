import { describe, expect, test } from 'vitest';
import type { DayOfWeek } from './plan.ts';
import { windowHolds } from './time-window.ts';

describe('windows', () => {
  test.each([
    [{ start: 660, end: 780 }, [659, 780], [660, 779]],
    [{ start: 1320, end: 360 }, [360, 1319], [1320, 0, 359]],
    [{ start: 1320, end: 0 }, [0, 1319], [1320, 1439]],
    [{ start: 0, end: 1440 }, [], [0, 1439]],
    [{ start: 600, end: 600 }, [], [0, 600, 1439]],
    [undefined, [], [0, 600, 1439]],
  ])('%j', (window, outside, inside) => {
    for (const minuteOfDay of outside) expect(windowHolds(window, undefined, { minuteOfDay, day: 'sat' })).toBe(false);
    for (const minuteOfDay of inside) expect(windowHolds(window, undefined, { minuteOfDay, day: 'sat' })).toBe(true);
  });
});

describe('windows on some days', () => {
  const night = { start: 1320, end: 360 };
  test.each<[string, Parameters<typeof windowHolds>[0], DayOfWeek[], DayOfWeek, number, boolean]>([
    ['a day, whatever the time', undefined, ['fri'], 'fri', 0, true],
    ['another day', undefined, ['fri'], 'sat', 0, false],
    ['by day, on its day', { start: 660, end: 780 }, ['fri', 'sat'], 'sat', 700, true],
    ['by day, on another', { start: 660, end: 780 }, ['fri', 'sat'], 'sun', 700, false],
    ['the evening of the night that begins on Friday', night, ['fri'], 'fri', 1320, true],
    ['its morning, which is on Saturday', night, ['fri'], 'sat', 359, true],
    ['Friday morning is of the night that began on Thursday', night, ['fri'], 'fri', 359, false],
    ['Saturday evening is another night', night, ['fri'], 'sat', 1320, false],
    ['Sunday is before Monday', night, ['sun'], 'mon', 0, true],
    ['a whole day from ten on', { start: 600, end: 600 }, ['fri'], 'sat', 599, true],
    ['a whole day from ten on has not begun', { start: 600, end: 600 }, ['fri'], 'fri', 599, false],
  ])('%s', (_, window, days, day, minuteOfDay, expected) => {
    expect(windowHolds(window, days, { minuteOfDay, day })).toBe(expected);
  });
});
