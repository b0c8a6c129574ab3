import { milliseconds } from '@sublane/basics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { forecastEmpty, HOUR, type PoolSample } from './forecast.ts';

/** Hours since an arbitrary midnight. */
const MIDNIGHT = 500_000 - (500_000 % 24);
const samplesOf = (hours: number, heldAt: (hour: number) => number): PoolSample[] =>
  Array.from({ length: hours }, (_, at) => ({
    hour: milliseconds((MIDNIGHT + at) * HOUR),
    held: Math.max(0, Math.round(heldAt(at))),
  }));
/** In hours from the end of the last sample; undefined: never. */
const hoursLeft = (samples: readonly PoolSample[], room: number): number | undefined => {
  const now = milliseconds((samples.at(-1)?.hour ?? 0) + HOUR);
  const at = forecastEmpty(samples, room, now);
  return at === undefined ? undefined : (at - now) / HOUR;
};
/** Few at five in the morning, most at five in the afternoon. */
const daily = (hour: number, low: number, high: number) =>
  low + ((high - low) * (1 - Math.cos((2 * Math.PI * (hour - 5)) / 24))) / 2;
/** From -1 to 1, the same every time. */
const noise = (hour: number) => Math.sin(hour * 12.9898) * 0.7 + Math.sin(hour * 78.233) * 0.3;

describe('when a pool will be empty', () => {
  test('a steady rise is drawn out', () => {
    const rising = samplesOf(240, (hour) => 100 + 2 * hour);
    expect(hoursLeft(rising, 100 + 2 * (239 + 50))).toBe(50);
    expect(hoursLeft(rising, 100 + 2 * (239 + 720))).toBe(720);
    expect(hoursLeft(rising, 100 + 2 * (239 + 745))).toBeUndefined();
    // What is known of three days says nothing of a month.
    expect(hoursLeft(rising.slice(0, 72), 100 + 2 * (71 + 284))).toBe(284);
    expect(hoursLeft(rising.slice(0, 72), 100 + 2 * (71 + 290))).toBeUndefined();
  });

  test('a rise on top of the day’s ups and downs: at the first peak that is too high', () => {
    const samples = samplesOf(24 * 7, (hour) => daily(hour, 200, 600) + (10 * hour) / 24 + 3 * noise(hour));
    // Each day 10 more; the peak of day n is 607 + 10 n.
    const left = hoursLeft(samples, 700)!;
    expect(Math.floor(left / 24)).toBe(3);
    expect((left % 24) - 17).toBeLessThan(4);
    expect(17 - (left % 24)).toBeLessThan(4);
  });

  test.each([0, 1, 2, 5, 12, 24, 35])('%i samples say nothing, however they rise', (hours) => {
    expect(
      hoursLeft(
        samplesOf(hours, (hour) => 10 * hour),
        400,
      ),
    ).toBeUndefined();
  });

  test('a day and a half of them do', () => {
    expect(
      hoursLeft(
        samplesOf(36, (hour) => 10 * hour),
        400,
      ),
    ).toBe(5);
  });

  test('nothing follows from a morning, whichever day of it is known, and whatever room is left', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 24 * 14 }),
        fc.nat(500),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 0, max: 300 }),
        (hours, low, swing, more) => {
          const samples = samplesOf(hours, (hour) => daily(hour, low, low + swing));
          expect(hoursLeft(samples, low + swing + 1 + more)).toBeUndefined();
        },
      ),
    );
  });

  test('nor from what is flat or falls, with noise or without', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 24 * 14 }),
        fc.integer({ min: 0, max: 20 }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        fc.nat(1000),
        (hours, wobble, fall, phase) => {
          const samples = samplesOf(hours, (hour) => 900 - fall * hour + wobble * noise(hour + phase));
          expect(hoursLeft(samples, 930)).toBeUndefined();
        },
      ),
    );
  });

  test('nor from a weekend, nor from what comes back after it', () => {
    const weekday = (hour: number) => (Math.floor(hour / 24) % 7 < 5 ? 1 : 0.4);
    for (let hours = 24 * 8; hours <= 24 * 14; hours++)
      expect(
        hoursLeft(
          samplesOf(hours, (hour) => weekday(hour) * daily(hour, 300, 900)),
          950,
        ),
      ).toBeUndefined();
  });

  test('nor from one hour in which all came at once', () => {
    expect(
      hoursLeft(
        samplesOf(72, (hour) => (hour === 60 ? 950 : 500)),
        1000,
      ),
    ).toBeUndefined();
  });

  test('hours in which nobody counted do not matter', () => {
    const gaps = samplesOf(96, (hour) => 100 + 2 * hour).filter((_, at) => at % 5 !== 3 && (at < 40 || at > 50));
    expect(hoursLeft(gaps, 392)! - 50).toBeLessThan(4);
  });

  test('what is empty already is empty now', () => {
    expect(
      hoursLeft(
        samplesOf(72, (hour) => 100 + 2 * hour),
        200,
      ),
    ).toBeLessThanOrEqual(1);
  });
});
