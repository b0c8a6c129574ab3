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

/** Who holds which address since when. */
export interface HolderColumns {
  readonly leaseId: number;
  readonly hostId: string;
  readonly groupId: number;
  readonly poolId: number;
  readonly index: number;
  readonly ipv4: Uint8Array | null;
  readonly ipv6: Uint8Array | null;
  /** As `writePrefix` makes it. */
  readonly delegated: Uint8Array | null;
  readonly endsBy: number | null;
  readonly grantedAt: number;
  readonly placedAt: number;
  readonly carried: string | null;
  readonly validUntil: number;
}

/** The row these columns make, without asking for what was just written. */
export function rowOf(holder: HolderColumns, terms: TermColumns, report: string | null): LeaseRow {
  return {
    lease_id: holder.leaseId,
    host_id: holder.hostId,
    group_id: holder.groupId,
    subscriber: terms.subscriber,
    plan: terms.plan,
    class: terms.class,
    rule: terms.rule,
    pool_id: holder.poolId,
    idx: holder.index,
    ipv4: holder.ipv4,
    ipv6: holder.ipv6,
    delegated: holder.delegated,
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
    counted: null,
    accounting: terms.accounting,
    ends_by: holder.endsBy,
    granted_at: holder.grantedAt,
    placed_at: holder.placedAt,
    carried: holder.carried,
    valid_until: holder.validUntil,
    report,
  };
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

/** The same terms: to write them again would change nothing. */
export function sameTerms(row: LeaseRow, terms: TermColumns): boolean {
  return (
    row.subscriber === terms.subscriber &&
    row.plan === terms.plan &&
    row.class === terms.class &&
    row.rule === terms.rule &&
    row.dscp === terms.dscp &&
    row.priority === terms.priority &&
    row.upld_rate === terms.upldRate &&
    row.upld_burst === terms.upldBurst &&
    row.dnld_rate === terms.dnldRate &&
    row.dnld_burst === terms.dnldBurst &&
    row.applications === terms.applications &&
    row.security === terms.security &&
    row.state === terms.state &&
    row.location === terms.location &&
    row.peer_address === terms.peerAddress &&
    row.wireguard_key === terms.wireguardKey &&
    row.authority === terms.authority &&
    row.radius_class === terms.radiusClass &&
    row.accounting === terms.accounting &&
    row.guaranteed === terms.guaranteed &&
    row.decided === terms.decided &&
    // What was recalled is written anew, and is recalled no more.
    row.recalled === 0
  );
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
