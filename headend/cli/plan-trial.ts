import { failed, type JsonObject, milliseconds, ok, rateText } from '@sublane/basics';
import { EMBEDDED } from '../aaa/grant.ts';
import { parseGroupWish } from '../configuration/group-file.ts';
import { ROOT } from '../configuration/headend-data.ts';
import { readConfiguration } from '../configuration/model.ts';
import { decide } from '../policy/decide.ts';
import { DEFAULT_RULE, type Granted } from '../policy/decision.ts';
import type { Plan } from '../policy/plan.ts';
import { situationAt } from '../policy/situation.ts';
import type { DirectionWish, GroupWish } from '../policy/wish.ts';
import { refusalToRpcError } from '../refusal/rpc-errors.ts';
import type { Outcome } from './outcome.ts';

/** What a plan would answer to one group's request, at a time of the day in UTC; without a headend, and nothing changes. */
export async function tryPlan(plan: JsonObject, request: string, at: number): Outcome {
  const wish = parseGroupWish(request, '--request');
  if (!wish.ok) return failed({ kind: 'file', faults: wish.failure });
  const model = readConfiguration({ [ROOT]: { plan: [plan] } });
  if (!model.ok) return failed({ kind: 'usage', message: model.failure.map(({ message }) => message).join('\n') });
  const [only] = model.value.plans.values();
  const decision = decide(
    wish.value,
    { subscriber: 'somebody', plan: only!.name, authority: EMBEDDED },
    only!,
    situationAt(milliseconds(at), model.value, only!, undefined),
  );
  if (decision.kind === 'refuse') return failed({ kind: 'refused', errors: [refusalToRpcError(decision.refusal)] });
  return ok({ text: grantedText(decision, wish.value, only!), json: grantedJson(decision) });
}

function grantedText(decision: Granted, wish: GroupWish, plan: Plan): string {
  const rule = decision.rule === DEFAULT_RULE ? 'no rule matches: the default class' : `rule ${decision.rule}`;
  const direction = (name: 'upld' | 'dnld', asked: DirectionWish | undefined) => {
    const got = decision[name];
    if (got === undefined || asked === undefined) return [];
    const lowered = got.rate < asked.bandwidth ? `, lowered from ${rateText(asked.bandwidth)}` : '';
    return [`  ${name}   ${rateText(got.rate)} at priority ${got.priority}${lowered}`];
  };
  return [
    `granted by ${rule}`,
    `  class  ${decision.class.name}, DSCP ${decision.class.dscp}, ${decision.class.scope}`,
    ...direction('upld', wish.upld),
    ...direction('dnld', wish.dnld),
    `  lease  ${plan.lease.valid} s, renewed after ${Math.round(plan.lease.valid * plan.lease.renewAt)} s`,
  ].join('\n');
}

function grantedJson({ kind, rule, class: { name, dscp }, upld, dnld }: Granted): JsonObject {
  return {
    decision: kind,
    ...(rule !== DEFAULT_RULE && { rule }),
    class: name,
    dscp,
    ...(upld && { upld: { ...upld } }),
    ...(dnld && { dnld: { ...dnld } }),
  };
}
