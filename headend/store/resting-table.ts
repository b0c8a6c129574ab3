import type { Database } from 'better-sqlite3';
import { sql } from 'kysely';
import type { IndexRange } from '../pools/pool.ts';
import type { Timestamp } from './records.ts';
import { prepare, query } from './statement.ts';

/** Who held an index last. */
export interface LastHolder {
  readonly hostId: string;
  readonly groupId: number;
}

/** Indexes that were given back a moment ago, and for whom they are kept until when. */
export class RestingTable {
  readonly #insert;
  readonly #delete;
  readonly #forget;
  readonly #ofHolder;
  readonly #longest;
  readonly #ended;

  constructor(db: Database) {
    this.#insert = prepare(db, (p: { poolId: number; index: number; hostId: string; groupId: number; until: number }) =>
      query
        .insertInto('resting')
        .values({ pool_id: p.poolId, idx: p.index, host_id: p.hostId, group_id: p.groupId, until: p.until })
        .onConflict((conflict) => conflict.doNothing()),
    );
    this.#delete = prepare(db, (p: { poolId: number; index: number }) =>
      query.deleteFrom('resting').where('pool_id', '=', p.poolId).where('idx', '=', p.index),
    );
    this.#forget = prepare(db, (p: { poolId: number; first: number; last: number }) =>
      query
        .deleteFrom('resting')
        .where('pool_id', '=', p.poolId)
        .where('idx', '>=', p.first)
        .where('idx', '<=', p.last),
    );
    this.#ofHolder = prepare(db, (p: LastHolder) =>
      query
        .selectFrom('resting')
        .select(['pool_id', 'idx'])
        .where('host_id', '=', p.hostId)
        .where('group_id', '=', p.groupId)
        .orderBy('until', 'desc'),
    );
    const byEnd = (poolId: number) =>
      query.selectFrom('resting').select('idx').where('pool_id', '=', poolId).orderBy('until');
    this.#longest = prepare(db, (p: { poolId: number; skip: number }) =>
      byEnd(p.poolId).limit(sql.lit(1)).offset(p.skip),
    );
    this.#ended = prepare(db, (p: { poolId: number; at: number; limit: number }) =>
      byEnd(p.poolId).where('until', '<=', p.at).limit(p.limit),
    );
  }

  /** Whether it began to rest. */
  add(poolId: number, index: number, holder: LastHolder, until: Timestamp): boolean {
    return this.#insert.run({ poolId, index, ...holder, until }) === 1;
  }

  /** Whether it rested. */
  end(poolId: number, index: number): boolean {
    return this.#delete.run({ poolId, index }) === 1;
  }

  /** How many of the range rested. */
  forget(poolId: number, { first, last }: IndexRange): number {
    return this.#forget.run({ poolId, first, last });
  }

  /** What is kept for a holder, what it had last first. */
  ofHolder(holder: LastHolder): readonly { readonly poolId: number; readonly index: number }[] {
    return this.#ofHolder.all(holder).map(({ pool_id: poolId, idx: index }) => ({ poolId, index }));
  }

  /** The one whose rest is the nearest to its end, after `skip` others. */
  longest(poolId: number, skip: number): number | undefined {
    return this.#longest.get({ poolId, skip })?.idx;
  }

  ended(poolId: number, at: Timestamp, limit: number): readonly number[] {
    return this.#ended.all({ poolId, at, limit }).map(({ idx }) => idx);
  }
}
