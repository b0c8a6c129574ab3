import { expect, it } from 'vitest';
import { nextUpdate } from './push-schedule.ts';

it.each([
  [1_000, 1_000, 600, 1_600],
  [1_599, 1_000, 600, 1_600],
  [1_600, 1_000, 600, 2_200],
  [1_000, 5_000, 600, 1_400], // an anchor in the future counts as much as one in the past
  [10_000, 10_500, 60_000, 10_500],
])('at %i, with the anchor %i and the period %i, the next update is due at %i', (now, anchor, period, due) => {
  expect(nextUpdate(now, anchor, period)).toBe(due);
});
