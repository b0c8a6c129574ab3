import type { Database } from 'better-sqlite3';
import { sql } from 'kysely';
import {
  type HolderColumns,
  newRow,
  type SinceColumns,
  sinceInRow,
  type TermColumns,
  termsInRow,
} from './lease-row.ts';
import { prepare, query } from './statement.ts';

/** Everything asked of the table `leases`, prepared once. */
export type LeaseQueries = ReturnType<typeof prepareLeaseQueries>;

export function prepareLeaseQueries(db: Database) {
  const leases = () => query.selectFrom('leases').selectAll();
  return {
    ofHost: prepare(db, (p: { hostId: string }) => leases().where('host_id', '=', p.hostId).orderBy('group_id')),
    /** Enough to count by. */
    heldByHost: prepare(db, (p: { hostId: string }) =>
      query.selectFrom('leases').select(['lease_id', 'group_id', 'valid_until']).where('host_id', '=', p.hostId),
    ),
    ofSubscriber: prepare(db, (p: { subscriber: string }) =>
      leases().where('subscriber', '=', p.subscriber).orderBy('lease_id'),
    ),
    /** Of one that is not the embedded one: those are indexed. */
    ofAuthority: prepare(db, (p: { authority: string; after: number; limit: number }) =>
      leases()
        .where('authority', '=', p.authority)
        .where('authority', '<>', sql.lit('embedded'))
        .where('lease_id', '>', p.after)
        .orderBy('lease_id')
        .limit(p.limit),
    ),
    byId: prepare(db, (p: { leaseId: number }) => leases().where('lease_id', '=', p.leaseId)),
    byIndex: prepare(db, (p: { poolId: number; index: number }) =>
      leases().where('pool_id', '=', p.poolId).where('idx', '=', p.index),
    ),
    byIpv4: prepare(db, (p: { address: Uint8Array }) => leases().where('ipv4', '=', p.address)),
    /** With the last prefix that begins at this address or before: none other can hold it. */
    byDelegated: prepare(db, (p: { upTo: Uint8Array }) =>
      leases().where('delegated', '<=', p.upTo).orderBy('delegated', 'desc').limit(sql.lit(1)),
    ),
    byIpv6: prepare(db, (p: { address: Uint8Array }) => leases().where('ipv6', '=', p.address)),
    ended: prepare(db, (p: { at: number; limit: number }) =>
      leases().where('valid_until', '<=', p.at).orderBy('valid_until').limit(p.limit),
    ),
    page: prepare(db, (p: { after: number; limit: number }) =>
      leases().where('lease_id', '>', p.after).orderBy('lease_id').limit(p.limit),
    ),
    pageOfPool: prepare(db, (p: { poolId: number; after: number; limit: number }) =>
      leases().where('pool_id', '=', p.poolId).where('idx', '>', p.after).orderBy('idx').limit(p.limit),
    ),
    /** No row where the index or one of its addresses is held: the constraint decides, and says so in the answer. */
    insert: prepare(db, (p: TermColumns & HolderColumns) =>
      query
        .insertInto('leases')
        .values(newRow(p))
        .onConflict((conflict) => conflict.doNothing()),
    ),
    setTerms: prepare(db, (p: TermColumns & SinceColumns & { leaseId: number }) =>
      query
        .updateTable('leases')
        .set({ ...termsInRow(p), ...sinceInRow(p) })
        .where('lease_id', '=', p.leaseId),
    ),
    /** The pool has a family or delegated prefixes that it did not have when the lease was placed. */
    setAddresses: prepare(
      db,
      (p: { leaseId: number; ipv4: Uint8Array | null; ipv6: Uint8Array | null; delegated: Uint8Array | null }) =>
        query
          .updateTable('leases')
          .set({ ipv4: p.ipv4, ipv6: p.ipv6, delegated: p.delegated })
          .where('lease_id', '=', p.leaseId),
    ),
    setEnd: prepare(db, (p: { leaseId: number; validUntil: number }) =>
      query.updateTable('leases').set({ valid_until: p.validUntil }).where('lease_id', '=', p.leaseId),
    ),
    setEnds: prepare(db, (p: { leaseId: number; validUntil: number; endsBy: number | null }) =>
      query
        .updateTable('leases')
        .set({ valid_until: p.validUntil, ends_by: p.endsBy })
        .where('lease_id', '=', p.leaseId),
    ),
    setRecalled: prepare(db, (p: { leaseId: number }) =>
      query
        .updateTable('leases')
        .set({ recalled: sql.lit(1) })
        .where('lease_id', '=', p.leaseId),
    ),
    setCounted: prepare(db, (p: { leaseId: number; counted: string | null }) =>
      query.updateTable('leases').set({ counted: p.counted }).where('lease_id', '=', p.leaseId),
    ),
    setReport: prepare(db, (p: { leaseId: number; report: string; counted: string | null; carried: string | null }) =>
      query
        .updateTable('leases')
        .set({ report: p.report, counted: p.counted, carried: p.carried })
        .where('lease_id', '=', p.leaseId),
    ),
    delete: prepare(db, (p: { leaseId: number }) => query.deleteFrom('leases').where('lease_id', '=', p.leaseId)),
    /** Another host whose lane has this key. */
    otherWithKey: prepare(db, (p: { wireguardKey: string; hostId: string; at: number }) =>
      query
        .selectFrom('leases')
        .select('host_id')
        .where('wireguard_key', '=', p.wireguardKey)
        .where('host_id', '<>', p.hostId)
        .where('valid_until', '>', p.at)
        .limit(sql.lit(1)),
    ),
    beyond: prepare(db, (p: { poolId: number; size: number; limit: number }) =>
      leases().where('pool_id', '=', p.poolId).where('idx', '>=', p.size).limit(p.limit),
    ),
    within: prepare(db, (p: { poolId: number; first: number; last: number; limit: number }) =>
      leases().where('pool_id', '=', p.poolId).where('idx', '>=', p.first).where('idx', '<=', p.last).limit(p.limit),
    ),
    /** Leases of a pool that have one of those marked with 1. */
    having: prepare(db, (p: { poolId: number; ipv4: number; ipv6: number; delegated: number; limit: number }) =>
      leases()
        .where('pool_id', '=', p.poolId)
        .where((e) =>
          e.or([
            e.and([e(sql.val(p.ipv4), '=', sql.lit(1)), e('ipv4', 'is not', null)]),
            e.and([e(sql.val(p.ipv6), '=', sql.lit(1)), e('ipv6', 'is not', null)]),
            e.and([e(sql.val(p.delegated), '=', sql.lit(1)), e('delegated', 'is not', null)]),
          ]),
        )
        .limit(p.limit),
    ),
    /** Who keeps this host from being served: its own row, and its subscriber's where the store has one. */
    standing: prepare(db, (p: { hostId: string; subscriber: string }) =>
      query
        .selectFrom('hosts')
        .leftJoin('subscribers', (join) => join.on('subscribers.name', '=', p.subscriber))
        .select(['hosts.revoked_at', 'subscribers.suspended'])
        .where('host_id', '=', p.hostId),
    ),
  };
}
