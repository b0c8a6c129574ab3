import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffDelay } from './retry.ts';
import { milliseconds } from './units.ts';

test('a delay lies in the upper half of the doubled one, and never over the longest', () => {
  fc.assert(
    fc.property(fc.nat(60), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const delay = backoffDelay({ first: milliseconds(100), longest: milliseconds(5_000) }, attempt, () => random);
      const full = Math.min(5_000, 100 * 2 ** Math.min(attempt, 30));
      expect(delay).toBeGreaterThanOrEqual(Math.floor(full / 2));
      expect(delay).toBeLessThanOrEqual(full);
    }),
  );
});
