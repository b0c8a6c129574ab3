import { DEFAULT_RULE } from '../policy/decision.ts';
import type { LaneRate, LaneReport, Lease } from '../store/records.ts';
import { dateAndTime } from './time-text.ts';

/** A lease as `list-leases` shows it. */
export function leaseEntry(lease: Lease) {
  const { ipv4, ipv6, delegatedPrefix, rule, upld, dnld, security, location, peerAddress, wireguardKey, report } =
    lease;
  return {
    id: lease.id,
    'host-id': lease.hostId,
    'group-id': lease.groupId,
    subscriber: lease.subscriber,
    authority: lease.authority,
    plan: lease.plan,
    class: lease.class,
    ...(rule !== DEFAULT_RULE && { rule }),
    pool: lease.pool,
    ...(ipv4 !== undefined && { ipv4 }),
    ...(ipv6 !== undefined && { ipv6 }),
    ...(delegatedPrefix !== undefined && { 'delegated-prefix': delegatedPrefix }),
    state: lease.state,
    // An empty leaf (RFC 7951 §6.9).
    ...(lease.recalled && { recalled: [null] as const }),
    dscp: lease.dscp,
    priority: lease.priority,
    ...(upld && { upld: rateEntry(upld) }),
    ...(dnld && { dnld: rateEntry(dnld) }),
    ...(security !== undefined && { security }),
    ...(lease.applications.length > 0 && { application: lease.applications }),
    ...(location !== undefined && { location }),
    ...(peerAddress !== undefined && { 'attachment-address': peerAddress }),
    ...(wireguardKey !== undefined && { 'wireguard-public-key': wireguardKey }),
    granted: dateAndTime(lease.grantedAt),
    'valid-until': dateAndTime(lease.validUntil),
    ...(report && { report: reportEntry(report) }),
  };
}

function rateEntry({ rate, burst }: LaneRate) {
  return { rate, ...(burst !== undefined && { burst }) };
}

function reportEntry({ state, at, reason, conflictAddresses, inOctets, outOctets }: LaneReport) {
  return {
    state,
    time: dateAndTime(at),
    ...(reason !== undefined && { reason }),
    ...(conflictAddresses !== undefined && conflictAddresses.length > 0 && { 'conflict-address': conflictAddresses }),
    ...(inOctets !== undefined && { 'in-octets': inOctets }),
    ...(outOctets !== undefined && { 'out-octets': outOctets }),
  };
}
