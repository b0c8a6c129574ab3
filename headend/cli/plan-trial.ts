import { failed, type JsonObject, type Milliseconds, ok, rateText } from '@sublane/basics';
import { EMBEDDED } from '../aaa/grant.ts';
import type { NamedWish } from '../configuration/group-file.ts';
import { DEFAULT_RULE, type Decision, type Granted } from '../policy/decision.ts';
import { type Explanation, explain, type RuleAccount } from '../policy/explain.ts';
import type { Situation } from '../policy/situation.ts';
import { clockText } from '../policy/window-text.ts';
import type { GroupWish } from '../policy/wish.ts';
import { momentIn } from '../policy/zone-clock.ts';
import { refusalFacts } from '../refusal/refusal-facts.ts';
import { refusalToRpcError } from '../refusal/rpc-errors.ts';
import type { Outcome, Shown } from './outcome.ts';
import type { PlanSource } from './plan-source.ts';

/** What is supposed of the world while a plan is tried. */
export interface Supposition {
  readonly at: Milliseconds;
  /** The headend's; a plan with a zone of its own goes by that. */
  readonly timeZone: string;
  /** Nearest first. */
  readonly places: readonly string[];
  readonly quotaUsed?: number;
}

/** What a plan would answer to a request; without a headend, and nothing changes. Refused where any group is. */
export async function tryPlan(
  { plan }: PlanSource,
  wishes: readonly NamedWish[],
  { at, timeZone, places, quotaUsed }: Supposition,
  { explain: explained = false, json = false }: { readonly explain?: boolean; readonly json?: boolean },
): Outcome {
  const zone = plan.timeZone ?? timeZone;
  const situation: Situation = { moment: momentIn(zone, at), places, ...(quotaUsed !== undefined && { quotaUsed }) };
  const grant = { subscriber: 'somebody', plan: plan.name, authority: EMBEDDED };
  const trials = wishes.map((one) => ({ ...one, ...explain(one.wish, grant, plan, situation) }));
  const { lease } = plan;
  const shown: Shown = {
    text: [
      ...trials.map((trial) => trialText(trial, explained, trials.length > 1)),
      ...(explained ? [situationText(situation, zone)] : []),
      ...(trials.some(({ decision }) => decision.kind !== 'refuse')
        ? [`lease: ${lease.valid} s, renewed after ${Math.round(lease.valid * lease.renewAt)} s`]
        : []),
    ].join('\n'),
    json: trials.length === 1 ? trialJson(trials[0]!, explained) : trials.map((trial) => trialJson(trial, explained)),
  };
  const refusals = trials.flatMap(({ decision }) => (decision.kind === 'refuse' ? [decision.refusal] : []));
  if (refusals.length === 0) return ok(shown);
  const errors = refusals.map(refusalToRpcError);
  // Of one refused group the error has said it all.
  const more = explained || json || trials.length > 1;
  return failed({ kind: 'refused', errors, ...(more && { shown }) });
}

type Trial = NamedWish & Explanation;

function trialText({ wish, name, decision, rules }: Trial, explained: boolean, oneOfSeveral: boolean): string {
  const rule = decision.rule === DEFAULT_RULE ? 'the default class, since no rule matches' : `rule ${decision.rule}`;
  const group = `group ${wish.groupId}${name === undefined ? '' : ` (${name})`}: `;
  return [
    `${oneOfSeveral ? group : ''}${decision.kind === 'refuse' ? refusedText(decision) : `granted by ${rule}`}`,
    ...(decision.kind === 'refuse' ? [] : grantedLines(decision, wish)),
    ...(explained && rules.length > 0 ? ['  rules', ...rules.map((account) => `    ${accountText(account)}`)] : []),
  ].join('\n');
}

function refusedText({ rule, refusal }: Extract<Decision, { kind: 'refuse' }>): string {
  const { code } = refusalFacts(refusal);
  return rule === DEFAULT_RULE ? `refused, no rule matches (${code})` : `refused by rule ${rule} (${code})`;
}

function grantedLines(decision: Granted, wish: GroupWish): readonly string[] {
  const { class: service, security } = decision;
  const direction = (name: 'upld' | 'dnld') => {
    const [got, asked] = [decision[name], wish[name]];
    if (got === undefined || asked === undefined) return [];
    const lowered = got.rate < asked.bandwidth ? `, lowered from ${rateText(asked.bandwidth)}` : '';
    return [`  ${name}   ${rateText(got.rate)} at priority ${got.priority}${lowered}`];
  };
  return [
    `  class  ${service.name}, DSCP ${service.dscp}, ${service.scope}, ${service.admission}`,
    ...direction('upld'),
    ...direction('dnld'),
    ...(security === undefined ? [] : [`  bound by security profile ${security}`]),
  ];
}

function accountText(account: RuleAccount): string {
  switch (account.verdict) {
    case 'decides':
      return `${account.rule}: decides`;
    case 'later':
      return `${account.rule}: comes later`;
    case 'differs':
      return `${account.rule}: ${account.condition} wants ${account.wanted}, finds ${account.found}`;
  }
}

function situationText({ moment, places, quotaUsed }: Situation, zone: string): string {
  return [
    `tried for ${moment.day} ${clockText(moment.minuteOfDay)} in ${zone}`,
    places.length === 0 ? 'nowhere in particular' : `at ${places.join(' in ')}`,
    ...(quotaUsed === undefined ? [] : [`${quotaUsed} % of the quota used`]),
  ].join(', ');
}

function trialJson({ wish, name, decision, rules }: Trial, explained: boolean): JsonObject {
  return {
    group: wish.groupId,
    ...(name !== undefined && { name }),
    decision: decision.kind,
    ...(decision.rule !== DEFAULT_RULE && { rule: decision.rule }),
    ...(decision.kind === 'refuse' ? refusedJson(decision) : grantedJson(decision)),
    ...(explained && { rules: rules.map((account) => ({ ...account })) }),
  };
}

function refusedJson({ refusal }: Extract<Decision, { kind: 'refuse' }>): JsonObject {
  const { code, message } = refusalFacts(refusal);
  return { code, message };
}

function grantedJson({ class: { name, dscp }, upld, dnld, security }: Granted): JsonObject {
  return {
    class: name,
    dscp,
    ...(upld && { upld: { ...upld } }),
    ...(dnld && { dnld: { ...dnld } }),
    ...(security !== undefined && { security }),
  };
}
