import { failed, ok, type Result } from '@sublane/basics';
import { escapeText } from '@sublane/netconf';
import type { Command } from 'commander';
import { operation } from 'netconf-client';
import type { AccessRule } from '../../access/rule-lists.ts';
import { INITIAL_RULES, ruleXml } from '../../access/rules-xml.ts';
import { qualifiedPath } from '../access-rules.ts';
import { ask, collect, type Surroundings } from '../command.ts';
import { ACCESS_NAMESPACE, type HeadendClient } from '../headend-client.ts';
import type { CliFailure, Outcome } from '../outcome.ts';

interface RuleOptions {
  readonly group: string;
  readonly list?: string;
  readonly module?: string;
  readonly rpc?: string;
  readonly notification?: string;
  readonly path?: string;
  readonly operations?: readonly string[];
  readonly comment?: string;
}

const INITIAL_CONTENT = INITIAL_RULES.replace(/^<nacm[^>]*>|<\/nacm>$/g, '');
const NC = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"';
const YANG = 'xmlns:yang="urn:ietf:params:xml:ns:yang:1"';

/** `headend access permit | deny | remove`: simple rules; the others are edited as any configuration is. */
export function addRuleCommands(access: Command, surroundings: Surroundings): void {
  for (const action of ['permit', 'deny'] as const) {
    access
      .command(action)
      .description(`add a rule that ${action === 'permit' ? 'permits' : 'denies'}`)
      .argument('<name>', 'a name for the rule')
      .requiredOption('--group <group>', 'for whom; * for all who have a group')
      .option('--list <rule-list>', "the rule-list (default: the group's own, asked before all others)")
      .option('--module <module>', 'only what this module defines')
      .option('--rpc <module:name>', 'about an rpc')
      .option('--notification <module:name>', 'about a notification')
      .option('--path <path>', "about data: /module:node/list[key='value'] and all below; $USER is the user's name")
      .option('--operations <names>', 'of read, create, update, delete, exec (default: all)', collect)
      .option('--comment <text>', 'why')
      .action(
        ask<RuleOptions>(surroundings, async (headend, [name = ''], options) => add(headend, name, action, options)),
      );
  }

  access
    .command('remove')
    .description('remove a rule, or a whole rule-list')
    .argument('<rule-list>', 'the rule-list')
    .argument('[rule]', 'the rule in it (default: all of the list)')
    .action(
      ask(surroundings, async (headend, [list = '', rule]) => {
        const name = `<name>${escapeText(list)}</name>`;
        const removed =
          rule === undefined
            ? `<rule-list ${NC} nc:operation="delete">${name}</rule-list>`
            : `<rule-list>${name}<rule ${NC} nc:operation="delete"><name>${escapeText(rule)}</name></rule></rule-list>`;
        const done = await edit(headend, removed, 'none');
        if (!done.ok) return done;
        const what = rule === undefined ? `rule-list ${list}` : `rule ${rule} of rule-list ${list}`;
        return ok({ text: `${what} removed`, json: { 'rule-list': list, ...(rule && { rule }), result: 'removed' } });
      }),
    );
}

async function add(headend: HeadendClient, name: string, action: AccessRule['action'], options: RuleOptions): Outcome {
  const rule = ruleOf(name, action, options, headend);
  if (!rule.ok) return rule;
  const { group, list = `own-${group}` } = options;
  const before = await headend.accessRules();
  if (!before.ok) return before;
  // Once there is a /nacm, it is all that counts: the first rule brings the others along.
  const others = before.value.initial ? INITIAL_CONTENT : '';
  const there = before.value.ruleLists.find((one) => one.name === list);
  if (there !== undefined && !there.groups.includes(group)) {
    const message = `rule-list ${list} is for ${there.groups.join(', ') || 'no group'}, not for ${group}`;
    return failed({ kind: 'failed', message });
  }
  const created = ruleXml(rule.value, Object.fromEntries(headend.modules)).replace(
    '<rule>',
    `<rule ${NC} nc:operation="create">`,
  );
  const opening =
    there === undefined ? `<rule-list ${NC} ${YANG} nc:operation="create" yang:insert="first">` : '<rule-list>';
  const groups = there === undefined ? `<group>${escapeText(group)}</group>` : '';
  const done = await edit(
    headend,
    `${others}${opening}<name>${escapeText(list)}</name>${groups}${created}</rule-list>`,
    'merge',
  );
  if (!done.ok) return done;
  return ok({
    text: `rule ${name} of rule-list ${list} added: asked ${there === undefined ? 'first' : `after ${there.rules.length} others of it`}`,
    json: { 'rule-list': list, rule: name, result: 'added' },
  });
}

function ruleOf(
  name: string,
  action: AccessRule['action'],
  { module, rpc, notification, path, operations, comment }: RuleOptions,
  { modules }: HeadendClient,
): Result<AccessRule, CliFailure> {
  if ([rpc, notification, path].filter((one) => one !== undefined).length > 1) {
    return failed({ kind: 'usage', message: 'expected at most one of --rpc, --notification and --path' });
  }
  const qualified = path === undefined ? ok(undefined) : qualifiedPath(path, modules);
  if (!qualified.ok) return failed({ kind: 'usage', message: `--path ${qualified.failure}` });
  const [of, only] = /^(?:(.*):)?(.*)$/.exec(rpc ?? notification ?? '')?.slice(1) ?? [];
  const ofModule = module ?? of;
  return ok({
    name,
    action,
    ...(ofModule !== undefined && { module: ofModule }),
    ...(rpc !== undefined && { rpc: only ?? '' }),
    ...(notification !== undefined && { notification: only ?? '' }),
    ...(qualified.value !== undefined && { path: qualified.value }),
    ...(operations !== undefined && { operations: operations.join(' ') }),
    ...(comment !== undefined && { comment }),
  });
}

const edit = (headend: HeadendClient, content: string, defaultOperation: 'merge' | 'none') =>
  headend.operate(
    operation.editConfig({ config: `<nacm xmlns="${ACCESS_NAMESPACE}">${content}</nacm>`, defaultOperation }),
  );
