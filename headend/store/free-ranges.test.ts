import SqliteDatabase from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FreeRanges } from './free-ranges.ts';

const SIZE = 24;
const index = fc.integer({ min: 0, max: SIZE - 1 });
const range = fc
  .tuple(index, index)
  .map(([one, other]) => ({ first: Math.min(one, other), last: Math.max(one, other) }));
const step = fc.oneof(
  fc.record({ do: fc.constant('free' as const), index }),
  fc.record({ do: fc.constant('take' as const), index }),
  fc.record({ do: fc.constant('add' as const), range }),
  fc.record({ do: fc.constant('remove' as const), range }),
);

/** A database with just that table. */
function open() {
  const db = new SqliteDatabase(':memory:');
  db.exec('create table free_ranges (pool_id integer, last integer, first integer, primary key (pool_id, last))');
  const rows = db.prepare<[number], { first: number; last: number }>(
    'select first, last from free_ranges where pool_id = ? order by last',
  );
  return { ranges: new FreeRanges(db), rows: (pool: number) => rows.all(pool) };
}

/** What a set of numbers is, as ranges. */
function rangesOf(set: ReadonlySet<number>) {
  const ranges: { first: number; last: number }[] = [];
  for (const one of [...set].sort((a, b) => a - b)) {
    const before = ranges.at(-1);
    if (before?.last === one - 1) before.last = one;
    else ranges.push({ first: one, last: one });
  }
  return ranges;
}

test('any walk leaves the ranges that a set would have, and the lowest from any number on', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { ranges, rows } = open();
      const set = new Set<number>();
      // Another pool's are another pool's.
      ranges.add(2, { first: 3, last: 7 });
      for (const move of steps) {
        const touched =
          'range' in move
            ? Array.from({ length: move.range.last - move.range.first + 1 }, (_, at) => move.range.first + at)
            : [move.index];
        for (const one of touched)
          if (move.do === 'free' || move.do === 'add') set.add(one);
          else set.delete(one);
        if ('range' in move) ranges[move.do](1, move.range);
        else ranges[move.do](1, move.index);
        expect(rows(1)).toEqual(rangesOf(set));
        for (let from = 0; from <= SIZE; from++)
          expect(ranges.lowest(1, from)).toBe([...set].filter((one) => one >= from).sort((a, b) => a - b)[0]);
      }
      expect(rows(2)).toEqual([{ first: 3, last: 7 }]);
    }),
  );
});

test('ten million free are one row, and stay few while they are given', () => {
  const { ranges, rows } = open();
  ranges.add(1, { first: 1, last: 10_000_000 });
  ranges.take(1, 5_000_000);
  for (let at = 1; at < 100; at++) ranges.take(1, ranges.lowest(1, 0)!);
  expect(rows(1)).toEqual([
    { first: 100, last: 4_999_999 },
    { first: 5_000_001, last: 10_000_000 },
  ]);
  ranges.remove(1, { first: 0, last: Number.MAX_SAFE_INTEGER });
  expect(rows(1)).toEqual([]);
});
