import { labelPattern } from './label-pattern.ts';
import type { Plan, Rule, RuleConditions } from './plan.ts';
import type { Situation } from './situation.ts';
import { windowHolds } from './time-window.ts';
import { clockText, windowText } from './window-text.ts';
import { DIRECTIONS, type DirectionWish, type GroupWish } from './wish.ts';

/** As the plan file names them; `quota`: what every rule is under that gives a class and says nothing of the quota. */
export type ConditionName =
  | 'priority'
  | 'bandwidth-max'
  | 'bandwidth-min'
  | 'direction'
  | 'time'
  | 'days'
  | 'locations'
  | 'applications'
  | 'security'
  | 'quota-used'
  | 'quota';

/** One thing that must hold for a rule to match, made once for a plan. */
export interface Condition {
  readonly name: ConditionName;
  /** What must be there, for people. */
  readonly wanted: string;
  readonly holds: (wish: GroupWish, situation: Situation) => boolean;
  /** What is there, for people. */
  readonly found: (wish: GroupWish, situation: Situation) => string;
}

export interface ConditionedRule {
  readonly rule: Rule;
  /** All must hold. */
  readonly conditions: readonly Condition[];
}

/** The rules of a plan with their conditions. Plans are immutable, so each is read once. */
export function rulesOf(plan: Plan): readonly ConditionedRule[] {
  let rules = conditioned.get(plan);
  if (rules === undefined) {
    rules = plan.rules.map((rule) => ({ rule, conditions: conditionsOf(rule) }));
    conditioned.set(plan, rules);
  }
  return rules;
}

const conditioned = new WeakMap<Plan, readonly ConditionedRule[]>();

/** Of the quota: all of it is used. */
export const USED_UP = 100;

/** In the order of the model. */
function conditionsOf({ when, outcome }: Rule): readonly Condition[] {
  const conditions = [
    priority(when),
    bandwidthMax(when),
    bandwidthMin(when),
    direction(when),
    time(when),
    locations(when),
    applications(when),
    security(when),
    'refuse' in outcome && when.quotaUsed === undefined ? undefined : quota(when),
  ];
  return conditions.filter((condition) => condition !== undefined);
}

function priority({ priority: wanted }: RuleConditions): Condition | undefined {
  if (wanted === undefined) return undefined;
  return {
    name: 'priority',
    wanted,
    holds: (wish) => everyDirection(wish, (asked) => asked.priority === wanted),
    found: (wish) => eachDirection(wish, (asked) => `priority ${asked.priority}`),
  };
}

function bandwidthMax({ bandwidthMax: most }: RuleConditions): Condition | undefined {
  if (most === undefined) return undefined;
  return {
    name: 'bandwidth-max',
    wanted: `${most} kbit/s at most`,
    holds: (wish) => everyDirection(wish, (asked) => asked.bandwidth <= most),
    found: rates,
  };
}

function bandwidthMin({ bandwidthMin: least }: RuleConditions): Condition | undefined {
  if (least === undefined) return undefined;
  return {
    name: 'bandwidth-min',
    wanted: `${least} kbit/s at least`,
    holds: (wish) => everyDirection(wish, (asked) => asked.bandwidth >= least),
    found: rates,
  };
}

function direction({ direction: only }: RuleConditions): Condition | undefined {
  if (only === undefined) return undefined;
  const other = only === 'upld' ? 'dnld' : 'upld';
  return {
    name: 'direction',
    wanted: `${only} and no other`,
    holds: (wish) => wish[only] !== undefined && wish[other] === undefined,
    found: (wish) => DIRECTIONS.filter((one) => wish[one] !== undefined).join(' and '),
  };
}

function time({ time: window, days }: RuleConditions): Condition | undefined {
  if (window === undefined && days === undefined) return undefined;
  return {
    name: window === undefined ? 'days' : 'time',
    wanted: windowText(window, days),
    holds: (_, { moment }) => windowHolds(window, days, moment),
    found: (_, { moment }) => `${moment.day} ${clockText(moment.minuteOfDay)}`,
  };
}

function locations({ locations: wanted }: RuleConditions): Condition | undefined {
  if (wanted === undefined) return undefined;
  return {
    name: 'locations',
    wanted: wanted.join(' or '),
    holds: (_, { places }) => places.some((place) => wanted.includes(place)),
    found: (_, { places }) => places.join(' in ') || 'nowhere in particular',
  };
}

function applications({ applications: patterns }: RuleConditions): Condition | undefined {
  if (patterns === undefined) return undefined;
  const like = patterns.map(labelPattern);
  return {
    name: 'applications',
    wanted: patterns.join(' or '),
    holds: (wish) => wish.applications.some((label) => like.some((matches) => matches(label))),
    found: (wish) => wish.applications.join(', ') || 'none named',
  };
}

function security({ security: wanted }: RuleConditions): Condition | undefined {
  if (wanted === undefined) return undefined;
  return {
    name: 'security',
    wanted,
    holds: (wish) => wish.security === wanted,
    found: (wish) => wish.security ?? 'none named',
  };
}

/** Where nothing is counted, nothing is used. */
function quota({ quotaUsed: least }: RuleConditions): Condition {
  const found = (_: GroupWish, { quotaUsed }: Situation) =>
    quotaUsed === undefined ? 'nothing is counted' : `${Math.floor(quotaUsed)} %`;
  if (least === undefined) {
    // A quota that is used up ends what the plan gives, but for what it says of that very case.
    const holds: Condition['holds'] = (_, { quotaUsed = 0 }) => quotaUsed < USED_UP;
    return { name: 'quota', wanted: 'not used up', holds, found };
  }
  const holds: Condition['holds'] = (_, { quotaUsed = 0 }) => quotaUsed >= least;
  return { name: 'quota-used', wanted: `${least} % at least`, holds, found };
}

function everyDirection({ upld, dnld }: GroupWish, holds: (asked: DirectionWish) => boolean): boolean {
  return (upld === undefined || holds(upld)) && (dnld === undefined || holds(dnld));
}

function eachDirection(wish: GroupWish, text: (asked: DirectionWish) => string): string {
  return DIRECTIONS.flatMap((one) => {
    const asked = wish[one];
    return asked === undefined ? [] : [`${one} ${text(asked)}`];
  }).join(', ');
}

function rates(wish: GroupWish): string {
  return eachDirection(wish, ({ bandwidth }) => `${bandwidth} kbit/s`);
}
