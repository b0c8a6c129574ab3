import { failed, ok, type Result } from '@sublane/basics';
import type { Database } from 'better-sqlite3';
import { type AddressBytes, parseAddress, prefixContains } from '../pools/ip-address.ts';
import type { RefusalOf } from '../refusal/refusal.ts';
import type { Admission } from './admission.ts';
import type { AuditTable } from './audit-table.ts';
import type { GroupCommit } from './group-commit.ts';
import { leaseDetail } from './lease-detail.ts';
import { type LeaseQueries, prepareLeaseQueries } from './lease-queries.ts';
import { type LeaseRow, readLease, readPrefix } from './lease-row.ts';
import { pageOf } from './pages.ts';
import { PoolLeases } from './pool-leases.ts';
import type { PoolTable } from './pool-table.ts';
import type { QuarantineTable } from './quarantine-table.ts';
import { Recall } from './recall.ts';
import type { Lease, Page, PageRequest, Timestamp } from './records.ts';
import { Report } from './report.ts';
import { Reserve, standingRefusal } from './reserve.ts';
import { selectLeases } from './select-leases.ts';
import type { Deed, ExtensionRefusal, LeaseFilter, LeaseSelection, LeaseStore } from './store.ts';
import type { UsageTable } from './usage-table.ts';

/** What changes with a lease, in the same transaction. */
export interface LeaseTableParts {
  readonly pools: PoolTable;
  readonly quarantine: QuarantineTable;
  readonly usage: UsageTable;
  readonly admission: Admission;
  readonly audit: AuditTable;
}

/** Who holds what. */
export class LeaseTable {
  readonly poolLeases: PoolLeases;
  readonly #queries: LeaseQueries;
  readonly #pools: PoolTable;
  readonly #admission: Admission;
  readonly #audit: AuditTable;
  readonly #reserve: Reserve;
  readonly #report: Report;
  readonly #recall: Recall;

  constructor(db: Database, parts: LeaseTableParts) {
    const { pools, quarantine, admission, audit } = parts;
    this.#queries = prepareLeaseQueries(db);
    this.poolLeases = new PoolLeases(db, this.#queries, pools, quarantine);
    this.#pools = pools;
    this.#admission = admission;
    this.#audit = audit;
    this.#reserve = new Reserve({ queries: this.#queries, ...parts });
    this.#report = new Report({ queries: this.#queries, ...parts });
    this.#recall = new Recall(this.#queries, pools, audit);
  }

  store(commits: GroupCommit): LeaseStore {
    return {
      reserve: (reservation) => commits.write(() => this.#reserve.run(reservation)),
      extend: (hostId, groups, at) => commits.write(() => this.#extend(hostId, groups, at)),
      release: (hostId, groupIds, deed) => commits.write(() => ok(this.release(hostId, groupIds, deed))),
      releaseById: (id, deed) => commits.write(() => this.#releaseById(id, deed)),
      withdraw: (selection, deed) => commits.write(() => ok(this.withdraw(selection, deed))),
      recall: (selection, deed) => commits.write(() => ok(this.recall(selection, deed))),
      expire: (at, limit) => commits.write(() => ok(this.#expire(at, limit))),
      report: (hostId, reports, quarantineOf, periodOf) =>
        commits.write(() => this.#report.run(hostId, reports, quarantineOf, periodOf)),
      ofHost: async (hostId, at) => this.#live(hostId, at).map((row) => this.#read(row)),
      select: async (selection) => selectLeases(this.#queries, selection).map((row) => this.#read(row)),
      ofAuthority: async (authority, page) => this.#ofAuthority(authority, page),
      find: async (id) => this.#readIf(this.#queries.byId.get({ leaseId: leaseNumber(id) })),
      findByAddress: async (address) => this.#findByAddress(address),
      list: async (filter, page) => this.#list(filter, page),
      fill: async () => this.poolLeases.fill(),
      outside: async (shape, limit) => this.poolLeases.outside(shape, limit),
      reservedElsewhere: async (shape, limit) => this.poolLeases.reservedElsewhere(shape, limit),
    };
  }

  /** Gives leases of a host back, inside a job; no groups named: all. */
  release(hostId: string, groupIds: readonly number[], deed: Deed): Lease[] {
    return this.#queries.ofHost
      .all({ hostId })
      .filter((row) => groupIds.length === 0 || groupIds.includes(row.group_id))
      .map((row) => this.#endNow(row, deed));
  }

  /** Tells hosts to request again, inside a job. */
  recall(selection: LeaseSelection, deed: Deed): readonly Lease[] {
    return this.#recall.run(selection, deed);
  }

  /** Takes back, inside a job. */
  withdraw(selection: LeaseSelection, deed: Deed): Lease[] {
    return selectLeases(this.#queries, selection).map((row) => this.#endNow(row, deed));
  }

  #extend(
    hostId: string,
    groups: readonly { readonly groupId: number; readonly validUntil: Timestamp }[],
    at: Timestamp,
  ): Result<readonly Lease[], readonly ExtensionRefusal[]> {
    const live = this.#live(hostId, at);
    const found = groups.map(({ groupId }) => live.find((row) => row.group_id === groupId));
    const missing = groups.filter((_, index) => found[index] === undefined);
    if (missing.length > 0) return failed(missing.map(({ groupId }) => ({ kind: 'lease-unknown', groupId })));
    for (const subscriber of new Set(found.map((row) => row?.subscriber ?? ''))) {
      const standing = standingRefusal(this.#queries, hostId, subscriber);
      if (standing !== undefined) return failed([standing]);
    }
    return ok(
      groups.map(({ validUntil }, index) => {
        const row = found[index] as LeaseRow;
        this.#queries.setEnd.run({ leaseId: row.lease_id, validUntil });
        return this.#read({ ...row, valid_until: validUntil });
      }),
    );
  }

  #releaseById(id: string, deed: Deed): Result<Lease, RefusalOf<'record-unknown'>> {
    const row = this.#queries.byId.get({ leaseId: leaseNumber(id) });
    if (row === undefined) return failed({ kind: 'record-unknown', record: 'lease', name: id });
    return ok(this.#end(row, 'lease-released', deed));
  }

  #expire(at: Timestamp, limit: number): Lease[] {
    this.#pools.endRests(at, limit);
    return this.#queries.ended
      .all({ at, limit })
      .map((row) => this.#end(row, 'lease-expired', { actor: 'headend', at }));
  }

  #endNow(row: LeaseRow, deed: Deed): Lease {
    return this.#end(row, deed.at < row.valid_until ? 'lease-released' : 'lease-expired', deed);
  }

  #end(row: LeaseRow, event: 'lease-released' | 'lease-expired', { actor, at, reason }: Deed): Lease {
    const pool = this.#pools.byId(row.pool_id);
    this.#queries.delete.run({ leaseId: row.lease_id });
    this.#pools.countHeld(pool, -1);
    this.#admission.change(row, undefined);
    this.#pools.giveBack(pool, row.idx, { hostId: row.host_id, groupId: row.group_id, at });
    const lease = this.#read(row);
    this.#audit.append({
      at,
      event,
      actor: event === 'lease-expired' ? 'headend' : actor,
      hostId: lease.hostId,
      groupId: lease.groupId,
      detail: { ...leaseDetail(lease), ...(event === 'lease-released' && reason !== undefined && { reason }) },
    });
    return lease;
  }

  #findByAddress(text: string): Lease | undefined {
    const address = parseAddress(text);
    if (address === undefined) return undefined;
    if (address.length === 4) return this.#readIf(this.#queries.byIpv4.get({ address }));
    return this.#readIf(this.#queries.byIpv6.get({ address }) ?? this.#delegatedTo(address));
  }

  /** Whose delegated prefix contains the address: prefixes of leases do not overlap. */
  #delegatedTo(address: AddressBytes): LeaseRow | undefined {
    const row = this.#queries.byDelegated.get({ upTo: Uint8Array.from([...address, 255]) });
    return row?.delegated != null && prefixContains(readPrefix(row.delegated), address) ? row : undefined;
  }

  #list({ hostId, subscriber, pool }: LeaseFilter, page: PageRequest): Page<Lease> {
    const limit = page.limit + 1;
    const after = Number.parseInt(page.cursor ?? '-1', 10) || 0;
    if (hostId !== undefined) {
      // A host has few: reading all of them lets both filters hold at once.
      const rows = this.#queries.ofHost.all({ hostId }).filter((row) => row.group_id > after);
      const fits = (lease: Lease) =>
        (pool ?? lease.pool) === lease.pool && (subscriber ?? lease.subscriber) === lease.subscriber;
      const leases = rows.map((row) => this.#read(row)).filter(fits);
      return pageOf(leases.slice(0, limit), page.limit, ({ groupId }) => String(groupId));
    }
    if (subscriber !== undefined) {
      // So has a subscriber.
      const rows = this.#queries.ofSubscriber.all({ subscriber }).filter((row) => row.lease_id > after);
      const leases = rows.map((row) => this.#read(row)).filter((lease) => (pool ?? lease.pool) === lease.pool);
      return pageOf(leases.slice(0, limit), page.limit, ({ id }) => id);
    }
    if (pool !== undefined) {
      const entry = this.#pools.byName(pool);
      const rows = entry === undefined ? [] : this.#queries.pageOfPool.all({ poolId: entry.id, after, limit });
      return pageOf(
        rows.map((row) => this.#read(row)),
        page.limit,
        ({ index }) => String(index),
      );
    }
    const rows = this.#queries.page.all({ after, limit });
    return pageOf(
      rows.map((row) => this.#read(row)),
      page.limit,
      ({ id }) => id,
    );
  }

  #ofAuthority(authority: string, { limit, cursor }: PageRequest): Page<Lease> {
    const after = Number.parseInt(cursor ?? '-1', 10) || 0;
    const rows = this.#queries.ofAuthority.all({ authority, after, limit: limit + 1 });
    return pageOf(
      rows.map((row) => this.#read(row)),
      limit,
      ({ id }) => id,
    );
  }

  #live(hostId: string, at: Timestamp): LeaseRow[] {
    return this.#queries.ofHost.all({ hostId }).filter((row) => row.valid_until > at);
  }

  #read(row: LeaseRow): Lease {
    return readLease(row, this.#pools.byId(row.pool_id).shape.name);
  }

  #readIf(row: LeaseRow | undefined): Lease | undefined {
    return row === undefined ? undefined : this.#read(row);
  }
}

/** -1, which no lease has, for what is no number. */
function leaseNumber(id: string): number {
  return /^\d{1,15}$/.test(id) ? Number(id) : -1;
}
