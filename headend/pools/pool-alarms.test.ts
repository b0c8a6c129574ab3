import { milliseconds } from '@sublane/basics';
import { expect, test } from 'vitest';
import { HOUR } from './forecast.ts';
import { type AlarmState, NO_ALARM, readAlarms } from './pool-alarms.ts';

const now = milliseconds(1_800_000_000_000);
/** The alarms of each reading in turn, from none on. */
function follow(readings: readonly { readonly used: number; readonly hours?: number }[], start = NO_ALARM): string[] {
  let state: AlarmState = start;
  return readings.map(({ used, hours }) => {
    const emptyAt = hours === undefined ? {} : { emptyAt: milliseconds(now + hours * HOUR) };
    const read = readAlarms(state, { used, capacity: 200, warnAt: 90, now, ...emptyAt });
    state = read.state;
    return read.alarms.join(' ');
  });
}

test('crossing the mark is told once, and anew only after it was surely below', () => {
  const fills = [179, 180, 200, 175, 180, 171, 180, 170, 179, 180].map((used) => ({ used }));
  expect(follow(fills)).toEqual(['', 'filling', '', '', '', '', '', '', '', 'filling']);
});

test('a forecast of less than a day is told once', () => {
  const forecasts = [{}, { hours: 24 }, { hours: 23 }, { hours: 30 }, { hours: 20 }, { hours: 36 }, { hours: 23 }, {}];
  expect(follow([...forecasts, { hours: 1 }].map((one) => ({ used: 10, ...one })))).toEqual([
    '',
    '',
    'empty-soon',
    '',
    '',
    '',
    'empty-soon',
    '',
    'empty-soon',
  ]);
});

test('both at once are two', () => {
  expect(follow([{ used: 190, hours: 2 }])).toEqual(['filling empty-soon']);
});

test('empty is empty until a hundredth is free', () => {
  const empty = { ...NO_ALARM, empty: true };
  const after = (used: number, capacity: number) => readAlarms(empty, { used, capacity, warnAt: 100, now }).state.empty;
  expect([after(1000, 1000), after(991, 1000), after(990, 1000)]).toEqual([true, true, false]);
  expect([after(6, 6), after(5, 6)]).toEqual([true, false]);
});

test('a pool without addresses is full', () => {
  expect(readAlarms(NO_ALARM, { used: 0, capacity: 0, warnAt: 90, now }).alarms).toEqual(['filling']);
});
