import type { AuditTable } from './audit-table.ts';
import { leaseDetail } from './lease-detail.ts';
import type { LeaseQueries } from './lease-queries.ts';
import { type LeaseRow, readLease } from './lease-row.ts';
import type { PoolTable } from './pool-table.ts';
import type { Lease } from './records.ts';
import type { Deed, RecallFilter } from './store.ts';

/** The one transaction that tells leases' hosts to request again. Inside a group-commit job. */
export class Recall {
  readonly #queries: LeaseQueries;
  readonly #pools: PoolTable;
  readonly #audit: AuditTable;

  constructor(queries: LeaseQueries, pools: PoolTable, audit: AuditTable) {
    this.#queries = queries;
    this.#pools = pools;
    this.#audit = audit;
  }

  /** Answers the leases that were not recalled before. */
  run(filter: RecallFilter, { actor, at }: Deed): readonly Lease[] {
    return this.#candidates(filter)
      .filter((row) => row.valid_until > at && row.recalled === 0 && fits(row, filter))
      .map((row) => {
        this.#queries.setRecalled.run({ leaseId: row.lease_id });
        const lease = readLease({ ...row, recalled: 1 }, this.#pools.byId(row.pool_id).shape.name);
        const { hostId, groupId } = lease;
        this.#audit.append({ at, event: 'lease-recalled', actor, hostId, groupId, detail: leaseDetail(lease) });
        return lease;
      });
  }

  /** By whichever index leads to the fewest. */
  #candidates({ hostId, subscriber, leaseIds }: RecallFilter): readonly LeaseRow[] {
    if (leaseIds !== undefined) {
      return [...new Set(leaseIds)].flatMap((id) => {
        const row = /^\d{1,15}$/.test(id) ? this.#queries.byId.get({ leaseId: Number(id) }) : undefined;
        return row === undefined ? [] : [row];
      });
    }
    if (hostId !== undefined) return this.#queries.ofHost.all({ hostId });
    return subscriber === undefined ? [] : this.#queries.ofSubscriber.all({ subscriber });
  }
}

const fits = (row: LeaseRow, { hostId, subscriber }: RecallFilter): boolean =>
  (hostId === undefined || row.host_id === hostId) && (subscriber === undefined || row.subscriber === subscriber);
