import { createHash } from 'node:crypto';
import type { Grant } from '../aaa/grant.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import type { Plan, ServiceClass } from './plan.ts';
import type { Situation } from './situation.ts';
import type { GroupWish } from './wish.ts';

/**
 * What a plan makes of a wish now, in a few characters: the same as long as rule, class, rates and routes are. Without
 * what one grant or a policy server lowers: those are not known when a lease is renewed, and may differ each time.
 */
function outcomeOf(decision: Decision, plan: Plan): string {
  if (decision.kind === 'refuse') return `no ${decision.rule}`;
  const { rule, class: service, upld, dnld, security } = decision;
  return digest([rule, classDigest(plan, service), upld, dnld, security]);
}

/** What was asked for and what the plan made of it, to be kept with the lease. */
export function standingDecision(wish: GroupWish, plan: Plan, situation: Situation): string {
  const { groupId: _, applications: __, ...rest } = wish;
  const decision = decide(wish, grantOf(plan), plan, situation);
  return JSON.stringify({ wish: rest, outcome: outcomeOf(decision, plan) });
}

/** What the plan, as it is now, makes of the wish of a lease; undefined: what it did. */
export function changedDecision(
  decided: string,
  { groupId, applications }: Pick<GroupWish, 'groupId' | 'applications'>,
  plan: Plan,
  situation: Situation,
): Decision | undefined {
  const { wish, outcome } = JSON.parse(decided) as { wish: GroupWish; outcome: string };
  const decision = decide({ ...wish, groupId, applications }, grantOf(plan), plan, situation);
  return outcomeOf(decision, plan) === outcome ? undefined : decision;
}

const grantOf = ({ name }: Plan): Grant => ({ subscriber: '', plan: name, authority: '' });

/** Classes may list many routes, and plans are immutable: each is gone through once. */
function classDigest(plan: Plan, service: ServiceClass): string {
  const known = digests.get(plan) ?? new Map<string, string>();
  digests.set(plan, known);
  let found = known.get(service.name);
  if (found === undefined) {
    found = digest([service, plan.routes]);
    known.set(service.name, found);
  }
  return found;
}

const digests = new WeakMap<Plan, Map<string, string>>();

const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22);
