import { failed, ok, type Result } from '@sublane/basics';
import type { PoolShape } from '../pools/pool.ts';
import { addressesAt } from '../pools/pool-shape.ts';
import { type Admission, countedOf } from './admission.ts';
import type { AuditTable } from './audit-table.ts';
import { Undo } from './group-commit.ts';
import { leaseDetail, moveDetail } from './lease-detail.ts';
import type { LeaseQueries } from './lease-queries.ts';
import {
  type LeaseRow,
  newRow,
  readLease,
  sameTerms,
  sinceInRow,
  termColumns,
  termsInRow,
  writePrefix,
} from './lease-row.ts';
import { type HeldRow, noAddress, type Placement, Placing } from './placing.ts';
import type { PoolEntry, PoolTable } from './pool-table.ts';
import type { QuarantineTable } from './quarantine-table.ts';
import type { Lease } from './records.ts';
import type { GroupReservation, Reservation, ReservationRefusal, StandingRefusal } from './store.ts';

/** What a request reads and writes. */
export interface ReserveParts {
  readonly queries: LeaseQueries;
  readonly pools: PoolTable;
  readonly quarantine: QuarantineTable;
  readonly admission: Admission;
  readonly audit: AuditTable;
}

/** The one transaction of a request: looks at all groups first, then writes all of them. Inside a group-commit job. */
export class Reserve {
  readonly #queries: LeaseQueries;
  readonly #pools: PoolTable;
  readonly #quarantine: QuarantineTable;
  readonly #admission: Admission;
  readonly #audit: AuditTable;
  readonly #placing: Placing;

  constructor({ queries, pools, quarantine, admission, audit }: ReserveParts) {
    this.#queries = queries;
    this.#pools = pools;
    this.#quarantine = quarantine;
    this.#admission = admission;
    this.#audit = audit;
    this.#placing = new Placing(queries, pools, quarantine);
  }

  run(reservation: Reservation): Result<readonly Lease[], readonly ReservationRefusal[]> {
    const { hostId, subscriber } = reservation;
    const standing = standingRefusal(this.#queries, hostId, subscriber);
    if (standing !== undefined) return failed([standing]);

    const held = this.#queries.heldByHost.all({ hostId });
    const refusals: ReservationRefusal[] = tooMany(reservation, held);
    const { placements, refusals: unplaced } = this.#placing.place(reservation, held);
    refusals.push(...unplaced, ...this.#keyRefusals(placements, reservation));
    refusals.push(...this.#overCapacity(placements, reservation));
    if (refusals.length > 0) return failed(refusals);

    const before = this.#audit.sequence;
    const leases = placements.map((placement) =>
      placement.kind === 'stay' ? this.#writeStay(placement, reservation) : this.#writePlace(placement, reservation),
    );
    if (this.#audit.sequence > before) for (const entry of reservation.audit) this.#audit.append(entry);
    return ok(leases);
  }

  /** All groups together: what one gives back another may have. */
  #overCapacity(placements: readonly Placement[], reservation: Reservation): ReservationRefusal[] {
    return this.#admission.refusals(
      placements.map(({ group, row }) => ({
        groupId: group.groupId,
        ...(row && { before: row }),
        after: countedOf(group, reservation),
      })),
    );
  }

  /** The edge tells hosts apart by their keys: one key is one host. */
  #keyRefusals(placements: readonly Placement[], { hostId, wireguardKey, at }: Reservation): ReservationRefusal[] {
    if (wireguardKey === undefined) return [];
    return placements
      .filter(({ group, pool }) => group.wireguard.has(pool.shape.name))
      .filter(() => this.#queries.otherWithKey.get({ wireguardKey, hostId, at }) !== undefined)
      .map(({ group: { groupId } }) => ({ kind: 'wireguard-key-in-use', groupId }));
  }

  #writeStay({ group, row, pool }: Extract<Placement, { kind: 'stay' }>, reservation: Reservation): Lease {
    const terms = termColumns(group, holderIn(pool, group, reservation));
    const validUntil = group.draining.has(pool.shape.name) ? row.valid_until : group.validUntil;
    const endsBy = reservation.endsBy ?? null;
    const addresses = this.#addressesOf(row, pool);
    if (sameTerms(row, terms) && addresses === row) {
      this.#queries.setEnds.run({ leaseId: row.lease_id, validUntil, endsBy });
      return readLease({ ...row, valid_until: validUntil, ends_by: endsBy }, pool.shape.name);
    }
    const handed = row.authority !== terms.authority || row.subscriber !== terms.subscriber;
    const since = {
      endsBy,
      placedAt: handed ? reservation.at : row.placed_at,
      carried: handed ? null : row.carried,
      validUntil,
    };
    this.#queries.setTerms.run({ ...terms, leaseId: row.lease_id, ...since });
    if (addresses !== row) this.#queries.setAddresses.run({ leaseId: row.lease_id, ...addresses });
    this.#admission.change(row, countedOf(group, reservation));
    const written = { ...row, ...addresses, ...termsInRow(terms), ...sinceInRow(since) };
    const lease = readLease(written, pool.shape.name);
    if (handed) this.#noteMove(lease, row, reservation);
    else this.#note('lease-changed', lease, reservation);
    return lease;
  }

  /** What the pool has at the lease's place now; the row itself, where that is what it has. */
  #addressesOf(row: LeaseRow, { shape }: PoolEntry): LeaseAddresses {
    const now = columnsAt(shape, row.idx);
    const more = ADDRESS_COLUMNS.some((column) => row[column] === null && now[column] !== null);
    if (!more || this.#quarantine.holds(now.ipv4, now.ipv6)) return row;
    return { ipv4: row.ipv4 ?? now.ipv4, ipv6: row.ipv6 ?? now.ipv6, delegated: row.delegated ?? now.delegated };
  }

  #writePlace(placement: Extract<Placement, { kind: 'place' }>, reservation: Reservation): Lease {
    const { group, row } = placement;
    const { hostId, at } = reservation;
    const moves = row !== undefined && row.valid_until > at;
    if (row !== undefined) {
      this.#queries.delete.run({ leaseId: row.lease_id });
      const from = this.#pools.byId(row.pool_id);
      this.#pools.countHeld(from, -1);
      this.#admission.change(row, undefined);
      if (!moves) this.#note('lease-expired', readLease(row, from.shape.name), reservation);
    }
    const holder = {
      // The next row of the trail is the one that grants it.
      leaseId: moves ? row.lease_id : this.#audit.sequence + 1,
      hostId,
      groupId: group.groupId,
      endsBy: reservation.endsBy ?? null,
      grantedAt: moves ? row.granted_at : at,
      placedAt: at,
      carried: null,
      validUntil: group.validUntil,
    };
    let { pool, index } = placement;
    for (;;) {
      const addresses = columnsAt(pool.shape, index);
      const placed = { ...holder, poolId: pool.id, index, ...addresses };
      const terms = termColumns(group, holderIn(pool, group, reservation));
      const { ipv4, ipv6 } = addresses;
      const written = !this.#quarantine.holds(ipv4, ipv6) && this.#queries.insert.run({ ...terms, ...placed }) === 1;
      this.#pools.take(pool, index);
      if (written) {
        this.#pools.countHeld(pool, 1);
        this.#admission.change(undefined, countedOf(group, reservation));
        // Not before the new one is placed: a class that changes is a lane that changes its address.
        if (row !== undefined && (row.pool_id !== pool.id || row.idx !== index)) {
          this.#pools.giveBack(this.#pools.byId(row.pool_id), row.idx, { hostId, groupId: group.groupId, at });
        }
        const lease = readLease(newRow({ ...terms, ...placed }), pool.shape.name);
        // The host's counters go on: the lane is the same, with another address.
        if (moves && row?.counted != null) {
          this.#queries.setCounted.run({ leaseId: row.lease_id, counted: row.counted });
        }
        if (moves && row !== undefined) this.#noteMove(lease, row, reservation);
        else this.#note('lease-granted', lease, reservation);
        return lease;
      }
      if (placement.wanted !== undefined) throw new Undo(failed([unavailable(placement)]));
      const from = row && this.#pools.byId(row.pool_id);
      const next = this.#placing.another(group, from);
      if (next === undefined) throw new Undo(failed([noAddress(group, from)]));
      ({ pool, index } = next);
    }
  }

  #noteMove(lease: Lease, row: LeaseRow, { hostId, at }: Reservation): void {
    const before = readLease(row, this.#pools.byId(row.pool_id).shape.name);
    const detail = { ...leaseDetail(lease), ...moveDetail(before) };
    this.#audit.append({ at, event: 'lease-changed', actor: hostId, hostId, groupId: lease.groupId, detail });
  }

  #note(event: 'lease-granted' | 'lease-changed' | 'lease-expired', lease: Lease, { hostId, at }: Reservation): void {
    const actor = event === 'lease-expired' ? 'headend' : hostId;
    this.#audit.append({ at, event, actor, hostId, groupId: lease.groupId, detail: leaseDetail(lease) });
  }
}

type LeaseAddresses = Pick<LeaseRow, 'ipv4' | 'ipv6' | 'delegated'>;
const ADDRESS_COLUMNS = ['ipv4', 'ipv6', 'delegated'] as const;

function columnsAt(shape: PoolShape, index: number): LeaseAddresses {
  const { ipv4 = null, ipv6 = null, delegated } = addressesAt(shape, index);
  return { ipv4, ipv6, delegated: delegated === undefined ? null : writePrefix(delegated) };
}

function unavailable({ group, wanted = '' }: Extract<Placement, { kind: 'place' }>): ReservationRefusal {
  return { kind: 'address-unavailable', groupId: group.groupId, address: wanted, why: 'held' };
}

/** A lane has the host's key only where its tunnel needs it. */
function holderIn({ shape }: PoolEntry, { wireguard }: GroupReservation, reservation: Reservation): Reservation {
  const { wireguardKey: _, ...others } = reservation;
  return wireguard.has(shape.name) ? reservation : others;
}

/** Why this host may hold nothing now, in this subscriber's name. */
export function standingRefusal(
  queries: LeaseQueries,
  hostId: string,
  subscriber: string,
): StandingRefusal | undefined {
  const standing = queries.standing.get({ hostId, subscriber });
  if (standing === undefined || standing.revoked_at !== null) return { kind: 'unknown-host', hostId };
  return standing.suspended === 1 ? { kind: 'subscriber-suspended', subscriber } : undefined;
}

/** Groups of this request that the host has no room for: the first fit, the others are refused. */
function tooMany({ groups, groupsMax, at }: Reservation, rows: readonly HeldRow[]): ReservationRefusal[] {
  const live = new Set(rows.filter((row) => row.valid_until > at).map((row) => row.group_id));
  let room = groupsMax - live.size;
  return groups
    .filter(({ groupId }) => !live.has(groupId) && room-- <= 0)
    .map(({ groupId }) => ({ kind: 'too-many-groups', groupId, limit: groupsMax, held: live.size }));
}
