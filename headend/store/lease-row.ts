import { bytes, kilobitsPerSecond } from '@sublane/basics';
import type { Selectable } from 'kysely';
import type { Priority } from '../policy/wish.ts';
import { formatAddress, formatPrefix, type IpPrefix } from '../pools/ip-address.ts';
import type {
  AccountingTerms,
  Carried,
  LaneRate,
  LaneReport,
  LaneTerms,
  Lease,
  LeaseState,
  Timestamp,
} from './records.ts';
import type { Schema } from './schema.ts';

export type LeaseRow = Selectable<Schema['leases']>;

export function readLease(row: LeaseRow, pool: string): Lease {
  const upld = readRate(row.upld_rate, row.upld_burst);
  const dnld = readRate(row.dnld_rate, row.dnld_burst);
  return {
    id: String(row.lease_id),
    hostId: row.host_id,
    groupId: row.group_id,
    subscriber: row.subscriber,
    plan: row.plan,
    class: row.class,
    rule: row.rule,
    pool,
    index: row.idx,
    ...(row.ipv4 !== null && { ipv4: formatAddress(row.ipv4) }),
    ...(row.ipv6 !== null && { ipv6: formatAddress(row.ipv6) }),
    ...(row.delegated !== null && { delegatedPrefix: formatPrefix(readPrefix(row.delegated)) }),
    dscp: row.dscp,
    priority: row.priority as Priority,
    ...(upld && { upld }),
    ...(dnld && { dnld }),
    applications: JSON.parse(row.applications) as string[],
    ...(row.security !== null && { security: row.security }),
    state: row.state as LeaseState,
    ...(row.location !== null && { location: row.location }),
    ...(row.peer_address !== null && { peerAddress: row.peer_address }),
    ...(row.wireguard_key !== null && { wireguardKey: row.wireguard_key }),
    authority: row.authority,
    ...(row.radius_class !== null && { radiusClass: JSON.parse(row.radius_class) as string[] }),
    guaranteed: row.guaranteed === 1,
    recalled: row.recalled === 1,
    ...(row.decided !== null && { decided: row.decided }),
    ...(row.accounting !== null && { accounting: JSON.parse(row.accounting) as AccountingTerms }),
    ...(row.ends_by !== null && { endsBy: row.ends_by as Timestamp }),
    grantedAt: row.granted_at as Timestamp,
    placedAt: row.placed_at as Timestamp,
    ...(row.carried !== null && { carried: JSON.parse(row.carried) as Carried }),
    validUntil: row.valid_until as Timestamp,
    ...(row.report !== null && { report: JSON.parse(row.report) as LaneReport }),
  };
}

/** The columns that a request decides: all but who holds which address since when. */
export interface TermColumns {
  readonly subscriber: string;
  readonly plan: string;
  readonly class: string;
  readonly rule: string;
  readonly dscp: number;
  readonly priority: string;
  readonly upldRate: number | null;
  readonly upldBurst: number | null;
  readonly dnldRate: number | null;
  readonly dnldBurst: number | null;
  readonly applications: string;
  readonly security: string | null;
  readonly state: string;
  readonly location: string | null;
  readonly peerAddress: string | null;
  readonly wireguardKey: string | null;
  readonly authority: string;
  readonly radiusClass: string | null;
  readonly accounting: string | null;
  readonly guaranteed: number;
  readonly decided: string | null;
}

/** The same columns in the table. What is written anew is recalled no more. */
export function termsInRow(terms: TermColumns) {
  return {
    subscriber: terms.subscriber,
    plan: terms.plan,
    class: terms.class,
    rule: terms.rule,
    dscp: terms.dscp,
    priority: terms.priority,
    upld_rate: terms.upldRate,
    upld_burst: terms.upldBurst,
    dnld_rate: terms.dnldRate,
    dnld_burst: terms.dnldBurst,
    applications: terms.applications,
    security: terms.security,
    state: terms.state,
    location: terms.location,
    peer_address: terms.peerAddress,
    wireguard_key: terms.wireguardKey,
    authority: terms.authority,
    radius_class: terms.radiusClass,
    guaranteed: terms.guaranteed,
    recalled: 0,
    decided: terms.decided,
    accounting: terms.accounting,
  };
}

/** Who holds which address since when. */
export interface HolderColumns extends SinceColumns {
  readonly leaseId: number;
  readonly hostId: string;
  readonly groupId: number;
  readonly poolId: number;
  readonly index: number;
  readonly ipv4: Uint8Array | null;
  readonly ipv6: Uint8Array | null;
  /** As `writePrefix` makes it. */
  readonly delegated: Uint8Array | null;
  readonly grantedAt: number;
}

/** Of it, what a request changes of a lease that stays. */
export interface SinceColumns {
  readonly endsBy: number | null;
  readonly placedAt: number;
  readonly carried: string | null;
  readonly validUntil: number;
}

/** The same columns in the table. */
export function sinceInRow(since: SinceColumns) {
  return {
    ends_by: since.endsBy,
    placed_at: since.placedAt,
    carried: since.carried,
    valid_until: since.validUntil,
  };
}

/** The row of a lease that begins: its host has said nothing yet. */
export function newRow(columns: HolderColumns & TermColumns) {
  return {
    lease_id: columns.leaseId,
    host_id: columns.hostId,
    group_id: columns.groupId,
    pool_id: columns.poolId,
    idx: columns.index,
    ipv4: columns.ipv4,
    ipv6: columns.ipv6,
    delegated: columns.delegated,
    granted_at: columns.grantedAt,
    ...sinceInRow(columns),
    ...termsInRow(columns),
    counted: null,
    report: null,
  } satisfies LeaseRow;
}

export function termColumns(
  terms: LaneTerms,
  holder: {
    readonly subscriber: string;
    readonly state: LeaseState;
    readonly location?: string;
    readonly peerAddress?: string;
    readonly wireguardKey?: string;
    readonly authority: string;
    readonly radiusClass?: readonly string[];
    readonly accounting?: AccountingTerms;
  },
): TermColumns {
  return {
    subscriber: holder.subscriber,
    plan: terms.plan,
    class: terms.class,
    rule: terms.rule,
    dscp: terms.dscp,
    priority: terms.priority,
    upldRate: terms.upld?.rate ?? null,
    upldBurst: terms.upld?.burst ?? null,
    dnldRate: terms.dnld?.rate ?? null,
    dnldBurst: terms.dnld?.burst ?? null,
    applications: JSON.stringify(terms.applications),
    security: terms.security ?? null,
    state: holder.state,
    location: holder.location ?? null,
    peerAddress: holder.peerAddress ?? null,
    wireguardKey: holder.wireguardKey ?? null,
    authority: holder.authority,
    radiusClass: holder.radiusClass === undefined ? null : JSON.stringify(holder.radiusClass),
    accounting: holder.accounting === undefined ? null : JSON.stringify(holder.accounting),
    guaranteed: Number(terms.guaranteed),
    decided: terms.decided ?? null,
  };
}

/** The same terms, and not recalled: to write them again would change nothing. */
export function sameTerms(row: LeaseRow, terms: TermColumns): boolean {
  const written = termsInRow(terms);
  return (Object.keys(written) as (keyof typeof written)[]).every((column) => row[column] === written[column]);
}

/** 16 bytes and one of the length: prefixes order by where they begin. */
export function writePrefix({ base, length }: IpPrefix): Uint8Array {
  return Uint8Array.from([...base, length]);
}

export function readPrefix(bytes: Uint8Array): IpPrefix {
  return { base: bytes.subarray(0, 16), length: bytes[16] ?? 0 };
}

function readRate(rate: number | null, burst: number | null): LaneRate | undefined {
  if (rate === null) return undefined;
  return { rate: kilobitsPerSecond(rate), ...(burst !== null && { burst: bytes(burst) }) };
}
