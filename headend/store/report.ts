import { failed, milliseconds, ok, type Result, seconds, toMilliseconds } from '@sublane/basics';
import { formatAddress, parseAddress } from '../pools/ip-address.ts';
import type { Admission } from './admission.ts';
import type { AuditTable } from './audit-table.ts';
import { carriedAfter } from './carried.ts';
import { leaseDetail } from './lease-detail.ts';
import type { LeaseQueries } from './lease-queries.ts';
import { type LeaseRow, readLease } from './lease-row.ts';
import type { PoolTable } from './pool-table.ts';
import type { QuarantineTable } from './quarantine-table.ts';
import type { LaneReport, Lease, Timestamp } from './records.ts';
import type { PeriodOf, QuarantineOf, ReportRefusal } from './store.ts';
import { type TrafficDelta, type TrafficMark, trafficSince } from './traffic-delta.ts';
import type { UsageTable } from './usage-table.ts';

interface Reported {
  readonly report: LaneReport;
  readonly row: LeaseRow;
  readonly lease: Lease;
  /** The lease's own addresses that the host found in use by others. */
  readonly conflicts: readonly string[];
}

/** What a report reads and writes. */
export interface ReportParts {
  readonly queries: LeaseQueries;
  readonly pools: PoolTable;
  readonly quarantine: QuarantineTable;
  readonly usage: UsageTable;
  readonly admission: Admission;
  readonly audit: AuditTable;
}

/** The one transaction of a report: looks at all groups first, then writes all of them. Inside a group-commit job. */
export class Report {
  readonly #queries: LeaseQueries;
  readonly #pools: PoolTable;
  readonly #quarantine: QuarantineTable;
  readonly #admission: Admission;
  readonly #usage: UsageTable;
  readonly #audit: AuditTable;

  constructor({ queries, pools, quarantine, usage, admission, audit }: ReportParts) {
    this.#usage = usage;
    this.#queries = queries;
    this.#pools = pools;
    this.#quarantine = quarantine;
    this.#admission = admission;
    this.#audit = audit;
  }

  /** Answers the leases that ended by it. */
  run(
    hostId: string,
    reports: readonly { readonly groupId: number; readonly report: LaneReport }[],
    quarantineOf: QuarantineOf,
    periodOf: PeriodOf = () => undefined,
  ): Result<readonly Lease[], readonly ReportRefusal[]> {
    const rows = this.#queries.ofHost.all({ hostId });
    const refusals: ReportRefusal[] = [];
    const reported: Reported[] = [];
    for (const { groupId, report } of reports) {
      const row = rows.find((one) => one.group_id === groupId);
      if (row !== undefined) reported.push(this.#read(row, report));
      else if (!this.#wasTold(hostId, groupId, report)) refusals.push({ kind: 'lease-unknown', groupId });
    }
    const conflicting = reported.filter(({ conflicts }) => conflicts.length > 0);
    refusals.push(...this.#tooMany(hostId, conflicting, quarantineOf));
    if (refusals.length > 0) return failed(refusals);

    for (const one of reported) this.#note(one, this.#count(one, periodOf));
    for (const one of conflicting) this.#end(one, quarantineOf);
    return ok(conflicting.map(({ lease }) => lease));
  }

  /** Said once more because the answer was lost: the lease has ended by the same words. */
  #wasTold(hostId: string, groupId: number, { state, conflictAddresses = [] }: LaneReport): boolean {
    if (state !== 'address-conflict') return false;
    return conflictAddresses.some((address) => {
      const quarantine = this.#quarantine.find(address);
      return quarantine?.hostId === hostId && quarantine.groupId === groupId;
    });
  }

  #read(row: LeaseRow, report: LaneReport): Reported {
    const lease = readLease(row, this.#pools.byId(row.pool_id).shape.name);
    const named = report.state === 'address-conflict' ? (report.conflictAddresses ?? []) : [];
    const addresses = new Set(named.map(canonical));
    const conflicts = [lease.ipv4, lease.ipv6].filter((one) => one !== undefined && addresses.has(one)) as string[];
    return { report, row, lease, conflicts };
  }

  /**
   * Whose reports keep back as much of a pool as its configuration lets one host, or the hosts of one subscriber: the
   * first fit, the others do not.
   */
  #tooMany(hostId: string, conflicting: readonly Reported[], quarantineOf: QuarantineOf): ReportRefusal[] {
    const more = new Map<string, number>();
    return conflicting.flatMap(({ lease, report: { at } }): ReportRefusal[] => {
      const { groupId, pool, subscriber } = lease;
      const { perHost, perSubscriber } = quarantineOf(pool);
      const limits = [
        { limit: perHost, present: this.#quarantine.ofHost(hostId, pool), whose: {} },
        { limit: perSubscriber, present: this.#quarantine.ofSubscriber(subscriber, pool), whose: { subscriber } },
      ];
      const added = more.get(pool) ?? 0;
      more.set(pool, added + 1);
      const met = limits.find(({ limit, present }) => limit - present.length - added <= 0);
      if (met === undefined) return [];
      const [first] = met.present;
      const retryAfter = first && seconds(Math.max(1, Math.ceil((first.until - at) / 1000)));
      const after = retryAfter === undefined ? {} : { retryAfter };
      return [{ kind: 'quarantine-full', groupId, pool, limit: met.limit, ...met.whose, ...after }];
    });
  }

  /** Adds what the lane has carried to its subscriber's usage; answers the mark that the next report counts from. */
  #count({ row, lease, report }: Reported, periodOf: PeriodOf): string | null {
    const mark = row.counted === null ? undefined : (JSON.parse(row.counted) as TrafficMark);
    const carried = trafficSince(lease, mark, report);
    if (carried === undefined) return row.counted;
    const since = periodOf(lease);
    if (since !== undefined) {
      this.#usage.add(lease.subscriber, since, carried.octets);
      // Once for a host that goes on so, not at each of its reports.
      if (carried.mark.beyond && mark?.beyond !== true) this.#noteCutOff(lease, report, carried);
    }
    return JSON.stringify(carried.mark);
  }

  #noteCutOff({ id, hostId, groupId, subscriber }: Lease, { at }: LaneReport, { octets, claimed }: TrafficDelta): void {
    const detail = { lease: id, subscriber, claimed, counted: octets };
    this.#audit.append({ at, event: 'usage-cut-off', actor: hostId, hostId, groupId, detail });
  }

  #note({ row, lease, report: said }: Reported, counted: string | null): void {
    const before = lease.report;
    const { inOctets = before?.inOctets, outOctets = before?.outOctets } = said;
    const report = { ...said, ...(inOctets && { inOctets }), ...(outOctets && { outOctets }) };
    const mark = row.counted === null ? undefined : (JSON.parse(row.counted) as TrafficMark);
    const carried = carriedAfter(lease, mark, said);
    this.#queries.setReport.run({
      leaseId: row.lease_id,
      report: JSON.stringify(report),
      counted,
      carried: carried === undefined ? null : JSON.stringify(carried),
    });
    if (before?.state === report.state && before.reason === report.reason) return;
    this.#audit.append({
      at: report.at,
      event: 'lane-reported',
      actor: lease.hostId,
      hostId: lease.hostId,
      groupId: lease.groupId,
      detail: {
        lease: lease.id,
        state: report.state,
        ...(report.reason !== undefined && { reason: report.reason }),
        ...(report.conflictAddresses && { 'conflict-address': report.conflictAddresses }),
      },
    });
  }

  /** Ends the lease; its index is neither held nor free from here on, until the quarantine ends. */
  #end({ row, lease, report, conflicts }: Reported, quarantineOf: QuarantineOf): void {
    const { at, reason } = report;
    const until: Timestamp = milliseconds(at + toMilliseconds(quarantineOf(lease.pool).time));
    this.#queries.delete.run({ leaseId: row.lease_id });
    this.#pools.countHeld(this.#pools.byId(row.pool_id), -1);
    this.#admission.change(row, undefined);
    this.#quarantine.add(lease, { conflicts, since: at, until, ...(reason !== undefined && { reason }) });
    this.#audit.append({
      at,
      event: 'address-quarantined',
      actor: lease.hostId,
      hostId: lease.hostId,
      groupId: lease.groupId,
      detail: { ...leaseDetail(lease), 'conflict-address': conflicts, until },
    });
  }
}

function canonical(text: string): string {
  const address = parseAddress(text);
  return address === undefined ? text : formatAddress(address);
}
