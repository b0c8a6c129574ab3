import { failed, ok, type Result, seconds } from '@sublane/basics';
import { mayGive } from '../pools/pool-shape.ts';
import type { LeaseQueries } from './lease-queries.ts';
import type { LeaseRow } from './lease-row.ts';
import type { PoolEntry, PoolTable, Proposals } from './pool-table.ts';
import type { GroupReservation, Reservation, ReservationRefusal } from './store.ts';

export type HeldRow = Pick<LeaseRow, 'lease_id' | 'group_id' | 'valid_until'>;

/** What will be written for one group. `row`: the lease that it has, which may have ended. */
export type Placement =
  | { readonly kind: 'stay'; readonly group: GroupReservation; readonly row: LeaseRow; readonly pool: PoolEntry }
  | {
      readonly kind: 'place';
      readonly group: GroupReservation;
      readonly row: LeaseRow | undefined;
      readonly pool: PoolEntry;
      readonly index: number;
    };

/** When an empty pool is worth another try: leases end all the time, nobody knows when. */
const POOL_RETRY = seconds(60);

/** Finds each group of a request its place; it looks only, and writes nothing. Inside a group-commit job. */
export class Placing {
  readonly #queries: LeaseQueries;
  readonly #pools: PoolTable;

  constructor(queries: LeaseQueries, pools: PoolTable) {
    this.#queries = queries;
    this.#pools = pools;
  }

  /** A placement or a refusal for each group, in the order asked. `held`: all leases of the host. */
  place(
    reservation: Reservation,
    held: readonly HeldRow[],
  ): { readonly placements: readonly Placement[]; readonly refusals: readonly ReservationRefusal[] } {
    const placements: Placement[] = [];
    const refusals: ReservationRefusal[] = [];
    const taken: Proposals = new Map();
    for (const group of reservation.groups) {
      const placed = this.#place(group, reservation, this.#rowOf(group, held), taken);
      if (placed.ok) placements.push(placed.value);
      else refusals.push(placed.failure);
    }
    return { placements, refusals };
  }

  /** Where else a group can go, once what was proposed turned out to be taken. */
  another({ open }: GroupReservation): { readonly pool: PoolEntry; readonly index: number } | undefined {
    for (const name of open) {
      const pool = this.#pools.byName(name);
      const index = pool && this.#pools.propose(pool, new Map());
      if (pool !== undefined && index !== undefined) return { pool, index };
    }
    return undefined;
  }

  #rowOf({ groupId }: GroupReservation, held: readonly HeldRow[]): LeaseRow | undefined {
    const found = held.find((row) => row.group_id === groupId);
    return found && this.#queries.byId.get({ leaseId: found.lease_id });
  }

  #place(
    group: GroupReservation,
    { at }: Reservation,
    row: LeaseRow | undefined,
    taken: Proposals,
  ): Result<Placement, ReservationRefusal> {
    if (row !== undefined && row.class === group.class) {
      const pool = this.#pools.byId(row.pool_id);
      if (group.keep.includes(pool.shape.name)) {
        if (row.valid_until > at) return ok({ kind: 'stay', group, row, pool });
        // It has ended and nobody took it back yet: a new lease, where it was.
        if (group.open.includes(pool.shape.name) && mayGive(pool.shape, row.idx))
          return ok({ kind: 'place', group, row, pool, index: row.idx });
      }
    }
    for (const name of group.open) {
      const pool = this.#pools.byName(name);
      const index = pool && this.#pools.propose(pool, taken);
      if (pool !== undefined && index !== undefined) return ok({ kind: 'place', group, row, pool, index });
    }
    return failed(noAddress(group));
  }
}

export function noAddress({ groupId, open, keep }: GroupReservation): ReservationRefusal {
  const [first] = open;
  return first === undefined
    ? { kind: 'pool-draining', groupId, pool: keep[0] ?? '' }
    : { kind: 'pool-empty', groupId, pool: first, retryAfter: POOL_RETRY };
}
