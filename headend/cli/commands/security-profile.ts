import { failed, ok, table } from '@sublane/basics';
import type { Command } from 'commander';
import { parsePermit } from '../../configuration/permit-text.ts';
import { oneOf } from '../arguments.ts';
import { ask, type Surroundings } from '../command.ts';
import { members } from '../member-text.ts';

interface AddOptions {
  readonly isolated?: boolean;
  readonly whenDown?: 'block' | 'host';
  readonly permit?: readonly string[];
  readonly replace?: boolean;
}

/** Each `--permit` is one line of YAML, whose commas are its own. */
const oneMore = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

/** `headend security-profile …`: what a host may name as the security of a group. */
export function addSecurityProfileCommands(program: Command, surroundings: Surroundings): void {
  const profile = program
    .command('security-profile')
    .description('what hosts may name as the security of a group of applications');

  profile
    .command('add')
    .description('add a profile, or change one with --replace')
    .argument('<name>', 'the name of the profile')
    .option('--isolated', "no traffic to or from the host's other groups")
    .option('--when-down <what>', 'what applications do without their lane: block or host', oneOf(['block', 'host']))
    .option('--permit <destination>', 'the only destinations permitted, one each time (default: all)', oneMore)
    .option('--replace', 'the profile exists: give it these settings instead')
    .addHelpText(
      'after',
      `
Examples:
  headend security-profile add strict --isolated --when-down block
  headend security-profile add web --permit '{ name: web, protocol: tcp, port: 443 }'
      --permit '{ name: resolver, to: 192.0.2.53, port: 53 }'`,
    )
    .action(
      ask<AddOptions>(surroundings, async (headend, [name = ''], { isolated, whenDown, permit = [], replace }) => {
        const permits = permit.map((text) => parsePermit(text, '--permit'));
        const wrong = permits.flatMap((one) => (one.ok ? [] : one.failure));
        if (wrong.length > 0) return failed({ kind: 'file', faults: wrong });
        const edited = await headend.edit('security-profile', replace ? 'replace' : 'create', {
          name,
          ...(isolated && { isolated }),
          ...(whenDown && { 'when-down': whenDown }),
          ...(permits.length > 0 && { permit: permits.flatMap((one) => (one.ok ? [one.value] : [])) }),
        });
        if (!edited.ok) return edited;
        const result = replace ? 'replaced' : 'added';
        return ok({ text: `security profile ${name} ${result}`, json: { 'security-profile': name, result } });
      }),
    );

  profile
    .command('list')
    .description('the profiles')
    .action(
      ask(surroundings, async (headend) => {
        const configuration = await headend.configuration();
        if (!configuration.ok) return configuration;
        const profiles = configuration.value['security-profile'] ?? [];
        return ok({
          text: table(
            ['NAME', 'ISOLATED', 'WHEN DOWN', 'PERMITS'],
            profiles.map((one) => [
              one.name,
              one.isolated ? 'yes' : 'no',
              one['when-down'] ?? 'block',
              one.permit?.map(({ name }) => name).join(' ') ?? 'all',
            ]),
            'no security profiles; add one: headend security-profile add NAME',
          ),
          json: profiles,
        });
      }),
    );

  profile
    .command('show')
    .description('one profile')
    .argument('<name>', 'the name of the profile')
    .action(
      ask(surroundings, async (headend, [name = '']) => {
        const configuration = await headend.configuration();
        if (!configuration.ok) return configuration;
        const found = configuration.value['security-profile']?.find((one) => one.name === name);
        return found === undefined
          ? failed({
              kind: 'failed',
              message: `there is no security profile ${name}. See: headend security-profile list`,
            })
          : ok({ text: members(found), json: found });
      }),
    );

  profile
    .command('remove')
    .description('remove a profile')
    .argument('<name>', 'the name of the profile')
    .action(
      ask(surroundings, async (headend, [name = '']) => {
        const removed = await headend.edit('security-profile', 'delete', { name });
        if (!removed.ok) return removed;
        return ok({ text: `security profile ${name} removed`, json: { 'security-profile': name, result: 'removed' } });
      }),
    );
}
