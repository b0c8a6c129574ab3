/**
 * The indices of as many values as possible that rise from left to right: what may stay where it is when the rest is
 * moved. Pure; n log n.
 */
export function stayingInOrder(values: readonly number[]): readonly number[] {
  /** By length: the index of the smallest value that a rising row of that length can end with. */
  const ends: number[] = [];
  const before: (number | undefined)[] = [];
  for (const [index, value] of values.entries()) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[ends[middle]!]! < value) low = middle + 1;
      else high = middle;
    }
    before[index] = ends[low - 1];
    ends[low] = index;
  }
  const row: number[] = [];
  for (let index = ends.at(-1); index !== undefined; index = before[index]) row.push(index);
  return row.reverse();
}
