import { EMBEDDED } from '../aaa/grant.ts';
import type { AuditDetail, Lease } from './records.ts';

/** What the trail says of a lease: enough to tell later who held an address, why, and what it was worth. */
export function leaseDetail(lease: Lease): AuditDetail {
  return {
    lease: lease.id,
    subscriber: lease.subscriber,
    ...(lease.ipv4 !== undefined && { ipv4: lease.ipv4 }),
    ...(lease.ipv6 !== undefined && { ipv6: lease.ipv6 }),
    ...(lease.delegatedPrefix !== undefined && { 'delegated-prefix': lease.delegatedPrefix }),
    pool: lease.pool,
    plan: lease.plan,
    class: lease.class,
    rule: lease.rule,
    dscp: lease.dscp,
    ...(lease.upld && { upld: lease.upld.rate }),
    ...(lease.dnld && { dnld: lease.dnld.rate }),
    ...(lease.security !== undefined && { security: lease.security }),
    ...(lease.location !== undefined && { location: lease.location }),
    ...(lease.peerAddress !== undefined && { 'peer-address': lease.peerAddress }),
    ...(lease.wireguardKey !== undefined && { 'wireguard-public-key': lease.wireguardKey }),
    'valid-until': lease.validUntil,
    ...authorityDetail(lease),
  };
}

/** What a lease had before it moved, or before it was another subscriber's: that lane ended, and another began. */
export function moveDetail(before: Lease): AuditDetail {
  return {
    ...(before.ipv4 !== undefined && { 'was-ipv4': before.ipv4 }),
    ...(before.ipv6 !== undefined && { 'was-ipv6': before.ipv6 }),
    ...(before.delegatedPrefix !== undefined && { 'was-delegated-prefix': before.delegatedPrefix }),
    'was-subscriber': before.subscriber,
    ...prefixed(authorityDetail(before)),
  };
}

/** What the authority is told of a lane beside its addresses, where it is another than the headend itself. */
function authorityDetail(lease: Lease): AuditDetail {
  const { authority, radiusClass, accounting, placedAt, endsBy, carried } = lease;
  if (authority === EMBEDDED) return {};
  return {
    authority,
    session: accountingSession(lease),
    'placed-at': placedAt,
    ...(radiusClass && { 'radius-class': radiusClass }),
    ...(accounting?.userName !== undefined && { 'user-name': accounting.userName }),
    ...(endsBy !== undefined && { 'ends-by': endsBy }),
    ...(carried && { 'in-octets': carried.in, 'out-octets': carried.out }),
  };
}

/** Acct-Session-Id: the lease, and where it moved, which of its lanes. `leaseOfSession` reads it. */
export function accountingSession({ id, grantedAt, placedAt }: Pick<Lease, 'id' | 'grantedAt' | 'placedAt'>): string {
  return placedAt === grantedAt ? id : `${id}-${placedAt.toString(36)}`;
}

/** The id of the lease that a session is of. */
export const leaseOfSession = (session: string): string => session.split('-', 1)[0] ?? '';

const prefixed = (detail: AuditDetail): AuditDetail =>
  Object.fromEntries(Object.entries(detail).map(([name, value]) => [`was-${name}`, value]));
