import { failed, ok, table } from '@sublane/basics';
import type { RpcInput, RpcOutput } from '@sublane/yang';
import type { Command } from 'commander';
import type { AccessRule } from '../../access/rule-lists.ts';
import type { ShownAccess } from '../access-rules.ts';
import { oneOf } from '../arguments.ts';
import { ask, collect, type Surroundings } from '../command.ts';
import type { HeadendClient } from '../headend-client.ts';
import type { Outcome } from '../outcome.ts';
import { addRuleCommands } from './access-rule.ts';

type Explained = RpcOutput<'sublane-headend:explain-access'>;
type Question = RpcInput<'sublane-headend:explain-access'>;

interface ExplainOptions {
  readonly user?: string;
  readonly group?: readonly string[];
  readonly rpc?: string;
  readonly notification?: string;
  readonly path?: string;
  readonly operation?: Question['operation'];
}

/** `headend access …`: who may do what (RFC 8341). */
export function addAccessCommands(program: Command, surroundings: Surroundings): void {
  const access = program
    .command('access')
    .description('who may do what: the rules of NACM (RFC 8341)')
    .addHelpText(
      'after',
      `
Groups: host, enrol, auditor, operator, administrator, and those that /nacm names. Rules are asked in their order; the
first that matches decides. Over the Unix socket everything is permitted: wrong rules lock you out of nothing.
Examples:
  headend access list
  headend access explain --user olga --rpc add-operator
  headend access explain --group night --path /sublane-headend:headend/pool --operation update
  headend access permit release --group night --rpc sublane-headend:release-lease
  headend access permit watch --group host --path '/sublane-service:hosts/host[host-id=$USER]' --operations read`,
    );

  access
    .command('list')
    .description('all rules, in the order they are asked')
    .action(ask(surroundings, async (headend) => list(headend)));

  access
    .command('show')
    .description('one rule-list')
    .argument('<rule-list>', 'its name')
    .action(
      ask(surroundings, async (headend, [name = '']) => {
        const rules = await headend.accessRules();
        if (!rules.ok) return rules;
        const wanted = rules.value.ruleLists.filter((one) => one.name === name);
        if (wanted.length > 0) return ok({ text: rulesTable(wanted), json: wanted[0] as never });
        return failed({ kind: 'failed', message: `there is no rule-list ${name}. See: headend access list` });
      }),
    );

  access
    .command('explain')
    .description('may somebody do something, and which rule says so')
    .option('--user <name>', 'a host, an operator, enrol, or local (default: whoever asks)')
    .option('--group <names>', 'somebody with these groups and no others', collect)
    .option('--rpc <module:name>', 'call it; the module may be left out where one alone has it')
    .option('--notification <module:name>', 'receive it')
    .option('--path <path>', "a data node: /module:node/list[key='value']")
    .option('--operation <operation>', 'read, create, update or delete it (default: read)', oneOf(OPERATIONS))
    .action(ask<ExplainOptions>(surroundings, async (headend, _, options) => explain(headend, options)));

  addRuleCommands(access, surroundings);
}

const OPERATIONS = ['read', 'create', 'update', 'delete'] as const;

async function list(headend: HeadendClient): Outcome {
  const rules = await headend.accessRules();
  if (!rules.ok) return rules;
  const { initial, enabled, defaults, externalGroups, groups, ruleLists } = rules.value;
  const notes = [
    ...(initial ? ['/nacm is not configured: these are the initial rules, which hold then'] : []),
    ...(enabled ? [] : ['NACM is disabled: everything is permitted but what hosts may never do']),
    `where no rule matches: read ${defaults.read}, write ${defaults.write}, exec ${defaults.exec}`,
    ...(externalGroups ? [] : ["groups from outside do not count: not even the operators' own"]),
    ...groups.map(({ name, users }) => `group ${name}: ${users.join(', ') || 'nobody'}`),
  ];
  return ok({ text: rulesTable(ruleLists), json: rules.value as never, notes });
}

const rulesTable = (lists: ShownAccess['ruleLists']) =>
  table(
    ['RULE-LIST', 'GROUPS', 'RULE', 'ACTION', 'OPERATIONS', 'ABOUT'],
    lists.flatMap(({ name, groups, rules }) =>
      rules.map((rule) => [name, groups.join(','), rule.name, rule.action, rule.operations ?? '*', aboutText(rule)]),
    ),
    'no rules: the defaults decide',
  );

function aboutText({ module, rpc, notification, path }: AccessRule): string {
  if (path !== undefined) return path;
  const of = module === undefined || module === '*' ? '' : `${module}:`;
  if (rpc !== undefined) return `rpc ${of}${rpc}`;
  if (notification !== undefined) return `notification ${of}${notification}`;
  return of === '' ? 'everything' : `module ${module}`;
}

async function explain(headend: HeadendClient, options: ExplainOptions): Outcome {
  const { user, group, rpc, notification, path, operation } = options;
  const asked = [rpc, notification, path].filter((one) => one !== undefined);
  if (asked.length !== 1) {
    return failed({ kind: 'usage', message: 'expected one of --rpc, --notification and --path' });
  }
  if (user !== undefined && group !== undefined) {
    return failed({ kind: 'usage', message: 'expected --user or --group, not both' });
  }
  if (operation !== undefined && path === undefined) {
    return failed({ kind: 'usage', message: '--operation goes with --path' });
  }
  const question = {
    ...(user !== undefined && { user }),
    ...(group !== undefined && { group }),
    ...(rpc !== undefined && { rpc }),
    ...(notification !== undefined && { notification }),
    ...(path !== undefined && { path }),
    ...(operation !== undefined && { operation }),
  };
  const explained = await headend.call('sublane-headend:explain-access', question);
  return explained.ok ? ok({ text: explanationText(explained.value), json: explained.value as never }) : explained;
}

function explanationText(explained: Explained): string {
  const { permitted, user, group = [], fixed, step = [] } = explained;
  const who = user === undefined ? `whoever is in ${group.join(', ')}` : `${user} (${group.join(', ') || 'no groups'})`;
  const trace = table(
    ['RULE-LIST', 'RULE', 'OUTCOME', 'WHY'],
    step.map((one) => [one['rule-list'], one.rule, one.outcome, one.because ?? one.comment]),
    'no rule was asked',
  );
  const beneath = fixed === undefined ? '' : '\nThis is fixed: no rule of NACM can grant it.';
  return `${permitted ? 'permitted' : 'denied'} to ${who}: ${decisionText(explained)}${beneath}\n\n${trace}`;
}

function decisionText({ 'decided-by': by = {}, 'decided-at': at }: Explained): string {
  const where = at === undefined ? '' : ` at ${at}`;
  if (by.rule !== undefined) return `rule ${by.rule} of rule-list ${by['rule-list']}${where}`;
  return by.default === undefined ? `${by.standing}` : `no rule matches${where}; ${by.default}`;
}
