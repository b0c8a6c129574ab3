import { milliseconds } from '@sublane/basics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quotaPeriod } from './quota-period.ts';

const at = (text: string) => milliseconds(Date.parse(text));
const texts = ({ start, end }: { start: number; end: number }) =>
  [start, end].map((time) => new Date(time).toISOString().replace(':00.000Z', 'Z'));

describe('a period', () => {
  test.each([
    ['day', 'UTC', '2026-11-21T18:00:00Z', '2026-11-21T00:00Z', '2026-11-22T00:00Z'],
    ['day', 'Europe/Vienna', '2026-11-21T23:30:00Z', '2026-11-21T23:00Z', '2026-11-22T23:00Z'],
    // The clocks go forward on a Sunday at 2:00, back on one at 3:00.
    ['day', 'Europe/Vienna', '2026-03-29T12:00:00Z', '2026-03-28T23:00Z', '2026-03-29T22:00Z'],
    ['day', 'Europe/Vienna', '2026-10-25T12:00:00Z', '2026-10-24T22:00Z', '2026-10-25T23:00Z'],
    ['week', 'Europe/Vienna', '2026-03-29T12:00:00Z', '2026-03-22T23:00Z', '2026-03-29T22:00Z'],
    ['week', 'Europe/Vienna', '2026-03-30T12:00:00Z', '2026-03-29T22:00Z', '2026-04-05T22:00Z'],
    ['month', 'Europe/Vienna', '2026-03-10T12:00:00Z', '2026-02-28T23:00Z', '2026-03-31T22:00Z'],
    ['month', 'America/New_York', '2026-12-31T23:59:59Z', '2026-12-01T05:00Z', '2027-01-01T05:00Z'],
    ['month', 'UTC', '2028-02-29T12:00:00Z', '2028-02-01T00:00Z', '2028-03-01T00:00Z'],
    // Beirut's clocks go forward at midnight: the day begins at 1:00.
    ['day', 'Asia/Beirut', '2026-03-29T12:00:00Z', '2026-03-28T22:00Z', '2026-03-29T21:00Z'],
    // Apia had no 30 December 2011.
    ['day', 'Pacific/Apia', '2011-12-30T09:00:00Z', '2011-12-29T10:00Z', '2011-12-30T10:00Z'],
    ['day', 'Pacific/Apia', '2011-12-30T10:00:00Z', '2011-12-30T10:00Z', '2011-12-31T10:00Z'],
    // St John's clocks went back from 0:01 to 23:01.
    ['day', 'America/St_Johns', '2010-11-07T02:30:30Z', '2010-11-06T02:30Z', '2010-11-07T03:30Z'],
    ['day', 'America/St_Johns', '2010-11-07T03:00:00Z', '2010-11-06T02:30Z', '2010-11-07T03:30Z'],
  ] as const)('%s in %s around %s', (period, zone, now, start, end) => {
    expect(texts(quotaPeriod(period, zone, at(now)))).toEqual([start, end]);
    expect(texts(quotaPeriod(period, zone, at(start)))).toEqual([start, end]);
    expect(texts(quotaPeriod(period, zone, milliseconds(at(end) - 1)))).toEqual([start, end]);
    expect(texts(quotaPeriod(period, zone, at(end)))[0]).toBe(end);
  });

  test('a zone nobody knows is a fault', () => {
    expect(() => quotaPeriod('day', 'Mars/Olympus', milliseconds(0))).toThrow(RangeError);
  });
});

test('contains now, follows the one before without a gap, and begins with a day, a Monday, a first', () => {
  const zones = [
    'UTC',
    'Europe/Vienna',
    'America/Sao_Paulo',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'America/Havana',
  ];
  fc.assert(
    fc.property(
      fc.constantFrom('day', 'week', 'month'),
      fc.constantFrom(...zones),
      fc.integer({ min: at('2012-01-01T00:00:00Z'), max: at('2037-01-01T00:00:00Z') }),
      (period, zone, time) => {
        const found = quotaPeriod(period, zone, milliseconds(time));
        expect(found.start).toBeLessThanOrEqual(time);
        expect(found.end).toBeGreaterThan(time);
        expect(quotaPeriod(period, zone, found.end).start).toBe(found.end);
        expect(quotaPeriod(period, zone, milliseconds(found.start - 1)).end).toBe(found.start);
        const shown = (moment: number) =>
          new Date(moment).toLocaleDateString('en-GB', {
            timeZone: zone,
            weekday: 'short',
            day: 'numeric',
            month: 'short',
          });
        const first = shown(found.start);
        // The moment before is of another day.
        expect(shown(found.start - 1)).not.toBe(first);
        if (period === 'week') expect(first).toMatch(/^Mon/);
        if (period === 'month') expect(first).toMatch(/ 1 /);
        if (period === 'day') expect(shown(time)).toBe(first);
      },
    ),
    { numRuns: 300 },
  );
});
