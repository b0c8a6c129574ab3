import { EMBEDDED } from '../aaa/grant.ts';
import { accountingSession } from '../store/lease-detail.ts';
import type { AuditDetail, AuditRow, Carried, Lease, Timestamp } from '../store/records.ts';
import { type TerminateCause, terminateCause } from './terminate-cause.ts';

/** What an authority is told of one lane. A lane has its addresses from its start to its stop. */
export interface LaneRecord {
  readonly status: 'start' | 'interim' | 'stop';
  /** A group of RADIUS servers. */
  readonly authority: string;
  /** Acct-Session-Id: of one lane. */
  readonly session: string;
  readonly lease: string;
  readonly hostId: string;
  readonly groupId: number;
  readonly userName: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly delegatedPrefix?: string;
  /** In base64. */
  readonly radiusClass?: readonly string[];
  /** When the lane began. */
  readonly placedAt: Timestamp;
  /** When this came about. */
  readonly at: Timestamp;
  readonly carried?: Carried;
  /** Of a stop. */
  readonly cause?: TerminateCause;
}

/** What a row of the trail means to authorities other than the headend: a lane began, ended, or both where it moved. */
export function recordsOf(row: AuditRow): readonly LaneRecord[] {
  switch (row.event) {
    case 'lease-granted':
      return present('start', row);
    case 'lease-released':
    case 'lease-expired':
    case 'address-quarantined':
      return present('stop', row);
    case 'lease-changed': {
      const before = beforeMove(row.detail);
      // Its terms only: the lane goes on.
      if (before === undefined) return [];
      return [...present('stop', { ...row, detail: before }), ...present('start', row)];
    }
    default:
      return [];
  }
}

/** What a live lease's authority is told now and then. */
export function interimRecord(lease: Lease, at: Timestamp): LaneRecord {
  const { ipv4, ipv6, delegatedPrefix, radiusClass, carried } = lease;
  return {
    status: 'interim',
    authority: lease.authority,
    session: accountingSession(lease),
    lease: lease.id,
    hostId: lease.hostId,
    groupId: lease.groupId,
    userName: lease.accounting?.userName ?? lease.subscriber,
    ...(ipv4 !== undefined && { ipv4 }),
    ...(ipv6 !== undefined && { ipv6 }),
    ...(delegatedPrefix !== undefined && { delegatedPrefix }),
    ...(radiusClass && { radiusClass }),
    placedAt: lease.placedAt,
    at,
    ...(carried && { carried }),
  };
}

/** The addresses of a lane that has ended, as the trail has it. */
export interface EndedLane {
  readonly lease: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly delegatedPrefix?: string;
}

/** Lanes whose addresses were taken back, whoever granted them. */
export function endedLanesOf({ event, detail }: AuditRow): readonly EndedLane[] {
  if (ENDS.has(event)) return [endedLane(detail)];
  if (event !== 'lease-changed') return [];
  const before = beforeMove(detail);
  // Handed to another subscriber on the same addresses, it stands.
  const moved = before !== undefined && (before.ipv4 !== detail.ipv4 || before.ipv6 !== detail.ipv6);
  return moved ? [endedLane(before)] : [];
}

const ENDS: ReadonlySet<string> = new Set(['lease-released', 'lease-expired', 'address-quarantined']);

function endedLane(detail: AuditDetail): EndedLane {
  const { ipv4, ipv6, delegatedPrefix } = addresses(detail);
  return {
    lease: String(detail.lease),
    ...(ipv4 !== undefined && { ipv4 }),
    ...(ipv6 !== undefined && { ipv6 }),
    ...(delegatedPrefix !== undefined && { delegatedPrefix }),
  };
}

function present(status: 'start' | 'stop', row: AuditRow): readonly LaneRecord[] {
  const { detail, at, hostId, groupId } = row;
  const { authority, session, 'placed-at': placedAt } = detail;
  if (authority === undefined || authority === EMBEDDED || hostId === undefined || groupId === undefined) return [];
  const { 'radius-class': radiusClass, 'in-octets': received, 'out-octets': sent } = detail;
  return [
    {
      status,
      authority: String(authority),
      session: String(session),
      lease: String(detail.lease),
      hostId,
      groupId,
      userName: String(detail['user-name'] ?? detail.subscriber),
      ...addresses(detail),
      ...(Array.isArray(radiusClass) && { radiusClass: radiusClass as readonly string[] }),
      placedAt: Number(placedAt) as Timestamp,
      at,
      ...(status === 'stop' && received !== undefined && { carried: { in: String(received), out: String(sent) } }),
      ...(status === 'stop' && { cause: terminateCause(row) }),
    },
  ];
}

function addresses({ ipv4, ipv6, 'delegated-prefix': delegated }: AuditDetail) {
  return {
    ...(ipv4 !== undefined && { ipv4: String(ipv4) }),
    ...(ipv6 !== undefined && { ipv6: String(ipv6) }),
    ...(delegated !== undefined && { delegatedPrefix: String(delegated) }),
  };
}

/** The members that begin with `was-`, under their own names; none where nothing moved. */
function beforeMove(detail: AuditDetail): AuditDetail | undefined {
  const entries = Object.entries(detail).filter(([name]) => name.startsWith('was-'));
  if (entries.length === 0) return undefined;
  return { lease: detail.lease ?? '', ...Object.fromEntries(entries.map(([name, value]) => [name.slice(4), value])) };
}
