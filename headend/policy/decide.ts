import type { KilobitsPerSecond } from '@sublane/basics';
import type { Grant } from '../aaa/grant.ts';
import { rulesOf, USED_UP } from './conditions.ts';
import { DEFAULT_RULE, type Decision, type PolicyRefusal, type Treatment } from './decision.ts';
import type { Limit, OverCeiling, Plan, ServiceClass } from './plan.ts';
import type { Situation } from './situation.ts';
import { DIRECTIONS, type Direction, type GroupWish } from './wish.ts';

/**
 * What one group gets, over both its directions: one class, one mark. The first rule whose conditions all hold decides;
 * where none does, the plan's default class, as if by a rule that refuses what is over a ceiling. When the quota is used
 * up, only rules that say something of it still give a class.
 *
 * Pure: the same arguments give the same decision, and it names its rule. `plan` is the one the grant names.
 */
export function decide(wish: GroupWish, grant: Grant, plan: Plan, situation: Situation): Decision {
  const { groupId } = wish;
  const match = rulesOf(plan).find(({ conditions }) => conditions.every(({ holds }) => holds(wish, situation)));
  if (match === undefined) {
    const { quotaUsed = 0, quotaAnewIn: retryAfter } = situation;
    if (quotaUsed >= USED_UP) {
      const until = retryAfter === undefined ? {} : { retryAfter };
      return refuse(DEFAULT_RULE, { kind: 'quota-exceeded', groupId, plan: plan.name, ...until });
    }
    if (plan.defaultClass === undefined) return refuse(DEFAULT_RULE, { kind: 'no-rule', groupId, plan: plan.name });
    return fit(wish, grant, classOf(plan, plan.defaultClass), DEFAULT_RULE, 'refuse');
  }
  const { name, outcome } = match.rule;
  if ('refuse' in outcome) return refuse(name, { kind: 'rule-refuses', groupId, rule: name, text: outcome.refuse });
  return fit(wish, grant, classOf(plan, outcome.class), name, outcome.overCeiling);
}

/** What the class gives of the wish, and no more than the grant allows. */
function fit(wish: GroupWish, grant: Grant, service: ServiceClass, rule: string, overCeiling: OverCeiling): Decision {
  const { groupId } = wish;
  const { securityProfile: bound, name: className } = service;
  if (bound !== undefined && wish.security !== undefined && wish.security !== bound) {
    return refuse(rule, {
      kind: 'security-not-offered',
      groupId,
      rule,
      class: className,
      asked: wish.security,
      bound,
    });
  }
  const granted: { upld?: Treatment; dnld?: Treatment } = {};
  let lowered = false;
  for (const direction of DIRECTIONS) {
    const wanted = wish[direction];
    if (wanted === undefined) continue;
    const limit = service[direction];
    if (limit === undefined) {
      return refuse(rule, { kind: 'direction-not-offered', groupId, rule, class: className, direction });
    }
    const { ceiling, authority } = lowerCeiling(limit, grant, direction);
    const over = ceiling !== 'unlimited' && wanted.bandwidth > ceiling;
    if (over && overCeiling === 'refuse') {
      return refuse(rule, {
        kind: 'over-ceiling',
        groupId,
        rule,
        class: className,
        direction,
        asked: wanted.bandwidth,
        ceiling,
        ...(authority !== undefined && { authority }),
      });
    }
    lowered ||= over;
    granted[direction] = {
      rate: over ? ceiling : wanted.bandwidth,
      ...(limit.burst !== undefined && { burst: limit.burst }),
      priority: service.priority,
    };
  }
  const security = bound ?? wish.security;
  return {
    kind: lowered ? 'lower' : 'accept',
    groupId,
    rule,
    class: service,
    ...granted,
    ...(security !== undefined && { security }),
  };
}

/** The class's ceiling, or the authority's where that is lower. */
function lowerCeiling(
  { ceiling }: Limit,
  grant: Grant,
  direction: Direction,
): { readonly ceiling: KilobitsPerSecond | 'unlimited'; readonly authority?: string } {
  const allowed = direction === 'upld' ? grant.upldCeiling : grant.dnldCeiling;
  if (allowed === undefined || (ceiling !== 'unlimited' && ceiling <= allowed)) return { ceiling };
  return { ceiling: allowed, authority: grant.authority };
}

function refuse(rule: string, refusal: PolicyRefusal): Decision {
  return { kind: 'refuse', groupId: refusal.groupId, rule, refusal };
}

function classOf(plan: Plan, name: string): ServiceClass {
  const service = plan.classes.get(name);
  // The YANG module's leafrefs let no such plan be committed.
  if (service === undefined) throw new Error(`plan ${plan.name}: no class ${name}`);
  return service;
}
