import type { Grant } from '../aaa/grant.ts';
import { type ConditionedRule, type ConditionName, rulesOf } from './conditions.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import type { Plan } from './plan.ts';
import type { Situation } from './situation.ts';
import type { GroupWish } from './wish.ts';

/** A decision, and what became of each rule of the plan, in their order. */
export interface Explanation {
  readonly decision: Decision;
  readonly rules: readonly RuleAccount[];
}

export type RuleAccount =
  | { readonly rule: string; readonly verdict: 'decides' }
  | {
      readonly rule: string;
      readonly verdict: 'differs';
      /** The first of its conditions that does not hold. */
      readonly condition: ConditionName;
      /** What it wants and what there is: for people. */
      readonly wanted: string;
      readonly found: string;
    }
  /** After the one that decides. */
  | { readonly rule: string; readonly verdict: 'later' };

/** What `decide` answers to the same arguments, and why by each rule. Pure. */
export function explain(wish: GroupWish, grant: Grant, plan: Plan, situation: Situation): Explanation {
  let decided = false;
  const account = ({ rule: { name: rule }, conditions }: ConditionedRule): RuleAccount => {
    if (decided) return { rule, verdict: 'later' };
    const failed = conditions.find(({ holds }) => !holds(wish, situation));
    decided = failed === undefined;
    if (failed === undefined) return { rule, verdict: 'decides' };
    const { name: condition, wanted, found } = failed;
    return { rule, verdict: 'differs', condition, wanted, found: found(wish, situation) };
  };
  return { decision: decide(wish, grant, plan, situation), rules: rulesOf(plan).map(account) };
}
