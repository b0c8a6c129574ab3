import type { IndexRange } from './pool.ts';

/** Sorts ranges and joins those that touch: the form all others here expect and give. */
export function mergeRanges(ranges: readonly IndexRange[]): IndexRange[] {
  const merged: { first: number; last: number }[] = [];
  for (const { first, last } of [...ranges].sort((a, b) => a.first - b.first)) {
    const before = merged.at(-1);
    if (before !== undefined && first <= before.last + 1) before.last = Math.max(before.last, last);
    else merged.push({ first, last });
  }
  return merged;
}

/** What is in `whole` and in none of `holes`. */
export function subtractRanges(whole: readonly IndexRange[], holes: readonly IndexRange[]): IndexRange[] {
  const left: IndexRange[] = [];
  let at = 0;
  for (const { first, last } of whole) {
    let start = first;
    while (at < holes.length && (holes[at] as IndexRange).last < first) at++;
    for (let here = at; here < holes.length && (holes[here] as IndexRange).first <= last; here++) {
      const hole = holes[here] as IndexRange;
      if (hole.first > start) left.push({ first: start, last: hole.first - 1 });
      start = Math.max(start, hole.last + 1);
    }
    if (start <= last) left.push({ first: start, last });
  }
  return left;
}

/** The first number from `from` on that is in none of the ranges. */
export function firstOutside(ranges: readonly IndexRange[], from: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle] as IndexRange).last < from) low = middle + 1;
    else high = middle;
  }
  const range = ranges[low];
  // Ranges that touch are joined, so the number after one is outside all.
  return range !== undefined && range.first <= from ? range.last + 1 : from;
}

export function isAmong(ranges: readonly IndexRange[], index: number): boolean {
  return firstOutside(ranges, index) !== index;
}

/** What is in both. */
export function intersectRanges(some: readonly IndexRange[], others: readonly IndexRange[]): IndexRange[] {
  return subtractRanges(some, subtractRanges(some, others));
}

export function countRanges(ranges: readonly IndexRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}
