import { kilobitsPerSecond, ok, type Result } from '@sublane/basics';
import type { Granted, Treatment } from '../policy/decision.ts';
import type { Refusal, RefusalOf, Refusals } from '../refusal/refusal.ts';
import type { GroupVerdict, HookGroup, HookVerdict } from './policy-hook.ts';

/**
 * What is left of the plan's decisions. For any verdict: the same class, rule and directions, and no rate above the
 * decision's. A request is atomic, so one refused group refuses it, with a refusal for each of them.
 */
export function applyVerdict(groups: readonly HookGroup[], verdict: HookVerdict): Result<readonly Granted[], Refusals> {
  if (!verdict.allow) return { ok: false, failure: [refusal(verdict)] };
  const refusals: Refusal[] = [];
  const granted: Granted[] = [];
  for (const { decision } of groups) {
    const said = verdict.groups.get(decision.groupId);
    if (said?.allow === false) refusals.push(refusal(said, decision));
    else granted.push(said === undefined ? decision : lowered(decision, said));
  }
  const [first, ...more] = refusals;
  return first === undefined ? ok(granted) : { ok: false, failure: [first, ...more] };
}

function refusal({ reason }: { readonly reason?: string }, decision?: Granted): RefusalOf<'policy-hook-refuses'> {
  return {
    kind: 'policy-hook-refuses',
    ...(decision && { groupId: decision.groupId, rule: decision.rule }),
    ...(reason !== undefined && reason !== '' && { reason }),
  };
}

function lowered(decision: Granted, ceilings: GroupVerdict): Granted {
  const upld = decision.upld && atMost(decision.upld, ceilings.upld);
  const dnld = decision.dnld && atMost(decision.dnld, ceilings.dnld);
  if (upld === decision.upld && dnld === decision.dnld) return decision;
  return { ...decision, kind: 'lower', ...(upld && { upld }), ...(dnld && { dnld }) };
}

function atMost(treatment: Treatment, ceiling: number | undefined): Treatment {
  if (ceiling === undefined || treatment.rate <= ceiling) return treatment;
  return { ...treatment, rate: kilobitsPerSecond(ceiling) };
}
