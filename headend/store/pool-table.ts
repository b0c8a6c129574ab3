import type { Database } from 'better-sqlite3';
import { sql } from 'kysely';
import { countRanges, subtractRanges } from '../pools/index-ranges.ts';
import { sameAddress } from '../pools/ip-address.ts';
import type { IndexRange, PoolPrefix, PoolShape } from '../pools/pool.ts';
import { mayGive, nextIndex } from '../pools/pool-shape.ts';
import type { CommitParticipant } from './group-commit.ts';
import { prepare, query } from './statement.ts';

/** A pool as the store knows it. */
export interface PoolEntry {
  readonly id: number;
  readonly shape: PoolShape;
  /** No index from here on was ever given. */
  highWater: number;
  held: number;
}

/**
 * Which indexes of a pool are free: those released below the high-water mark, and all from it on. The lowest is found
 * without looking at any lease. The few numbers of each pool live in memory and are written once for each commit.
 */
export class PoolTable implements CommitParticipant {
  readonly #load;
  readonly #insert;
  readonly #count;
  readonly #layOut;
  readonly #delete;
  readonly #lowestReleased;
  readonly #release;
  readonly #take;
  readonly #forget;
  readonly #free;
  readonly #byName = new Map<string, PoolEntry>();
  readonly #byId = new Map<number, PoolEntry>();
  readonly #changed = new Set<PoolEntry>();

  constructor(db: Database) {
    this.#load = prepare(db, (_: object) => query.selectFrom('pools').selectAll().orderBy('pool_id'));
    this.#insert = prepare(db, (p: { name: string; layout: string }) =>
      query.insertInto('pools').values({ name: p.name, layout: p.layout, high_water: 0, held: 0 }).returning('pool_id'),
    );
    this.#count = prepare(db, (p: { id: number; highWater: number; held: number }) =>
      query.updateTable('pools').set({ high_water: p.highWater, held: p.held }).where('pool_id', '=', p.id),
    );
    this.#layOut = prepare(db, (p: { id: number; layout: string }) =>
      query.updateTable('pools').set({ layout: p.layout }).where('pool_id', '=', p.id),
    );
    this.#delete = prepare(db, (p: { id: number }) => query.deleteFrom('pools').where('pool_id', '=', p.id));
    this.#lowestReleased = prepare(db, (p: { id: number; skip: number }) =>
      query
        .selectFrom('released')
        .select('idx')
        .where('pool_id', '=', p.id)
        .orderBy('idx')
        .limit(sql.lit(1))
        .offset(p.skip),
    );
    this.#release = prepare(db, (p: { id: number; index: number }) =>
      query
        .insertInto('released')
        .values({ pool_id: p.id, idx: p.index })
        .onConflict((conflict) => conflict.doNothing()),
    );
    this.#take = prepare(db, (p: { id: number; index: number }) =>
      query.deleteFrom('released').where('pool_id', '=', p.id).where('idx', '=', p.index),
    );
    this.#forget = prepare(db, (p: { id: number; first: number; last: number }) =>
      query.deleteFrom('released').where('pool_id', '=', p.id).where('idx', '>=', p.first).where('idx', '<=', p.last),
    );
    this.#free = db.prepare<[number, number, number]>(`
      insert into released (pool_id, idx)
      with recursive range (pool_id, idx, last) as (
        select ?, ?, ?
        union all
        select pool_id, idx + 1, last from range where idx < last
      )
      select pool_id, idx from range
      where not exists (select 1 from leases where leases.pool_id = range.pool_id and leases.idx = range.idx)
      on conflict do nothing`);
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

  /** The lowest free index after those `taken` proposes already in this job; it is a proposal: the lease decides. */
  propose(entry: PoolEntry, taken: Proposals): number | undefined {
    const before = taken.get(entry) ?? { released: 0, fresh: entry.highWater };
    const released = this.#lowestReleased.get({ id: entry.id, skip: before.released });
    if (released !== undefined) {
      taken.set(entry, { ...before, released: before.released + 1 });
      return released.idx;
    }
    const fresh = nextIndex(entry.shape, before.fresh);
    if (fresh !== undefined) taken.set(entry, { ...before, fresh: fresh + 1 });
    return fresh;
  }

  /** An index is not free any more: given to a lease, or found in use. */
  take(entry: PoolEntry, index: number): void {
    if (index < entry.highWater) this.#take.run({ id: entry.id, index });
    else entry.highWater = index + 1;
    this.#changed.add(entry);
  }

  /** An index is free again, if the pool still has it. */
  giveBack(entry: PoolEntry, index: number): void {
    if (mayGive(entry.shape, index)) this.#release.run({ id: entry.id, index });
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
      this.#put({ id, shape, highWater: 0, held: 0 });
      return;
    }
    if (writeShape(before.shape) === writeShape(shape)) return;
    const entry: PoolEntry = { ...before, shape };
    this.#layOut.run({ id: entry.id, layout: writeShape(shape) });
    if (!sameNumbering(before.shape, shape)) {
      // Only where nothing is held: what index means another address now.
      this.#forget.run({ id: entry.id, first: 0, last: Number.MAX_SAFE_INTEGER });
      entry.highWater = 0;
    } else {
      const given = [{ first: 0, last: entry.highWater - 1 }];
      const [was, is] = [givable(before.shape), givable(shape)];
      for (const { first, last } of subtractRanges(was, is)) this.#forget.run({ id: entry.id, first, last });
      for (const { first, last } of intersect(subtractRanges(is, was), given)) this.#free.run(entry.id, first, last);
    }
    this.#put(entry);
    this.#changed.delete(before);
    this.#changed.add(entry);
  }

  remove(entry: PoolEntry): void {
    this.#forget.run({ id: entry.id, first: 0, last: Number.MAX_SAFE_INTEGER });
    this.#delete.run({ id: entry.id });
    this.#byName.delete(entry.shape.name);
    this.#byId.delete(entry.id);
    this.#changed.delete(entry);
  }

  beforeCommit(): void {
    for (const { id, highWater, held } of this.#changed) this.#count.run({ id, highWater, held });
    this.#changed.clear();
  }

  afterRollback(): void {
    this.#changed.clear();
    this.#byName.clear();
    this.#byId.clear();
    for (const row of this.#load.all({})) {
      this.#put({ id: row.pool_id, shape: readShape(row.name, row.layout), highWater: row.high_water, held: row.held });
    }
  }

  #put(entry: PoolEntry): void {
    this.#byName.set(entry.shape.name, entry);
    this.#byId.set(entry.id, entry);
  }
}

/** What one job has proposed already and not written yet, by pool. */
export type Proposals = Map<PoolEntry, { readonly released: number; readonly fresh: number }>;

/** Every family that both have begins at the same address, so that an index means the same. */
export function sameNumbering(one: PoolShape, other: PoolShape): boolean {
  return (['ipv4', 'ipv6'] as const).every((family) => {
    const [a, b] = [one[family], other[family]];
    return a === undefined || b === undefined || sameAddress(a.base, b.base);
  });
}

const givable = (shape: PoolShape): IndexRange[] => subtractRanges([{ first: 0, last: shape.size - 1 }], shape.holes);

const intersect = (some: readonly IndexRange[], others: readonly IndexRange[]): IndexRange[] =>
  subtractRanges(some, subtractRanges(some, others));

interface Layout {
  readonly ipv4?: readonly [base: string, length: number];
  readonly ipv6?: readonly [base: string, length: number];
  readonly size: number;
  readonly holes: readonly (readonly [first: number, last: number])[];
}

function writeShape({ ipv4, ipv6, size, holes }: PoolShape): string {
  const prefix = ({ base, length }: PoolPrefix) => [Buffer.from(base).toString('hex'), length] as const;
  const layout: Layout = {
    ...(ipv4 && { ipv4: prefix(ipv4) }),
    ...(ipv6 && { ipv6: prefix(ipv6) }),
    size,
    holes: holes.map(({ first, last }) => [first, last]),
  };
  return JSON.stringify(layout);
}

function readShape(name: string, text: string): PoolShape {
  const { ipv4, ipv6, size, holes } = JSON.parse(text) as Layout;
  const prefix = ([base, length]: readonly [string, number]): PoolPrefix => ({
    base: Uint8Array.from(Buffer.from(base, 'hex')),
    length,
  });
  const ranges = holes.map(([first, last]) => ({ first, last }));
  return {
    name,
    ...(ipv4 && { ipv4: prefix(ipv4) }),
    ...(ipv6 && { ipv6: prefix(ipv6) }),
    size,
    holes: ranges,
    capacity: size - countRanges(ranges),
  };
}
