import type { Database } from 'better-sqlite3';
import { sql } from 'kysely';
import type { IndexRange } from '../pools/pool.ts';
import { prepare, query } from './statement.ts';

/**
 * The free indexes of each pool below its high-water mark, as ranges that neither overlap nor touch. Found by where they
 * end: one look finds the lowest free index from any other on, and to give the lowest away changes no key.
 */
export class FreeRanges {
  readonly #from;
  readonly #nextTwo;
  readonly #insert;
  readonly #setFirst;
  readonly #delete;
  readonly #shift;
  readonly #unfold;

  constructor(db: Database) {
    const ranges = (poolId: number, last: number) =>
      query
        .selectFrom('free_ranges')
        .select(['first', 'last'])
        .where('pool_id', '=', poolId)
        .where('last', '>=', last)
        .orderBy('last');
    this.#from = prepare(db, (p: { poolId: number; index: number }) => ranges(p.poolId, p.index).limit(sql.lit(1)));
    this.#nextTwo = prepare(db, (p: { poolId: number; index: number }) => ranges(p.poolId, p.index).limit(sql.lit(2)));
    this.#insert = prepare(db, (p: { poolId: number; first: number; last: number }) =>
      query.insertInto('free_ranges').values({ pool_id: p.poolId, last: p.last, first: p.first }),
    );
    this.#setFirst = prepare(db, (p: { poolId: number; first: number; last: number }) =>
      query
        .updateTable('free_ranges')
        .set({ first: p.first })
        .where('pool_id', '=', p.poolId)
        .where('last', '=', p.last),
    );
    this.#delete = prepare(db, (p: { poolId: number; last: number }) =>
      query.deleteFrom('free_ranges').where('pool_id', '=', p.poolId).where('last', '=', p.last),
    );
    this.#shift = prepare(db, (p: { poolId: number; by: number }) =>
      query
        .updateTable('free_ranges')
        .set({ first: sql<number>`first + ${p.by}`, last: sql<number>`-(last + ${p.by}) - 1` })
        .where('pool_id', '=', p.poolId),
    );
    this.#unfold = prepare(db, (p: { poolId: number }) =>
      query
        .updateTable('free_ranges')
        .set({ last: sql<number>`-last - 1` })
        .where('pool_id', '=', p.poolId)
        .where('last', '<', sql.lit(0)),
    );
  }

  /** The lowest free index that is not below `from`. */
  lowest(poolId: number, from: number): number | undefined {
    const range = this.#from.get({ poolId, index: from });
    return range && Math.max(range.first, from);
  }

  /** What is not free stays so. */
  take(poolId: number, index: number): void {
    const range = this.#from.get({ poolId, index });
    if (range === undefined || range.first > index) return;
    const { first, last } = range;
    if (index === last) this.#delete.run({ poolId, last });
    else this.#setFirst.run({ poolId, first: index + 1, last });
    if (index > first) this.#insert.run({ poolId, first, last: index - 1 });
  }

  /** What is free already stays so. */
  free(poolId: number, index: number): void {
    const [one, next] = this.#nextTwo.all({ poolId, index: index - 1 });
    const before = one?.last === index - 1 ? one : undefined;
    const after = before === undefined ? one : next;
    if (after !== undefined && after.first <= index) return;
    const first = before?.first ?? index;
    if (before !== undefined) this.#delete.run({ poolId, last: before.last });
    if (after?.first === index + 1) this.#setFirst.run({ poolId, first, last: after.last });
    else this.#insert.run({ poolId, first, last: index });
  }

  /** Frees a whole range, in which some may be free already. */
  add(poolId: number, range: IndexRange): void {
    let { first, last } = range;
    for (;;) {
      const present = this.#from.get({ poolId, index: first - 1 });
      if (present === undefined || present.first > last + 1) break;
      this.#delete.run({ poolId, last: present.last });
      first = Math.min(first, present.first);
      last = Math.max(last, present.last);
    }
    this.#insert.run({ poolId, first, last });
  }

  /** Takes a whole range, in which some may not be free. */
  remove(poolId: number, { first, last }: IndexRange): void {
    for (;;) {
      const present = this.#from.get({ poolId, index: first });
      if (present === undefined || present.first > last) return;
      if (present.last > last) this.#setFirst.run({ poolId, first: last + 1, last: present.last });
      else this.#delete.run({ poolId, last: present.last });
      if (present.first < first) this.#insert.run({ poolId, first: present.first, last: first - 1 });
    }
  }

  /** Each index is that much higher from now on; none falls below 0. */
  shift(poolId: number, by: number): void {
    // By way of numbers that nothing has: no two rows may meet.
    this.#shift.run({ poolId, by });
    this.#unfold.run({ poolId });
  }
}
