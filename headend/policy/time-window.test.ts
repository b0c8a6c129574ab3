import { milliseconds } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import { clockFace, windowHolds } from './time-window.ts';

const at = (text: string) => milliseconds(Date.parse(text));

describe('windows', () => {
  test.each([
    [{ start: 660, end: 780 }, [659, 780], [660, 779]],
    [{ start: 1320, end: 360 }, [360, 1319], [1320, 0, 359]],
    [{ start: 0, end: 1440 }, [], [0, 1439]],
    [{ start: 600, end: 600 }, [], [0, 600, 1439]],
  ])('%j', (window, outside, inside) => {
    for (const minuteOfDay of outside) expect(windowHolds(window, { minuteOfDay })).toBe(false);
    for (const minuteOfDay of inside) expect(windowHolds(window, { minuteOfDay })).toBe(true);
  });
});

describe('the minute of the day', () => {
  test('is the zone’s, daylight saving included', () => {
    const vienna = clockFace('Europe/Vienna');
    expect(vienna(at('2026-11-21T10:59:59Z'))).toEqual({ minuteOfDay: 11 * 60 + 59 });
    expect(vienna(at('2026-11-21T11:00:00Z'))).toEqual({ minuteOfDay: 12 * 60 });
    expect(vienna(at('2026-07-01T10:00:00Z'))).toEqual({ minuteOfDay: 12 * 60 });
    // The night clocks go back: 02:30 comes twice.
    expect(vienna(at('2026-10-25T00:30:00Z'))).toEqual({ minuteOfDay: 150 });
    expect(vienna(at('2026-10-25T01:30:00Z'))).toEqual({ minuteOfDay: 150 });
    expect(vienna(at('2026-11-20T23:00:00Z'))).toEqual({ minuteOfDay: 0 });
  });

  test('in a zone of half hours', () => {
    expect(clockFace('Asia/Kolkata')(at('2026-11-21T00:00:00Z'))).toEqual({ minuteOfDay: 330 });
  });

  test('an unknown zone is an error of whoever let it through', () => {
    expect(() => clockFace('Mars/Olympus')).toThrow(RangeError);
  });
});
