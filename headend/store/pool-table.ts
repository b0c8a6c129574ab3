import { milliseconds, toMilliseconds } from '@sublane/basics';
import type { Database } from 'better-sqlite3';
import { sql } from 'kysely';
import { intersectRanges, subtractRanges } from '../pools/index-ranges.ts';
import type { IndexRange, PoolShape } from '../pools/pool.ts';
import { mayGive, nextIndex } from '../pools/pool-shape.ts';
import { FreeRanges } from './free-ranges.ts';
import type { CommitParticipant } from './group-commit.ts';
import { numberShift, readShape, shiftRanges, writeShape } from './pool-layout.ts';
import type { Timestamp } from './records.ts';
import { type LastHolder, RestingTable } from './resting-table.ts';
import { prepare, query } from './statement.ts';

/** A pool as the store knows it. */
export interface PoolEntry {
  readonly id: number;
  readonly shape: PoolShape;
  /** No index from here on was ever given. */
  highWater: number;
  held: number;
  resting: number;
}

/** What one job has proposed already and not written yet. */
export type Proposals = Map<PoolEntry, Set<number>>;

/**
 * Which indexes of a pool are free: those of its free ranges below the high-water mark, and all from it on. Every index
 * below the mark that may be given is held, or rests, or is withheld by a quarantine, or is in a free range. The lowest
 * is found without looking at any lease. The few numbers of each pool live in memory and are written once for each
 * commit.
 */
export class PoolTable implements CommitParticipant {
  readonly #load;
  readonly #insert;
  readonly #count;
  readonly #layOut;
  readonly #delete;
  readonly #deleteSamples;
  readonly #heldIn;
  readonly #shift;
  readonly #unfold;
  readonly #free: FreeRanges;
  readonly #resting: RestingTable;
  readonly #byName = new Map<string, PoolEntry>();
  readonly #byId = new Map<number, PoolEntry>();
  readonly #changed = new Set<PoolEntry>();

  constructor(db: Database) {
    this.#load = prepare(db, (_: object) => query.selectFrom('pools').selectAll().orderBy('pool_id'));
    this.#insert = prepare(db, (p: { name: string; layout: string }) =>
      query
        .insertInto('pools')
        .values({ name: p.name, layout: p.layout, high_water: 0, held: 0, resting: 0 })
        .returning('pool_id'),
    );
    this.#count = prepare(db, (p: { id: number; highWater: number; held: number; resting: number }) =>
      query
        .updateTable('pools')
        .set({ high_water: p.highWater, held: p.held, resting: p.resting })
        .where('pool_id', '=', p.id),
    );
    this.#layOut = prepare(db, (p: { id: number; layout: string }) =>
      query.updateTable('pools').set({ layout: p.layout }).where('pool_id', '=', p.id),
    );
    this.#delete = prepare(db, (p: { id: number }) => query.deleteFrom('pools').where('pool_id', '=', p.id));
    this.#deleteSamples = prepare(db, (p: { id: number }) =>
      query.deleteFrom('pool_samples').where('pool_id', '=', p.id),
    );
    this.#heldIn = prepare(db, (p: { id: number; first: number; last: number }) =>
      query
        .selectFrom('leases')
        .select('idx')
        .where('pool_id', '=', p.id)
        .where('idx', '>=', p.first)
        .where('idx', '<=', p.last)
        .orderBy('idx'),
    );
    const shift = (table: (typeof RENUMBERED)[number]) =>
      prepare(db, (p: { id: number; shift: number }) =>
        query
          .updateTable(table)
          .set({ idx: sql<number>`-(idx + ${p.shift}) - 1` })
          .where('pool_id', '=', p.id),
      );
    const unfold = (table: (typeof RENUMBERED)[number]) =>
      prepare(db, (p: { id: number }) =>
        query
          .updateTable(table)
          .set({ idx: sql<number>`-idx - 1` })
          .where('pool_id', '=', p.id)
          .where('idx', '<', sql.lit(0)),
      );
    this.#shift = { leases: shift('leases'), resting: shift('resting') };
    this.#unfold = { leases: unfold('leases'), resting: unfold('resting') };
    this.#free = new FreeRanges(db);
    this.#resting = new RestingTable(db);
    this.afterRollback();
  }

  byName(name: string): PoolEntry | undefined {
    return this.#byName.get(name);
  }

  byId(id: number): PoolEntry {
    const entry = this.#byId.get(id);
    if (entry === undefined) throw new Error(`no pool numbered ${id}`);
    return entry;
  }

  all(): readonly PoolEntry[] {
    return [...this.#byName.values()];
  }

  /** The lowest free index beside those proposed already in this job; it is a proposal: the lease decides. */
  propose(entry: PoolEntry, taken: Proposals): number | undefined {
    const before = taken.get(entry);
    for (let from = 0; ; ) {
      const index = this.#lowest(entry, from);
      if (index === undefined || before?.has(index) !== true) return index;
      from = index + 1;
    }
  }

  /** Where what rests was held last by this holder, the latest first. */
  restingOf(holder: LastHolder): readonly { readonly pool: PoolEntry; readonly index: number }[] {
    return this.#resting.ofHolder(holder).map(({ poolId, index }) => ({ pool: this.byId(poolId), index }));
  }

  /** The index that has rested the longest, whoever held it, beside those proposed already in this job. */
  proposeResting(entry: PoolEntry, taken: Proposals): number | undefined {
    if (entry.resting === 0) return undefined;
    const before = taken.get(entry);
    for (let skip = 0; ; skip++) {
      const index = this.#resting.longest(entry.id, skip);
      if (index === undefined || before?.has(index) !== true) return index;
    }
  }

  /** An index neither is free nor rests any more: given to a lease, or found in use. */
  take(entry: PoolEntry, index: number): void {
    if (entry.resting > 0 && this.#resting.end(entry.id, index)) this.#countResting(entry, -1);
    if (index < entry.highWater) this.#free.take(entry.id, index);
    else if (mayGive(entry.shape, index)) this.#raise(entry, index);
  }

  /** An index is free again, if everybody may have it; for its last holder alone at first, where the pool has a rest. */
  giveBack(entry: PoolEntry, index: number, last?: LastHolder & { readonly at: Timestamp }): void {
    if (index >= entry.highWater || !mayGive(entry.shape, index)) return;
    const { rest } = entry.shape;
    if (last === undefined || rest === 0) this.#free.free(entry.id, index);
    else {
      const until = milliseconds(last.at + toMilliseconds(rest));
      const holder = { hostId: last.hostId, groupId: last.groupId };
      if (this.#resting.add(entry.id, index, holder, until)) this.#countResting(entry, 1);
    }
  }

  /** Lets everybody have what has rested long enough, at most `limit` indexes of each pool. */
  endRests(at: Timestamp, limit: number): void {
    for (const entry of this.#byId.values()) {
      for (const index of entry.resting === 0 ? [] : this.#resting.ended(entry.id, at, limit)) {
        this.#resting.end(entry.id, index);
        this.#countResting(entry, -1);
        this.#free.free(entry.id, index);
      }
    }
  }

  countHeld(entry: PoolEntry, change: 1 | -1): void {
    entry.held += change;
    this.#changed.add(entry);
  }

  define(shape: PoolShape): void {
    const before = this.#byName.get(shape.name);
    if (before === undefined) {
      const id = this.#insert.get({ name: shape.name, layout: writeShape(shape) })?.pool_id;
      if (id === undefined) throw new Error('a pool without a number');
      this.#put({ id, shape, highWater: 0, held: 0, resting: 0 });
      return;
    }
    if (writeShape(before.shape) === writeShape(shape)) return;
    const entry: PoolEntry = { ...before, shape };
    this.#layOut.run({ id: entry.id, layout: writeShape(shape) });
    this.#put(entry);
    this.#changed.delete(before);
    this.#changed.add(entry);
    const shift = numberShift(before.shape, shape);
    if (shift === undefined) {
      // Only where nothing is held: what index means another address now.
      this.#withdraw(entry, EVERYTHING);
      entry.highWater = 0;
      return;
    }
    if (shift !== 0) this.#renumber(entry, shift);
    const [was, is] = [shiftRanges(givable(before.shape), shift), givable(shape)];
    for (const range of subtractRanges(was, is)) this.#withdraw(entry, range);
    for (const range of subtractRanges(is, was)) this.#open(entry, range);
  }

  remove(entry: PoolEntry): void {
    this.#withdraw(entry, EVERYTHING);
    this.#deleteSamples.run({ id: entry.id });
    this.#delete.run({ id: entry.id });
    this.#byName.delete(entry.shape.name);
    this.#byId.delete(entry.id);
    this.#changed.delete(entry);
  }

  beforeCommit(): void {
    for (const { id, highWater, held, resting } of this.#changed) this.#count.run({ id, highWater, held, resting });
    this.#changed.clear();
  }

  afterRollback(): void {
    this.#changed.clear();
    this.#byName.clear();
    this.#byId.clear();
    for (const row of this.#load.all({})) {
      const shape = readShape(row.name, row.layout);
      this.#put({ id: row.pool_id, shape, highWater: row.high_water, held: row.held, resting: row.resting });
    }
  }

  #lowest({ id, shape, highWater }: PoolEntry, from: number): number | undefined {
    const below = from < highWater ? this.#free.lowest(id, from) : undefined;
    return below ?? nextIndex(shape, Math.max(from, highWater));
  }

  /** The mark passes an index that is given; what it passes by is free. */
  #raise(entry: PoolEntry, index: number): void {
    const passed = [{ first: entry.highWater, last: index - 1 }];
    if (index > entry.highWater)
      for (const range of subtractRanges(passed, entry.shape.holes)) this.#free.add(entry.id, range);
    entry.highWater = index + 1;
    this.#changed.add(entry);
  }

  /** The prefixes begin elsewhere: each address has another number from now on. No lease is below the new beginning. */
  #renumber(entry: PoolEntry, shift: number): void {
    if (shift < 0) this.#withdraw(entry, { first: 0, last: -shift - 1 });
    // By way of numbers that nothing has: each step is of many rows, and no two rows may meet.
    const { id } = entry;
    for (const table of RENUMBERED) this.#shift[table].run({ id, shift });
    for (const table of RENUMBERED) this.#unfold[table].run({ id });
    this.#free.shift(id, shift);
    entry.highWater = Math.max(0, entry.highWater + shift);
  }

  /** Nobody may have these any more. */
  #withdraw(entry: PoolEntry, range: IndexRange): void {
    this.#free.remove(entry.id, range);
    if (entry.resting > 0) this.#countResting(entry, -this.#resting.forget(entry.id, range));
  }

  /** Everybody may have these from now on, but those that are held: by whom they were reserved for, or before. */
  #open(entry: PoolEntry, range: IndexRange): void {
    const held = this.#heldIn.all({ id: entry.id, ...range }).map(({ idx }) => ({ first: idx, last: idx }));
    const below = intersectRanges([range], [{ first: 0, last: entry.highWater - 1 }]);
    for (const free of subtractRanges(below, held)) this.#free.add(entry.id, free);
    for (const { first } of held) if (first >= entry.highWater) this.#raise(entry, first);
  }

  #countResting(entry: PoolEntry, change: number): void {
    entry.resting += change;
    this.#changed.add(entry);
  }

  #put(entry: PoolEntry): void {
    this.#byName.set(entry.shape.name, entry);
    this.#byId.set(entry.id, entry);
  }
}

/** Tables with an index of a pool in each row. */
const RENUMBERED = ['leases', 'resting'] as const;

const EVERYTHING: IndexRange = { first: 0, last: Number.MAX_SAFE_INTEGER };

const givable = (shape: PoolShape): IndexRange[] => subtractRanges([{ first: 0, last: shape.size - 1 }], shape.holes);
