import type { Database } from 'better-sqlite3';
import { sql } from 'kysely';
import { sameDelegation } from '../pools/delegation.ts';
import { mergeRanges, subtractRanges } from '../pools/index-ranges.ts';
import type { IndexRange, PoolShape } from '../pools/pool.ts';
import { mayHold, reservationOf } from '../pools/reserved-indexes.ts';
import type { LeaseQueries } from './lease-queries.ts';
import { type LeaseRow, readLease } from './lease-row.ts';
import { numberShift, shiftRanges } from './pool-layout.ts';
import type { PoolEntry, PoolTable } from './pool-table.ts';
import type { QuarantineTable } from './quarantine-table.ts';
import type { Lease, PoolFill } from './records.ts';
import { prepare, query } from './statement.ts';

/** As many as there are. */
const EVERY = 1_000_000_000;

/** What the leases say of a pool: how full it is, and what stands in the way of laying it out anew. */
export class PoolLeases {
  readonly #queries: LeaseQueries;
  readonly #pools: PoolTable;
  readonly #quarantine: QuarantineTable;
  readonly #reservedHeld;

  constructor(db: Database, queries: LeaseQueries, pools: PoolTable, quarantine: QuarantineTable) {
    this.#queries = queries;
    this.#pools = pools;
    this.#quarantine = quarantine;
    // One look-up for each reserved index, however many leases there are.
    this.#reservedHeld = prepare(db, (p: { poolId: number; indexes: string }) =>
      query
        .selectFrom(sql<{ value: number }>`json_each(${p.indexes})`.as('reserved'))
        .select((e) => e.fn.countAll<number>().as('held'))
        .where((e) =>
          e.exists(
            e
              .selectFrom('leases')
              .select(sql.lit(1).as('one'))
              .where('pool_id', '=', p.poolId)
              .whereRef('idx', '=', 'reserved.value'),
          ),
        ),
    );
  }

  fill(): PoolFill[] {
    const quarantined = this.#quarantine.countByPool();
    return this.#pools.all().map((pool) => ({
      name: pool.shape.name,
      held: pool.held,
      capacity: pool.shape.capacity,
      quarantined: quarantined.get(pool.shape.name) ?? 0,
      resting: pool.resting,
      reserved: this.#reservedFree(pool),
    }));
  }

  /** Leases whose addresses, or prefixes, the new shape does not have at the same index, or has for nobody. */
  outside(shape: PoolShape, limit: number): Lease[] {
    const pool = this.#pools.byName(shape.name);
    if (pool === undefined) return [];
    const poolId = pool.id;
    const shift = numberShift(pool.shape, shape);
    const rows =
      shift === undefined
        ? this.#queries.pageOfPool.all({ poolId, after: -1, limit })
        : [
            ...this.#queries.within.all({ poolId, first: 0, last: -shift - 1, limit }),
            ...this.#queries.beyond.all({ poolId, size: shape.size - shift, limit }),
            ...this.#forbidden(pool, shape, shift, limit),
            ...this.#lacking(pool, shape, shift, limit),
          ];
    return this.#read(pool, rows, limit);
  }

  /** Leases at indexes that the new shape reserves for others. */
  reservedElsewhere(shape: PoolShape, limit: number): Lease[] {
    const pool = this.#pools.byName(shape.name);
    if (pool === undefined) return [];
    const shift = numberShift(pool.shape, shape);
    const rows: LeaseRow[] = [];
    for (const reservation of shift === undefined ? [] : shape.reservations) {
      if (rows.length >= limit) break;
      const index = reservation.index - (shift ?? 0);
      const before = reservationOf(pool.shape, index);
      // What was reserved so before was looked at then.
      if (before !== undefined && JSON.stringify(before) === JSON.stringify({ ...reservation, index })) continue;
      const row = this.#queries.byIndex.get({ poolId: pool.id, index });
      if (row === undefined) continue;
      const holder = { subscriber: row.subscriber, hostId: row.host_id, groupId: row.group_id };
      if (!mayHold(reservation, holder)) rows.push(row);
    }
    return this.#read(pool, rows, limit);
  }

  /** One lease of a pool, if it holds any. */
  someOf(pool: PoolEntry): Lease | undefined {
    return this.#read(pool, this.#queries.pageOfPool.all({ poolId: pool.id, after: -1, limit: 1 }), 1)[0];
  }

  /** All that a pool holds. */
  allOf(pool: PoolEntry): Lease[] {
    return this.#read(pool, this.#queries.pageOfPool.all({ poolId: pool.id, after: -1, limit: EVERY }), EVERY);
  }

  /** Those at what are gateways, networks or broadcasts from now on. */
  #forbidden({ id: poolId, shape: before }: PoolEntry, shape: PoolShape, shift: number, limit: number): LeaseRow[] {
    return subtractRanges(shiftRanges(forbiddenOf(shape), -shift), forbiddenOf(before)).flatMap((range) =>
      this.#queries.within.all({ poolId, ...range, limit }),
    );
  }

  /** Those that have what the new shape takes away; that is rare, and only then is the pool read. */
  #lacking({ id: poolId, shape: before }: PoolEntry, shape: PoolShape, shift: number, limit: number): LeaseRow[] {
    const noIpv4 = before.ipv4 !== undefined && shape.ipv4 === undefined;
    const noIpv6 = before.ipv6 !== undefined && shape.ipv6 === undefined;
    const samePrefixes = shift === 0 && sameDelegation(before.delegated, shape.delegated);
    const otherPrefixes = before.delegated !== undefined && !samePrefixes;
    if (!noIpv4 && !noIpv6 && !otherPrefixes) return [];
    return this.#queries.having.all({
      poolId,
      ipv4: Number(noIpv4),
      ipv6: Number(noIpv6),
      delegated: Number(otherPrefixes),
      limit,
    });
  }

  #reservedFree({ id, shape }: PoolEntry): number {
    if (shape.reservations.length === 0) return 0;
    const indexes = JSON.stringify(shape.reservations.map(({ index }) => index));
    return shape.reservations.length - (this.#reservedHeld.get({ poolId: id, indexes })?.held ?? 0);
  }

  #read(pool: PoolEntry, rows: readonly LeaseRow[], limit: number): Lease[] {
    const lowest = rows.toSorted((one, other) => one.idx - other.idx).slice(0, limit);
    return lowest.map((row) => readLease(row, pool.shape.name));
  }
}

/** What no lane can have, whatever name it is asked by. */
function forbiddenOf({ holes, excluded, reservations }: PoolShape): IndexRange[] {
  const reserved = reservations.map(({ index }) => ({ first: index, last: index }));
  return subtractRanges(holes, mergeRanges([...excluded, ...reserved]));
}
