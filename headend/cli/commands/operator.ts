import { ok, table } from '@sublane/basics';
import type { Command } from 'commander';
import { oneOf } from '../arguments.ts';
import { ask, type Surroundings } from '../command.ts';
import { type ListOptions, limitOption, listAll } from '../paging.ts';
import { timeText } from '../time-text.ts';
import { readKeyFile } from './host.ts';

type Role = 'operator' | 'auditor' | 'administrator';

/** `headend operator …`: people who come by SSH. */
export function addOperatorCommands(program: Command, surroundings: Surroundings): void {
  const operator = program.command('operator').description('people who come by SSH');

  operator
    .command('add')
    .description('let a person in, by a public key')
    .argument('<name>', "the person's user name")
    .requiredOption('--key <FILE.pub>', 'the public key')
    .option<Role>(
      '--role <role>',
      'operator, auditor (only looks) or administrator (adds operators too)',
      oneOf(['operator', 'auditor', 'administrator']),
      'operator',
    )
    .addHelpText(
      'after',
      `
Examples:
  headend operator add olga --key olga.pub
  headend status --connect ssh://olga@edge.example:830 --identity ~/.ssh/id_ed25519`,
    )
    .action(
      ask<{ key: string; role: Role }>(surroundings, async (headend, [name = ''], { key, role }) => {
        const line = readKeyFile(key);
        if (!line.ok) return line;
        const added = await headend.call('sublane-headend:add-operator', { name, role, 'public-key': line.value });
        if (!added.ok) return added;
        const fingerprint = added.value['key-fingerprint'] ?? '';
        return ok({
          text: `operator ${name} added as ${role} (${fingerprint})`,
          json: { operator: name, role, 'key-fingerprint': fingerprint, result: 'added' },
        });
      }),
    );

  operator
    .command('list')
    .description('the people who may come by SSH')
    .addOption(limitOption())
    .action(
      ask<ListOptions>(surroundings, async (headend, _, options) => {
        const all = await listAll(
          headend,
          'sublane-headend:list-operators',
          {},
          ({ operator = [] }) => operator,
          options,
        );
        if (!all.ok) return all;
        return ok({
          text: table(
            ['NAME', 'ROLE', 'KEY', 'CREATED'],
            all.value.map((one) => [one.name, one.role, one['key-fingerprint'], timeText(one.created)]),
            'no operators; add one: headend operator add NAME --key FILE.pub',
          ),
          json: all.value,
        });
      }),
    );

  operator
    .command('remove')
    .description('let a person in no more')
    .argument('<name>', "the person's user name")
    .action(
      ask(surroundings, async (headend, [name = '']) => {
        const removed = await headend.call('sublane-headend:remove-operator', { name });
        if (!removed.ok) return removed;
        return ok({ text: `operator ${name} removed`, json: { operator: name, result: 'removed' } });
      }),
    );
}
