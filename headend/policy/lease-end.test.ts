import { milliseconds, seconds } from '@sublane/basics';
import { expect, test } from 'vitest';
import { leaseEnd } from './lease-end.ts';
import { planOf } from './policy-fixture.ts';

test.each([
  [undefined, 3_601_000],
  [7200, 3_601_000],
  [600, 601_000],
])('a lease from second 1 on, of at most %s s by the authority and 3600 by the plan', (leaseMax, end) => {
  const grant = leaseMax === undefined ? {} : { leaseMax: seconds(leaseMax) };
  expect(leaseEnd(milliseconds(1000), planOf([], []), grant)).toBe(end);
});
