import type { AuditTable } from './audit-table.ts';
import { leaseDetail } from './lease-detail.ts';
import type { LeaseQueries } from './lease-queries.ts';
import { readLease } from './lease-row.ts';
import type { PoolTable } from './pool-table.ts';
import type { Lease } from './records.ts';
import { selectLeases } from './select-leases.ts';
import type { Deed, LeaseSelection } from './store.ts';

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
  run(filter: LeaseSelection, { actor, at }: Deed): readonly Lease[] {
    return selectLeases(this.#queries, filter)
      .filter((row) => row.valid_until > at && row.recalled === 0)
      .map((row) => {
        this.#queries.setRecalled.run({ leaseId: row.lease_id });
        const lease = readLease({ ...row, recalled: 1 }, this.#pools.byId(row.pool_id).shape.name);
        const { hostId, groupId } = lease;
        this.#audit.append({ at, event: 'lease-recalled', actor, hostId, groupId, detail: leaseDetail(lease) });
        return lease;
      });
  }
}
