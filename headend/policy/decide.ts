import type { Grant } from '../aaa/grant.ts';
import { DEFAULT_RULE, type Decision, type Treatment } from './decision.ts';
import type { Limit, OverCeiling, Plan, Rule, RuleConditions, ServiceClass } from './plan.ts';
import type { Situation } from './situation.ts';
import { windowHolds } from './time-window.ts';
import { DIRECTIONS, type DirectionWish, type GroupWish } from './wish.ts';

/**
 * What one group gets, over both its directions: one class, one mark. The first rule whose conditions all hold decides;
 * where none does, the plan's default class, as if by a rule that refuses what is over a ceiling.
 *
 * Pure: the same arguments give the same decision, and it names its rule. `plan` is the one the grant names.
 */
export function decide(wish: GroupWish, grant: Grant, plan: Plan, situation: Situation): Decision {
  const { groupId } = wish;
  const rule = plan.rules.find(({ when }) => holds(when, wish, situation));
  if (rule === undefined) {
    const className = plan.defaultClass;
    const service = className === undefined ? undefined : plan.classes.get(className);
    if (service !== undefined) return fit(wish, service, DEFAULT_RULE, 'refuse');
    return refuse(wish, DEFAULT_RULE, { kind: 'no-rule', groupId, plan: grant.plan });
  }
  if ('refuse' in rule.outcome) {
    return refuse(wish, rule.name, { kind: 'rule-refuses', groupId, rule: rule.name, text: rule.outcome.refuse });
  }
  return fit(wish, classOf(plan, rule, rule.outcome.class), rule.name, rule.outcome.overCeiling);
}

/** All that are given must hold, for every direction asked. */
function holds(when: RuleConditions, wish: GroupWish, { moment }: Situation): boolean {
  const { priority, bandwidthMax, direction, time, days } = when;
  for (const asked of DIRECTIONS) {
    const wanted = wish[asked];
    if (wanted === undefined) continue;
    if (direction !== undefined && asked !== direction) return false;
    if (priority !== undefined && wanted.priority !== priority) return false;
    if (bandwidthMax !== undefined && wanted.bandwidth > bandwidthMax) return false;
  }
  return windowHolds(time, days, moment);
}

/** What the class gives of the wish. */
function fit(wish: GroupWish, service: ServiceClass, rule: string, overCeiling: OverCeiling): Decision {
  const { groupId } = wish;
  const granted: { upld?: Treatment; dnld?: Treatment } = {};
  let lowered = false;
  for (const direction of DIRECTIONS) {
    const wanted = wish[direction];
    if (wanted === undefined) continue;
    const limit = service[direction];
    if (limit === undefined) {
      return refuse(wish, rule, { kind: 'direction-not-offered', groupId, rule, class: service.name, direction });
    }
    const over = ceilingMet(wanted, limit);
    if (over !== undefined && overCeiling === 'refuse') {
      return refuse(wish, rule, {
        kind: 'over-ceiling',
        groupId,
        rule,
        class: service.name,
        direction,
        asked: wanted.bandwidth,
        ceiling: over,
      });
    }
    lowered ||= over !== undefined;
    granted[direction] = {
      rate: over ?? wanted.bandwidth,
      ...(limit.burst !== undefined && { burst: limit.burst }),
      priority: service.priority,
    };
  }
  return { kind: lowered ? 'lower' : 'accept', groupId, rule, class: service, ...granted };
}

/** The ceiling a wish is over; undefined where it fits. */
function ceilingMet(wanted: DirectionWish, { ceiling }: Limit) {
  return ceiling !== 'unlimited' && wanted.bandwidth > ceiling ? ceiling : undefined;
}

function refuse(
  { groupId }: GroupWish,
  rule: string,
  refusal: Extract<Decision, { kind: 'refuse' }>['refusal'],
): Decision {
  return { kind: 'refuse', groupId, rule, refusal };
}

function classOf(plan: Plan, rule: Rule, name: string): ServiceClass {
  const service = plan.classes.get(name);
  // The YANG module's leafref lets no such plan be committed.
  if (service === undefined) throw new Error(`rule ${rule.name} of plan ${plan.name}: no class ${name}`);
  return service;
}
