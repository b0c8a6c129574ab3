import { readFileSync } from 'node:fs';
import { failed, type JsonObject, ok, type Result, table } from '@sublane/basics';
import type { Command } from 'commander';
import type { PlanData } from '../../configuration/headend-data.ts';
import { parsePlanFile } from '../../configuration/plan-file.ts';
import { planFileObject } from '../../configuration/plan-file-object.ts';
import { timeArgument } from '../arguments.ts';
import { act, ask, type Surroundings } from '../command.ts';
import { adviceNotes } from '../configuration-advice.ts';
import { members } from '../member-text.ts';
import type { CliFailure } from '../outcome.ts';
import { tryPlan } from '../plan-trial.ts';

/** `headend plan …`: what a subscriber may ask for. */
export function addPlanCommands(program: Command, surroundings: Surroundings): void {
  const plan = program.command('plan').description('what a subscriber may ask for, and what a lane then gets');

  plan
    .command('add')
    .description('add a plan from a file, or change one with --replace')
    .argument('<name>', 'the name of the plan')
    .requiredOption('--file <plan.yaml>', 'the plan: classes, rules, lease')
    .option('--replace', 'the plan exists: give it this content instead')
    .addHelpText(
      'after',
      `
Example:
  headend plan add gold --file gold.yaml

A plan file:
  name: gold
  default-class: best-effort
  classes:                       # a direction without a ceiling cannot be asked for
    conversational: { dscp: 46, priority: H, upld: { ceiling: 5000 }, dnld: { ceiling: 8000 } }
    best-effort:    { dscp: 0,  priority: L, upld: { ceiling: 10000 }, dnld: { ceiling: unlimited } }
  rules:                         # the first match decides
    - { name: calls, when: { priority: H, bandwidth-max: 5000 }, class: conversational }
    - { name: no-bulk-at-noon, when: { priority: L, time: "11:00-13:00" }, refuse: "bulk transfers rest at noon" }
  lease: { valid: 3600, renew-at: 0.5 }
  groups-max: 8`,
    )
    .action(
      ask<{ file: string; replace?: boolean }>(surroundings, async (headend, [name = ''], { file, replace }) => {
        const read = readPlan(file, name);
        if (!read.ok) return read;
        const edited = await headend.edit('plan', replace ? 'replace' : 'create', read.value);
        if (!edited.ok) return edited;
        const result = replace ? 'replaced' : 'added';
        return ok({ text: `plan ${name} ${result}`, json: { plan: name, result }, notes: await adviceNotes(headend) });
      }),
    );

  plan
    .command('list')
    .description('the plans')
    .action(
      ask(surroundings, async (headend) => {
        const configuration = await headend.configuration();
        if (!configuration.ok) return configuration;
        const plans = configuration.value.plan ?? [];
        return ok({ text: planTable(plans), json: plans.map(planFileObject) });
      }),
    );

  plan
    .command('show')
    .description('one plan, in the form of its file')
    .argument('<name>', 'the name of the plan')
    .action(
      ask(surroundings, async (headend, [name = '']) => {
        const configuration = await headend.configuration();
        if (!configuration.ok) return configuration;
        const plan = configuration.value.plan?.find((one) => one.name === name);
        if (plan === undefined)
          return failed({ kind: 'failed', message: `there is no plan ${name}. See: headend plan list` });
        const shown = planFileObject(plan);
        return ok({ text: members(shown), json: shown });
      }),
    );

  plan
    .command('try')
    .description('what a plan would answer to a request; needs no headend and changes nothing')
    .argument('<file>', 'the plan: plan.yaml')
    .requiredOption('--request <group>', 'what a group asks for, as in agent.yaml')
    .option('--at <time>', 'at this time, for rules with a window', timeArgument(surroundings.clock.now))
    .addHelpText(
      'after',
      `
Example:
  headend plan try gold.yaml --request '{ upld: { bandwidth: 2000, priority: H } }' --at 2026-11-21T12:00:00Z`,
    )
    .action(
      act<{ request: string; at?: string }>(surroundings, async ([file = ''], { request, at }) => {
        const read = readPlan(file);
        if (!read.ok) return read;
        const time = at === undefined ? surroundings.clock.now() : Date.parse(at);
        return tryPlan(read.value as unknown as JsonObject, request, time);
      }),
    );

  plan
    .command('remove')
    .description('remove a plan that no subscriber has')
    .argument('<name>', 'the name of the plan')
    .action(
      ask(surroundings, async (headend, [name = '']) => {
        const removed = await headend.edit('plan', 'delete', { name });
        if (!removed.ok) return removed;
        return ok({ text: `plan ${name} removed`, json: { plan: name, result: 'removed' } });
      }),
    );
}

/** The file's plan under the name given, where one is; a name in the file must be the same. */
function readPlan(file: string, name?: string): Result<PlanData, CliFailure> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return failed({ kind: 'usage', message: `cannot read the plan ${file}: ${(error as Error).message}` });
  }
  const read = parsePlanFile(text, file);
  if (!read.ok) return failed({ kind: 'file', faults: read.failure });
  const own = read.value.name as string | undefined;
  if (own !== undefined && name !== undefined && own !== name)
    return failed({
      kind: 'usage',
      message: `${file} is the plan ${own}, not ${name}: give the same name in both places`,
    });
  return ok({ ...read.value, name: name ?? own ?? 'plan' } as unknown as PlanData);
}

function planTable(plans: readonly PlanData[]): string {
  return table(
    ['NAME', 'CLASSES', 'RULES', 'DEFAULT CLASS', 'LEASE', 'GROUPS'],
    plans.map((plan) => [
      plan.name,
      plan.class?.map(({ name }) => name).join(' '),
      plan.rule?.length ?? 0,
      plan['default-class'] ?? 'none',
      `${plan.lease?.valid ?? 3600} s`,
      plan['groups-max'] ?? 8,
    ]),
    'no plans; add one: headend plan add NAME --file plan.yaml',
  );
}
