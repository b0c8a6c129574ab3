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
function authorityDetail({ authority, radiusClass, accounting, placedAt, endsBy, report }: Lease): AuditDetail {
  if (authority === EMBEDDED) return {};
  return {
    authority,
    session: accountingSession(lease),
    'placed-at': placedAt,
    ...(radiusClass && { 'radius-class': radiusClass }),
    ...(accounting?.userName !== undefined && { 'user-name': accounting.userName }),
    ...(endsBy !== undefined && { 'ends-by': endsBy }),
    ...(report?.inOctets !== undefined && { 'in-octets': report.inOctets }),
    ...(report?.outOctets !== undefined && { 'out-octets': report.outOctets }),
  };
}

const prefixed = (detail: AuditDetail): AuditDetail =>
  Object.fromEntries(Object.entries(detail).map(([name, value]) => [`was-${name}`, value]));
