import type { Configuration } from '../policy/configuration.ts';
import { locate } from '../policy/locate.ts';
import { changedDecision } from '../policy/standing-decision.ts';
import type { Refusal } from '../refusal/refusal.ts';
import type { Lease } from '../store/records.ts';
import { situationOf } from './quota.ts';
import type { Present } from './request-service.ts';
import type { Caller, ServiceParts } from './service.ts';

/** Why leases are not renewed: they are to be requested again, or their quota is used up. */
export async function notToRenew(
  parts: Pick<ServiceParts, 'store'>,
  present: Present,
  caller: Caller,
  leases: readonly Lease[],
): Promise<readonly Refusal[]> {
  const refusals = await Promise.all(leases.map((lease) => refusalOf(parts, present, caller, lease)));
  return refusals.filter((refusal) => refusal !== undefined);
}

/** Somebody has said so, or its pool gives way to another. */
export function isToMove(lease: Lease, { pools }: Configuration): boolean {
  return lease.recalled || pools.get(lease.pool)?.adminState === 'moving';
}

/**
 * Policy may decide otherwise than when the lease was granted: a time window is over, a threshold of the quota reached,
 * the plan changed, the host has moved. It is asked whenever a host renews and never in between: that costs a renewal a
 * few microseconds (a decision is a pure function; the place is looked up for another access address only) and, for a
 * plan with a quota, one keyed read. So a change reaches a live lane after half a lease, as long as the plan leaves
 * `renew-at` at its default; where that is too late, the leases are recalled. The new decision is taken by a request,
 * which asks the authority and the policy server too.
 */
async function refusalOf(
  parts: Pick<ServiceParts, 'store'>,
  present: Present,
  { peerAddress }: Caller,
  lease: Lease,
): Promise<Refusal | undefined> {
  const { configuration } = present;
  const again: Refusal = { kind: 'request-again', groupId: lease.groupId };
  if (isToMove(lease, configuration)) return again;
  const plan = configuration.plans.get(lease.plan);
  // A plan that is gone gives nothing new: the lease goes on to its end. So does one from before decisions were kept.
  if (plan === undefined || lease.decided === undefined) return undefined;
  const moved = peerAddress !== lease.peerAddress;
  const location = moved ? locate(configuration, peerAddress, lease.location ?? 'auto').location : lease.location;
  if (location !== lease.location) return again;
  const situation = await situationOf(parts, present, lease.subscriber, plan, location);
  const changed = changedDecision(lease.decided, lease, plan, situation);
  if (changed === undefined) return undefined;
  // That no other authority and no policy server makes good.
  return changed.kind === 'refuse' && changed.refusal.kind === 'quota-exceeded' ? changed.refusal : again;
}
