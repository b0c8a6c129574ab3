import { type Milliseconds, milliseconds, ok, toMilliseconds } from '@sublane/basics';
import type { ApplicationGroup } from '@sublane/yang';
import { lifetimesOf } from '../config/lifetimes.ts';
import { renderMessage, surroundingsOf } from '../config/render-message.ts';
import type { Configuration } from '../policy/configuration.ts';
import { QUARANTINE } from '../pools/pool.ts';
import type { LaneReport, Lease } from '../store/records.ts';
import { identifyHost } from './identify.ts';
import type { HostAndGroups, RenewServiceReply, ReportService, ServiceReply } from './messages.ts';
import { periodOf } from './quota.ts';
import { refused } from './refused.ts';
import type { Present } from './request-service.ts';
import type { Answer, Caller, ServiceParts } from './service.ts';
import { isToMove, notToRenew } from './standing.ts';

/**
 * Extends the named groups' leases, or all of the host's, by the plan's term from now. All or none: where what one was
 * granted by has changed, its host is to request that group instead.
 */
export async function renewService(
  parts: ServiceParts,
  present: Present,
  caller: Caller,
  input: HostAndGroups,
): Answer<RenewServiceReply> {
  const { configuration, at } = present;
  const host = await identifyHost(parts, caller, input['host-id']);
  if (!host.ok) return refused(host.failure);
  const leases = await parts.store.leases.ofHost(caller.hostId, at);
  const wanted = new Set(input['group-id'] ?? leases.map(({ groupId }) => groupId));
  const renewing = leases.filter(({ groupId }) => wanted.has(groupId));
  const refusals = await notToRenew(parts, present, caller, renewing);
  const up = renewing
    .filter(({ groupId }) => !refusals.some((one) => 'groupId' in one && one.groupId === groupId))
    .filter((lease) => isUp(lease, endAfterRenewal(lease, configuration, at)));
  if (refusals.length + up.length > 0) {
    return refused(
      refusals,
      up.map(({ groupId }) => ({ kind: 'request-again', groupId })),
    );
  }
  const groups = [...wanted].map((groupId) => {
    const lease = leases.find((held) => held.groupId === groupId);
    return { groupId, validUntil: lease === undefined ? at : endAfterRenewal(lease, configuration, at) };
  });
  const extended = await parts.store.leases.extend(caller.hostId, groups, at);
  if (!extended.ok) return refused(extended.failure);
  if (extended.value.length === 0) return ok({});
  return ok({
    'application-group': extended.value.map((lease) => {
      const { plan, pool } = surroundingsOf(lease, configuration);
      const { valid, renewAfter } = lifetimesOf(lease, plan?.lease, pool, at);
      return { id: lease.groupId, 'lease-id': lease.id, 'valid-lifetime': valid, 'renew-after': renewAfter };
    }),
  });
}

/** Whether its authority has a say before it may last that long. */
function isUp({ endsBy }: Lease, until: Milliseconds): boolean {
  return endsBy !== undefined && until > endsBy;
}

/** In a draining pool the end stays where it is; so it does where the plan is gone. */
function endAfterRenewal(lease: Lease, configuration: Configuration, at: Milliseconds): Milliseconds {
  const { plan, pool } = surroundingsOf(lease, configuration);
  if (plan === undefined || pool.adminState === 'draining') return lease.validUntil;
  return milliseconds(at + toMilliseconds(plan.lease.valid));
}

/** Gives the named groups back, or all. Releasing what is not held is no error. */
export async function releaseService(
  parts: ServiceParts,
  { at }: Present,
  caller: Caller,
  input: HostAndGroups,
): Answer<number> {
  const host = await identifyHost(parts, caller, input['host-id']);
  if (!host.ok) return refused(host.failure);
  const deed = { actor: caller.hostId, at };
  const released = await parts.store.leases.release(caller.hostId, input['group-id'] ?? [], deed);
  return released.ok ? ok(released.value.length) : refused(released.failure);
}

/** What the host holds now. */
export async function getService(
  parts: ServiceParts,
  { configuration, at }: Present,
  caller: Caller,
  input: HostAndGroups,
): Answer<ServiceReply> {
  const host = await identifyHost(parts, caller, input['host-id']);
  if (!host.ok) return refused(host.failure);
  const wanted = input['group-id'];
  const leases = (await parts.store.leases.ofHost(caller.hostId, at)).filter(
    ({ groupId }) => wanted === undefined || wanted.includes(groupId),
  );
  const held = renderMessage(caller.hostId, leases, configuration, at);
  const again = new Set(leases.filter((lease) => isToMove(lease, configuration)).map(({ groupId }) => groupId));
  if (again.size === 0) return ok({ 'sp-service-message': held });
  const groups = held['application-group']?.map((group) => (again.has(group.id) ? renewAtOnce(group) : group));
  return ok({ 'sp-service-message': { ...held, ...(groups && { 'application-group': groups }) } });
}

/** So that the host learns without delay that it is to request the group again; the lease lasts as long as it did. */
const renewAtOnce = (group: ApplicationGroup): ApplicationGroup => ({
  ...group,
  lease: { ...group.lease, 'renew-after': 0 },
});

/** Notes what the host reached; answers how many leases ended, since others use their addresses. */
export async function reportService(
  parts: ServiceParts,
  { configuration, at }: Present,
  caller: Caller,
  input: ReportService,
): Answer<number> {
  const host = await identifyHost(parts, caller, input['host-id']);
  if (!host.ok) return refused(host.failure);
  const reports = input['application-group'].map((group) => {
    const { state, reason, 'in-octets': inOctets, 'out-octets': outOctets } = group;
    const conflictAddresses = group['conflict-address'];
    const report: LaneReport = {
      state,
      at,
      ...(reason !== undefined && reason !== '' && { reason }),
      ...(conflictAddresses && conflictAddresses.length > 0 && { conflictAddresses }),
      ...(inOctets !== undefined && { inOctets }),
      ...(outOctets !== undefined && { outOctets }),
    };
    return { groupId: group.id, report };
  });
  const quarantineOf = (pool: string) => configuration.pools.get(pool)?.quarantine ?? QUARANTINE;
  const period = periodOf(configuration, at);
  const noted = await parts.store.leases.report(caller.hostId, reports, quarantineOf, period);
  return noted.ok ? ok(noted.value.length) : refused(noted.failure);
}
