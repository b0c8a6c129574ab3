import { kilobitsPerSecond } from '@sublane/basics';
import type { Grant } from '../aaa/grant.ts';
import { type ConditionedRule, type ConditionName, rulesOf } from './conditions.ts';
import { decide } from './decide.ts';
import { DEFAULT_RULE, type Decision } from './decision.ts';
import type { Plan, Rule, ServiceClass } from './plan.ts';
import type { Situation } from './situation.ts';
import { clockText } from './window-text.ts';
import { DIRECTIONS, type GroupWish } from './wish.ts';

/** What hangs on the world, not on the words of a wish. */
const OF_THE_SITUATION: ReadonlySet<ConditionName> = new Set(['time', 'days', 'locations', 'quota-used', 'quota']);

/**
 * Why nobody with this plan gets a lane of the class in this situation, whatever it wishes, in words for the subscriber;
 * undefined: somebody does. Each rule that gives the class, and the default, is tried with a wish made to fit it.
 */
export function whyNotOffered(
  service: ServiceClass,
  plan: Plan,
  grant: Grant,
  situation: Situation,
): string | undefined {
  const given = rulesOf(plan).filter(({ rule: { outcome } }) => 'class' in outcome && outcome.class === service.name);
  const ways: readonly (ConditionedRule | undefined)[] =
    plan.defaultClass === service.name ? [...given, undefined] : given;
  const reasons: string[] = [];
  for (const way of ways) {
    const wish = wishFor(service, way?.rule);
    const decision = decide(wish, grant, plan, situation);
    if (decision.kind !== 'refuse' && decision.class.name === service.name) return undefined;
    reasons.push(reasonOf(decision, way, wish, plan, situation));
  }
  return reasons[0] ?? 'no rule of the plan gives it';
}

/** A wish that the rule is about: all it asks of a wish is there, and as little else as can be. */
function wishFor(service: ServiceClass, rule: Rule | undefined): GroupWish {
  const { priority = service.priority, bandwidthMin, direction, applications = [], security } = rule?.when ?? {};
  const asked = { bandwidth: bandwidthMin ?? LEAST, priority };
  const directions = DIRECTIONS.filter((one) => service[one] !== undefined && (direction ?? one) === one);
  return {
    groupId: 1,
    ...Object.fromEntries(directions.map((one) => [one, asked])),
    applications: applications.slice(0, 1).map((pattern) => pattern.replaceAll('*', '').replaceAll('?', 'x')),
    ...(security !== undefined && { security }),
  };
}

const LEAST = kilobitsPerSecond(1);

function reasonOf(
  decision: Decision,
  way: ConditionedRule | undefined,
  wish: GroupWish,
  plan: Plan,
  situation: Situation,
): string {
  const missed = way?.conditions.find(({ name, holds }) => OF_THE_SITUATION.has(name) && !holds(wish, situation));
  if (decision.kind === 'refuse' && decision.refusal.kind === 'quota-exceeded') return 'the quota is used up';
  if (missed?.name === 'quota') return 'the quota is used up';
  if (missed !== undefined) return NEEDS[missed.name]?.(missed.wanted) ?? missed.wanted;
  if (decision.kind === 'refuse' && decision.refusal.kind === 'rule-refuses') {
    const { rule, text } = decision.refusal;
    const until = plan.rules.find(({ name }) => name === rule)?.when.time?.end;
    return until === undefined ? text : `${text} (until ${clockText(until)})`;
  }
  if (decision.kind !== 'refuse') return `who asks for it gets ${decision.class.name}, by rule ${decision.rule}`;
  return decision.rule === DEFAULT_RULE ? 'the plan refuses it' : `rule ${decision.rule} refuses it`;
}

const NEEDS: { readonly [N in ConditionName]?: (wanted: string) => string } = {
  time: (wanted) => `only ${wanted}`,
  days: (wanted) => `only on ${wanted}`,
  locations: (wanted) => `only at ${wanted}`,
  'quota-used': (wanted) => `only with ${wanted} of the quota used`,
};
