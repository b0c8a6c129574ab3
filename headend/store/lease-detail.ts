import type { AuditDetail, Lease } from './records.ts';

/** What the trail says of a lease: enough to tell later who held an address, why, and what it was worth. */
export function leaseDetail(lease: Lease): AuditDetail {
  return {
    lease: lease.id,
    subscriber: lease.subscriber,
    ...(lease.ipv4 !== undefined && { ipv4: lease.ipv4 }),
    ...(lease.ipv6 !== undefined && { ipv6: lease.ipv6 }),
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
  };
}
