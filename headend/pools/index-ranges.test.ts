import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countRanges, firstOutside, mergeRanges, subtractRanges } from './index-ranges.ts';
import type { IndexRange } from './pool.ts';

const ranges = fc.array(
  fc.tuple(fc.nat(60), fc.nat(8)).map(([first, length]): IndexRange => ({ first, last: first + length })),
  { maxLength: 10 },
);

/** The numbers themselves: slow and beyond doubt. */
const numbers = (list: readonly IndexRange[]) =>
  new Set(list.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, at) => first + at)));

test('merged ranges hold the same numbers, are sorted, and never touch', () => {
  fc.assert(
    fc.property(ranges, (list) => {
      const merged = mergeRanges(list);
      expect(numbers(merged)).toEqual(new Set([...numbers(list)].sort((a, b) => a - b)));
      for (const [at, range] of merged.entries()) {
        if (at > 0) expect(range.first).toBeGreaterThan((merged[at - 1]?.last ?? 0) + 1);
      }
      expect(countRanges(merged)).toBe(numbers(list).size);
    }),
  );
});

test('a difference is the difference of the numbers', () => {
  fc.assert(
    fc.property(ranges, ranges, (some, others) => {
      const left = subtractRanges(mergeRanges(some), mergeRanges(others));
      expect(numbers(left)).toEqual(new Set([...numbers(some)].filter((index) => !numbers(others).has(index))));
    }),
  );
});

test('the first outside is the lowest number that is in none', () => {
  fc.assert(
    fc.property(ranges, fc.nat(80), (list, from) => {
      const taken = numbers(list);
      let expected = from;
      while (taken.has(expected)) expected++;
      expect(firstOutside(mergeRanges(list), from)).toBe(expected);
    }),
  );
});
