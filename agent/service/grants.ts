import type { ApplicationGroup } from '@sublane/yang';
import type { AcceptRules } from '../config/accept-rules.ts';
import type { GroupConfig } from '../config/agent-config.ts';
import { leaseRefusals, type ReplyInput, type ReplyVerdict } from './accept-reply.ts';
import { reasonOf } from './agent-failure.ts';
import type { HeldLane } from './agent-state.ts';
import type { Answer, LinkFailure, Refusal, Renewal } from './headend-link.ts';
import { type ReplyRefusal, refusalsText } from './reply-refusal.ts';

/** Which of the lanes granted this host is willing to make. */
export type Judge = (question: Pick<ReplyInput, 'groups' | 'standing' | 'isNew'>) => ReplyVerdict;

/** What a headend's answer comes to on this host. */
export interface Grants {
  /** Of the groups asked about, as they are to be held. */
  readonly lanes: readonly HeldLane[];
  /** Granted, and not accepted. */
  readonly declined: readonly Declined[];
  /** Groups that the answer says nothing of. */
  readonly missing: readonly GroupConfig[];
}

export type Declined = Refusal & { readonly groupId: number };

export interface GrantsBy {
  readonly judge: Judge;
  /**
   * In which words a lane was asked for, where the answer is one to a request: leases that were not known have just
   * begun. Absent: the headend says what there is.
   */
  readonly asked?: (group: GroupConfig) => string;
}

/**
 * A lane that is not accepted is as if it had not been granted: what is
 * held of the same lease is held to its end.
 */
export function grantsIn(
  answer: Answer,
  groups: readonly GroupConfig[],
  held: readonly HeldLane[],
  { judge, asked }: GrantsBy,
): Grants {
  const offers = new Map(answer.groups.map((offer) => [offer.id, offer]));
  const offered = groups.filter(({ id }) => offers.has(id));
  const others = held.filter(({ groupId }) => !offered.some(({ id }) => id === groupId));
  const { accepted, refused } = judge({
    groups: offered.map(({ id }) => offers.get(id) as ApplicationGroup),
    standing: others.map((lane) => lane.answer),
    isNew: ({ lease }) => asked !== undefined && !held.some(({ answer: known }) => known.lease.id === lease.id),
  });
  const lanes = offered.flatMap((group): HeldLane[] => {
    const known = held.find(({ groupId }) => groupId === group.id);
    const granted = accepted.find(({ id }) => id === group.id);
    if (granted !== undefined)
      return [
        { groupId: group.id, answer: granted, sentAt: answer.sentAt, asked: asked?.(group) ?? known?.asked ?? '' },
      ];
    return known?.answer.lease.id === offers.get(group.id)?.lease.id && known !== undefined ? [known] : [];
  });
  const declined = [...refused].map(([groupId, refusals]) => ({ groupId, ...notAccepted(refusals) }));
  return { lanes, declined, missing: groups.filter(({ id }) => !offers.has(id)) };
}

/** As a refusal of the headend's: to the person it is one. */
export const notAccepted = (refusals: readonly ReplyRefusal[]): Refusal => ({
  tag: 'invalid-value',
  code: 'reply-not-accepted',
  message: refusalsText(refusals),
});

export interface Renewed {
  /** All lanes; those renewed live longer. */
  readonly lanes: readonly HeldLane[];
  /** `unknown`: the headend holds another lease than this host, or none. */
  readonly failures: readonly {
    readonly groupId: number;
    readonly reason: string;
    readonly refusal?: Refusal;
    readonly unknown: boolean;
  }[];
}

/** A renewal that failed as a whole. */
export function notRenewed(held: readonly HeldLane[], failure: LinkFailure): Renewed {
  const refusals = failure.kind === 'refused' ? failure.refusals : [];
  const failures = held.map(({ groupId }) => {
    const refusal = refusals.find((one) => one.groupId === groupId) ?? refusals[0];
    const reason = refusal?.message ?? reasonOf(failure);
    // Not held there any more, or not to be renewed: the lane lives to its end, and what the headend holds tells more.
    // Who is told when to ask again has what it had, and is not to ask sooner.
    const unknown = failure.kind === 'refused' && refusal?.retryAfter === undefined;
    return { groupId, reason, ...(refusal && { refusal }), unknown };
  });
  return { lanes: held, failures };
}

/** The lanes of `groupIds` with the terms the headend has given them anew. */
export function renewedLanes(
  lanes: readonly HeldLane[],
  groupIds: readonly number[],
  { renewals, sentAt }: { readonly renewals: readonly Renewal[]; readonly sentAt: HeldLane['sentAt'] },
  rules: AcceptRules,
): Renewed {
  const failures: Renewed['failures'][number][] = [];
  const renewed = lanes.map((lane): HeldLane => {
    const { groupId } = lane;
    if (!groupIds.includes(groupId)) return lane;
    const renewal = renewals.find((one) => one.groupId === groupId && one.leaseId === lane.answer.lease.id);
    if (renewal === undefined) {
      failures.push({ groupId, reason: 'the headend did not renew this lease', unknown: true });
      return lane;
    }
    const { leaseId: id, validLifetime, renewAfter } = renewal;
    const lease = { id, 'valid-lifetime': validLifetime, 'renew-after': renewAfter };
    const refusals = [...leaseRefusals(lease, rules, false)];
    if (refusals.length === 0) return { ...lane, sentAt, answer: { ...lane.answer, lease } };
    const refusal = notAccepted(refusals);
    failures.push({ groupId, reason: refusal.message, refusal, unknown: false });
    return lane;
  });
  return { lanes: renewed, failures };
}
