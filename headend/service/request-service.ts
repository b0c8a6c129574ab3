import { type Milliseconds, ok, type Result } from '@sublane/basics';
import type { Grant } from '../aaa/grant.ts';
import { renderMessage } from '../config/render-message.ts';
import type { Configuration } from '../policy/configuration.ts';
import { decide } from '../policy/decide.ts';
import type { Granted } from '../policy/decision.ts';
import { leaseEnd } from '../policy/lease-end.ts';
import { locate, type Whereabouts } from '../policy/locate.ts';
import type { Plan } from '../policy/plan.ts';
import { readWish } from '../policy/read-wish.ts';
import type { Situation } from '../policy/situation.ts';
import { standingDecision } from '../policy/standing-decision.ts';
import type { GroupWish } from '../policy/wish.ts';
import { choosePools, poolsThere } from '../pools/choose-pools.ts';
import type { Refusal, Refusals } from '../refusal/refusal.ts';
import type { AuditEntry } from '../store/records.ts';
import type { GroupReservation, Reservation } from '../store/store.ts';
import { authorityTerms } from './authority-terms.ts';
import { type HostFacts, readHostFacts } from './host-facts.ts';
import { authenticate, identifyHost, planOf } from './identify.ts';
import { loweredEntries } from './lowered-entry.ts';
import type { ServiceReply, SubscriberServiceMessage } from './messages.ts';
import { situationOf } from './quota.ts';
import { refused } from './refused.ts';
import type { Answer, Caller, ServiceParts } from './service.ts';

/** What the flow needs of the headend at one moment. */
export interface Present {
  readonly configuration: Configuration;
  /** When the request was received. */
  readonly at: Milliseconds;
}

/**
 * The flow of one request in its nine steps. 1 and 8 are the agent's: it asks, and applies. 9 is renew-service
 * and expiry. All named groups, or none.
 */
export async function requestService(
  parts: ServiceParts,
  { configuration, at }: Present,
  caller: Caller,
  message: SubscriberServiceMessage,
): Answer<ServiceReply> {
  // 2. The host by its SSH identity, then the subscriber: the AAA gives a grant.
  const host = await identifyHost(parts, caller, message['host-id']);
  if (!host.ok) return refused(host.failure);
  const wishes = readWish(message['application-group']);
  if (!wishes.ok) return refused(...wishes.failure);
  const facts = readHostFacts(caller, message);
  if (!facts.ok) return refused(facts.failure);
  const grant = await authenticate(parts, caller, host.value, message);
  if (!grant.ok) return refused(grant.failure);
  const plan = planOf(grant.value, configuration.plans);
  if (!plan.ok) return refused(plan.failure);

  // 3. Policy decides each group, and names the rule; a policy server, where there is one, may refuse or lower.
  const whereabouts = locate(configuration, caller.peerAddress, message.location);
  const { location } = whereabouts;
  const { subscriber, authority } = grant.value;
  const situation = await situationOf(parts, { configuration, at }, subscriber, plan.value, location);
  const decided = decideAll(wishes.value, grant.value, plan.value, configuration, situation);
  if (!decided.ok) return decided;
  const judged = await parts.hook.judge({
    hostId: caller.hostId,
    subscriber,
    plan: plan.value.name,
    authority,
    ...(location !== undefined && { location }),
    ...(caller.peerAddress !== undefined && { peerAddress: caller.peerAddress }),
    at,
    groups: decided.value,
  });
  if (!judged.ok) return judged;
  const decisions = decided.value.map(({ decision }) => decision);
  const granted = decided.value.map(({ wish }, i) => ({ wish, decision: judged.value[i]! }));

  // 4. Pools are proposed by class and place; the store decides. Both families, lease, session and audit are one
  //    transaction.
  const validUntil = leaseEnd(at, plan.value, grant.value);
  const from = { caller, situation, location, ...facts.value };
  const proposed = proposeAll(granted, plan.value, configuration, from, validUntil);
  if (!proposed.ok) return proposed;
  const reservation: Reservation = {
    hostId: caller.hostId,
    subscriber: grant.value.subscriber,
    at,
    // 6. The attachments served so far ask nothing of the provider's own network, so 4 and 7 are one transaction.
    state: 'active',
    ...authorityTerms(grant.value, at),
    groupsMax: plan.value.groupsMax,
    ...(location !== undefined && { location }),
    ...(facts.value.wireguardKey !== undefined && { wireguardKey: facts.value.wireguardKey }),
    ...(caller.peerAddress !== undefined && { peerAddress: caller.peerAddress }),
    groups: proposed.value,
    ...(grant.value.addresses && { wanted: grant.value.addresses }),
    audit: [
      ...(whereabouts.mismatch ? [locationMismatch(caller, message.location, whereabouts, at)] : []),
      ...loweredEntries(caller.hostId, decisions, judged.value, at),
    ],
  };
  const reserved = await parts.store.leases.reserve(reservation);
  if (!reserved.ok) return refused(reserved.failure);

  // 5. The message to the host. 7. It leaves after 4 is durable, which it is.
  return ok({ 'sp-service-message': renderMessage(caller.hostId, reserved.value, configuration, at) });
}

interface Decided {
  readonly wish: GroupWish;
  readonly decision: Granted;
}

function decideAll(
  wishes: readonly GroupWish[],
  grant: Grant,
  plan: Plan,
  { securityProfiles }: Configuration,
  situation: Situation,
): Result<readonly Decided[], Refusals> {
  const refusals: Refusal[] = [];
  const decided: Decided[] = [];
  for (const wish of wishes) {
    const { groupId, security } = wish;
    if (security !== undefined && !securityProfiles.has(security)) {
      refusals.push({ kind: 'security-profile-unknown', groupId, profile: security });
      continue;
    }
    const decision = decide(wish, grant, plan, situation);
    if (decision.kind === 'refuse') refusals.push(decision.refusal);
    else decided.push({ wish, decision });
  }
  return refusals.length > 0 ? refused(...refusals) : ok(decided);
}

function proposeAll(
  decided: readonly Decided[],
  plan: Plan,
  configuration: Configuration,
  from: Origin,
  validUntil: Milliseconds,
): Result<readonly GroupReservation[], Refusals> {
  const refusals: Refusal[] = [];
  const groups: GroupReservation[] = [];
  for (const { wish, decision } of decided) {
    const { groupId, applications } = wish;
    const { rule, class: service, upld, dnld, security } = decision;
    const { serving, keep, open, draining, successors, wireguard } = choosePools(
      configuration,
      service.name,
      from.location,
      from.reach,
    );
    if (serving.length === 0) {
      refusals.push(noWay(groupId, service.name, configuration, from));
      continue;
    }
    groups.push({
      groupId,
      plan: plan.name,
      class: service.name,
      rule,
      dscp: service.dscp,
      priority: service.priority,
      ...(upld && { upld }),
      ...(dnld && { dnld }),
      applications,
      ...(security !== undefined && { security }),
      guaranteed: service.admission === 'guaranteed',
      decided: standingDecision(wish, plan, from.situation),
      open,
      keep,
      draining,
      successors,
      wireguard,
      validUntil,
    });
  }
  return refusals.length > 0 ? refused(...refusals) : ok(groups);
}

/** Where a request comes from, and how lanes can go back there. */
interface Origin extends HostFacts {
  readonly caller: Caller;
  readonly situation: Situation;
  readonly location: string | undefined;
}

/** No pool of this class reaches the host: why. */
function noWay(groupId: number, className: string, configuration: Configuration, from: Origin): Refusal {
  const { location, caller, reach } = from;
  const there = poolsThere(configuration, className, location);
  if (!there.any) return { kind: 'no-pool', groupId, class: className, ...(location !== undefined && { location }) };
  if (there.wireguard) return { kind: 'wireguard-key-missing', groupId, behindNat: reach.behindNat };
  // A NAT is known by the peer's address.
  return { kind: 'behind-nat', groupId, peerAddress: caller.peerAddress ?? '' };
}

function locationMismatch(
  { hostId, peerAddress }: Caller,
  claimed: string,
  { location }: Whereabouts,
  at: Milliseconds,
): AuditEntry {
  return {
    at,
    event: 'location-mismatch',
    actor: hostId,
    hostId,
    detail: {
      claimed,
      ...(location !== undefined && { location }),
      ...(peerAddress !== undefined && { 'peer-address': peerAddress }),
    },
  };
}
