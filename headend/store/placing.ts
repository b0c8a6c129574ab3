import { failed, ok, type Result, seconds } from '@sublane/basics';
import { addressesAt, mayGiveTo } from '../pools/pool-shape.ts';
import { reservedFor } from '../pools/reserved-indexes.ts';
import type { AddressFault, RefusalOf } from '../refusal/refusal.ts';
import type { LeaseQueries } from './lease-queries.ts';
import type { LeaseRow } from './lease-row.ts';
import type { PoolEntry, PoolTable, Proposals } from './pool-table.ts';
import type { QuarantineTable } from './quarantine-table.ts';
import type { GroupReservation, Reservation, ReservationRefusal } from './store.ts';
import { barOf, findWanted, type WantedPlace } from './wanted-place.ts';

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
      /** An address of it that the authority chose: no other place will do. */
      readonly wanted?: string;
    };

interface Place {
  readonly pool: PoolEntry;
  readonly index: number;
}

/** A group with the lease it has; `stays`: where it is, unless it is to have another address. */
interface Candidate {
  readonly group: GroupReservation;
  readonly row: LeaseRow | undefined;
  readonly stays: PoolEntry | undefined;
}

/** When an empty pool is worth another try: leases end all the time, nobody knows when. */
const POOL_RETRY = seconds(60);

/** Finds each group of a request its place; it looks only, and writes nothing. Inside a group-commit job. */
export class Placing {
  readonly #queries: LeaseQueries;
  readonly #pools: PoolTable;
  readonly #quarantine: QuarantineTable;

  constructor(queries: LeaseQueries, pools: PoolTable, quarantine: QuarantineTable) {
    this.#queries = queries;
    this.#pools = pools;
    this.#quarantine = quarantine;
  }

  /** A placement or a refusal for each group, in the order asked. `held`: all leases of the host. */
  place(
    reservation: Reservation,
    held: readonly HeldRow[],
  ): { readonly placements: readonly Placement[]; readonly refusals: readonly ReservationRefusal[] } {
    const candidates = reservation.groups.map((group) => this.#candidate(group, reservation, held));
    const named = this.#named(candidates, reservation);
    if (!named.ok) return { placements: [], refusals: [named.failure] };
    const placements: Placement[] = [];
    const refusals: ReservationRefusal[] = [];
    const taken: Proposals = new Map();
    if (named.value !== undefined) propose(taken, named.value.place);
    for (const candidate of candidates) {
      const { group, row, stays } = candidate;
      if (candidate === named.value?.candidate) {
        const { pool, index, address } = named.value.place;
        placements.push({ kind: 'place', group, row, pool, index, wanted: address });
      } else if (row !== undefined && stays !== undefined) placements.push({ kind: 'stay', group, row, pool: stays });
      else {
        const place = this.#find(group, row, reservation, taken);
        if (place === undefined) refusals.push(noAddress(group, row && this.#pools.byId(row.pool_id)));
        else placements.push({ kind: 'place', group, row, ...propose(taken, place) });
      }
    }
    return { placements, refusals };
  }

  /** Where else a group can go, once what was proposed turned out to be taken. */
  another(group: GroupReservation, from: PoolEntry | undefined): Place | undefined {
    const pools = this.#poolsFor(group, from);
    return this.#lowest(pools, new Map()) ?? this.#longestResting(pools, new Map());
  }

  #candidate(group: GroupReservation, { at }: Reservation, held: readonly HeldRow[]): Candidate {
    const found = held.find((row) => row.group_id === group.groupId);
    const row = found && this.#queries.byId.get({ leaseId: found.lease_id });
    const pool = row && this.#pools.byId(row.pool_id);
    const stays =
      row !== undefined && row.class === group.class && row.valid_until > at && group.keep.includes(pool!.shape.name);
    return { group, row, stays: stays ? pool : undefined };
  }

  /** Which group gets what the authority chose: none, where one has it or none can. */
  #named(
    candidates: readonly Candidate[],
    { hostId, subscriber, at, wanted }: Reservation,
  ): Result<
    { readonly candidate: Candidate; readonly place: WantedPlace<PoolEntry> } | undefined,
    RefusalOf<'address-unavailable'>
  > {
    if (wanted === undefined || Object.values(wanted).every((text) => text === undefined)) return ok(undefined);
    const byId = candidates.toSorted((one, other) => one.group.groupId - other.group.groupId);
    const fresh = byId.filter(({ stays }) => stays === undefined);
    const movable = [...fresh, ...byId.filter(({ row, stays }) => stays !== undefined && row?.recalled === 1)];
    const [first] = movable;
    if (first === undefined) return ok(undefined);
    const refuse = (address: string, why: AddressFault) =>
      failed({ kind: 'address-unavailable' as const, groupId: first.group.groupId, address, why });

    const found = findWanted(wanted, this.#pools.all());
    if (!found.ok) return refuse(found.failure.address, found.failure.why);
    const place = found.value;
    const { pool, index, address } = place;
    const present = this.#queries.byIndex.get({ poolId: pool.id, index });
    if (present !== undefined && present.host_id !== hostId) return refuse(address, 'held');
    // A lane of this host has it; or had it, and asks for it again.
    const could =
      present === undefined
        ? movable
        : fresh.filter(({ row }) => row?.lease_id === present.lease_id && present.valid_until <= at);
    const candidate = could.find(({ group, row }) =>
      this.#poolsFor(group, row && this.#pools.byId(row.pool_id)).includes(pool),
    );
    if (candidate === undefined)
      return present === undefined && fresh.some(({ group }) => group.keep.includes(pool.shape.name))
        ? refuse(address, 'pool-closed')
        : ok(undefined);
    const bar = barOf(pool.shape, index, { subscriber, hostId, groupId: candidate.group.groupId });
    if (bar !== undefined) return refuse(address, bar);
    const { ipv4 = null, ipv6 = null } = addressesAt(pool.shape, index);
    if (this.#quarantine.holds(ipv4, ipv6)) return refuse(address, 'quarantined');
    return ok({ candidate, place });
  }

  /** Its own before others', the reserved before the free, the free before what rests for others. */
  #find(
    group: GroupReservation,
    row: LeaseRow | undefined,
    { hostId, subscriber, at }: Reservation,
    taken: Proposals,
  ): Place | undefined {
    const before = row && this.#pools.byId(row.pool_id);
    const pools = this.#poolsFor(group, before);
    const holder = { hostId, subscriber, groupId: group.groupId };
    // It has ended and nobody took it back yet: a new lease, where it was.
    if (row !== undefined && row.class === group.class && row.valid_until <= at && before !== undefined)
      if (pools.includes(before) && mayGiveTo(before.shape, row.idx, holder) && !isTaken(taken, before, row.idx))
        return { pool: before, index: row.idx };
    for (const pool of pools)
      for (const { index } of reservedFor(pool.shape, holder))
        if (!isTaken(taken, pool, index) && this.#isOpen(pool, index)) return { pool, index };
    if (pools.some(({ resting }) => resting > 0)) {
      const own = this.#pools.restingOf(holder).filter(({ pool, index }) => !isTaken(taken, pool, index));
      for (const pool of pools) {
        const last = own.find((one) => one.pool === pool);
        if (last !== undefined) return last;
      }
    }
    return this.#lowest(pools, taken) ?? this.#longestResting(pools, taken);
  }

  /** Where a group's new address may come from: of a pool that moves, only the one that it moves to. */
  #poolsFor({ open, successors }: GroupReservation, before: PoolEntry | undefined): readonly PoolEntry[] {
    const successor = before && successors?.get(before.shape.name);
    const names = successor === undefined ? open : open.filter((name) => name === successor);
    return names.map((name) => this.#pools.byName(name)).filter((pool) => pool !== undefined);
  }

  #lowest(pools: readonly PoolEntry[], taken: Proposals): Place | undefined {
    for (const pool of pools) {
      const index = this.#pools.propose(pool, taken);
      if (index !== undefined) return { pool, index };
    }
    return undefined;
  }

  #longestResting(pools: readonly PoolEntry[], taken: Proposals): Place | undefined {
    for (const pool of pools) {
      const index = this.#pools.proposeResting(pool, taken);
      if (index !== undefined) return { pool, index };
    }
    return undefined;
  }

  /** A reserved index is in no list of free ones. */
  #isOpen(pool: PoolEntry, index: number): boolean {
    const { ipv4 = null, ipv6 = null } = addressesAt(pool.shape, index);
    return this.#queries.byIndex.get({ poolId: pool.id, index }) === undefined && !this.#quarantine.holds(ipv4, ipv6);
  }
}

function isTaken(taken: Proposals, pool: PoolEntry, index: number): boolean {
  return taken.get(pool)?.has(index) === true;
}

function propose<P extends Place>(taken: Proposals, place: P): P {
  const of = taken.get(place.pool) ?? new Set();
  taken.set(place.pool, of.add(place.index));
  return place;
}

/** `from`: the pool that the group's lease is in. */
export function noAddress(
  { groupId, open, keep, successors }: GroupReservation,
  from: PoolEntry | undefined,
): ReservationRefusal {
  const successor = from && successors?.get(from.shape.name);
  const pool = successor ?? open[0];
  return pool === undefined || !open.includes(pool)
    ? { kind: 'pool-draining', groupId, pool: pool ?? keep[0] ?? from?.shape.name ?? '' }
    : { kind: 'pool-empty', groupId, pool, retryAfter: POOL_RETRY };
}
