import { bytesText, failed, ok, table } from '@sublane/basics';
import type { Command } from 'commander';
import type { PlanData } from '../../configuration/headend-data.ts';
import { planFileObject } from '../../configuration/plan-file-object.ts';
import { ask, type Surroundings } from '../command.ts';
import { adviceNotes } from '../configuration-advice.ts';
import { members } from '../member-text.ts';
import { placedFailure, readPlanSource } from '../plan-source.ts';
import { addPlanTryCommand } from './plan-try.ts';

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
  time-zone: Europe/Vienna       # of windows, days and the quota
  quota: { octets: 50 GB, period: month }
  default-class: best-effort
  classes:                       # a direction without a ceiling cannot be asked for
    conversational: { dscp: 46, priority: H, upld: { ceiling: 5000 }, dnld: { ceiling: 8000 } }
    best-effort:    { dscp: 0,  priority: L, upld: { ceiling: 10000 }, dnld: { ceiling: unlimited } }
  rules:                         # the first match decides
    - { name: calls, when: { priority: H, bandwidth-max: 5000 }, class: conversational }
    - { name: no-bulk-at-noon, when: { priority: L, time: "11:00-13:00", days: mon-fri }, refuse: "bulk transfers rest at noon" }
    - { name: office, when: { applications: ["unit:work-*"], locations: [vienna] }, class: conversational, over-ceiling: lower }
    - { name: used-up, when: { quota-used: 100 }, class: best-effort, over-ceiling: lower }
  lease: { valid: 3600, renew-at: 0.5 }
  groups-max: 8`,
    )
    .action(
      ask<{ file: string; replace?: boolean }>(surroundings, async (headend, [name = ''], { file, replace }) => {
        const source = readPlanSource(file, name);
        if (!source.ok) return source;
        const edited = await headend.edit('plan', replace ? 'replace' : 'create', source.value.data);
        if (!edited.ok) return failed(placedFailure(edited.failure, source.value));
        const result = replace ? 'replaced' : 'added';
        const notes = await adviceNotes(headend, source.value.placeOf);
        return ok({ text: `plan ${name} ${result}`, json: { plan: name, result }, notes });
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

  addPlanTryCommand(plan, surroundings);

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

function planTable(plans: readonly PlanData[]): string {
  return table(
    ['NAME', 'CLASSES', 'RULES', 'DEFAULT CLASS', 'QUOTA', 'LEASE', 'GROUPS'],
    plans.map((plan) => [
      plan.name,
      plan.class?.map(({ name }) => name).join(' '),
      plan.rule?.length ?? 0,
      plan['default-class'] ?? 'none',
      plan.quota ? `${bytesText(Number(plan.quota.octets))} a ${plan.quota.period ?? 'month'}` : 'none',
      `${plan.lease?.valid ?? 3600} s`,
      plan['groups-max'] ?? 8,
    ]),
    'no plans; add one: headend plan add NAME --file plan.yaml',
  );
}
