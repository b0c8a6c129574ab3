import { bytesText, failed, ok, type Result, table } from '@sublane/basics';
import type { Command } from 'commander';
import { ask, type Surroundings } from '../command.ts';
import { members } from '../member-text.ts';
import type { CliFailure } from '../outcome.ts';
import { type ListOptions, limitOption, listAll } from '../paging.ts';
import { readPassword, readPasswordHash } from '../password-input.ts';
import { timeText } from '../time-text.ts';

interface SetOptions {
  readonly plan?: string;
  readonly passwordStdin?: boolean;
  readonly passwordHash?: string;
  readonly suspend?: boolean;
  readonly resume?: boolean;
  readonly resetQuota?: boolean;
}

/** `headend subscriber …`: who pays, and has a plan. */
export function addSubscriberCommands(program: Command, surroundings: Surroundings): void {
  const subscriber = program.command('subscriber').description('who pays, and has a plan');

  type Proof = { password?: string } | { 'password-hash': string };
  const passwordOf = async (options: SetOptions): Promise<Result<Proof, CliFailure>> => {
    if (options.passwordHash !== undefined) {
      if (options.passwordStdin)
        return failed({ kind: 'usage', message: 'expected --password-stdin or --password-hash, not both' });
      const hash = await readPasswordHash(options.passwordHash, surroundings.stdin);
      return hash.ok ? ok({ 'password-hash': hash.value }) : hash;
    }
    if (!options.passwordStdin) return ok({});
    const password = await readPassword(surroundings.stdin);
    return password.ok ? ok({ password: password.value }) : password;
  };

  subscriber
    .command('add')
    .description('make a subscriber known')
    .argument('<name>', 'the name of the subscriber')
    .requiredOption('--plan <plan>', 'the plan: what it may ask for')
    .option('--password-stdin', 'read a password from standard input, for hosts enrolled for somebody else')
    .option(
      '--password-hash <FILE>',
      'its hash made elsewhere, scrypt or argon2id, from a file; -: from standard input',
    )
    .addHelpText(
      'after',
      `
Examples:
  headend subscriber add alice --plan gold
  pwgen 16 1 | headend subscriber add bob --plan gold --password-stdin`,
    )
    .action(
      ask<SetOptions & { readonly plan: string }>(surroundings, async (headend, [name = ''], options) => {
        const password = await passwordOf(options);
        if (!password.ok) return password;
        const added = await headend.call('sublane-headend:add-subscriber', {
          name,
          plan: options.plan,
          ...password.value,
        });
        if (!added.ok) return added;
        return ok({
          text: `subscriber ${name} added`,
          json: { subscriber: name, result: 'added' },
          notes: [`next: headend host invite --subscriber ${name}`],
        });
      }),
    );

  subscriber
    .command('list')
    .description('the subscribers')
    .addOption(limitOption())
    .action(
      ask<ListOptions>(surroundings, async (headend, _, options) => {
        const all = await listAll(
          headend,
          'sublane-headend:list-subscribers',
          {},
          ({ subscriber = [] }) => subscriber,
          options,
        );
        if (!all.ok) return all;
        return ok({
          text: table(
            ['NAME', 'PLAN', 'STATE', 'QUOTA USED', 'PASSWORD', 'CREATED'],
            all.value.map((one) => [
              one.name,
              one.plan,
              one.suspended ? 'suspended' : 'active',
              one.quota && quotaText(one.quota),
              one['has-password'] ? 'set' : 'none',
              timeText(one.created),
            ]),
            'no subscribers; add one: headend subscriber add NAME --plan PLAN',
          ),
          json: all.value,
        });
      }),
    );

  subscriber
    .command('show')
    .description('one subscriber and its hosts')
    .argument('<name>', 'the name of the subscriber')
    .action(
      ask(surroundings, async (headend, [name = '']) => {
        const found = await headend.call('sublane-headend:list-subscribers', { name });
        if (!found.ok) return found;
        const one = found.value.subscriber?.[0];
        if (one === undefined)
          return failed({ kind: 'failed', message: `there is no subscriber ${name}. See: headend subscriber list` });
        const hosts = await listAll(
          headend,
          'sublane-headend:list-hosts',
          { subscriber: name },
          ({ host = [] }) => host,
          {},
        );
        if (!hosts.ok) return hosts;
        const shown = { ...one, hosts: hosts.value.map((host) => host['host-id']) };
        const { quota } = one;
        const text = quota && {
          ...shown,
          quota: `${quotaText(quota)}, anew at ${timeText(quota['begins-anew'] ?? '')}`,
        };
        return ok({ text: members(text ?? shown), json: shown });
      }),
    );

  subscriber
    .command('set')
    .description('change a subscriber; what is not given stays')
    .argument('<name>', 'the name of the subscriber')
    .option('--plan <plan>', 'the new plan; live hosts request again at once, and so get what it gives')
    .option('--password-stdin', 'read a new password from standard input')
    .option('--password-hash <FILE>', 'its hash made elsewhere, from a file; -: from standard input')
    .option('--suspend', 'end the leases of its hosts at once, and refuse every request')
    .option('--resume', 'end the suspension')
    .option('--reset-quota', 'what was carried in the present period counts no more; live hosts request again')
    .action(
      ask<SetOptions>(surroundings, async (headend, [name = ''], options) => {
        const { plan, suspend, resume } = options;
        if (suspend && resume) return failed({ kind: 'usage', message: 'expected --suspend or --resume, not both' });
        if (
          plan === undefined &&
          !suspend &&
          !resume &&
          !options.passwordStdin &&
          options.passwordHash === undefined &&
          !options.resetQuota
        )
          return failed({
            kind: 'usage',
            message: 'nothing to change: expected --plan, --password-stdin, --suspend, --resume or --reset-quota',
          });
        const password = await passwordOf(options);
        if (!password.ok) return password;
        const changed = await headend.call('sublane-headend:set-subscriber', {
          name,
          ...(plan !== undefined && { plan }),
          ...password.value,
          ...((suspend || resume) && { suspended: suspend === true }),
          // An empty leaf (RFC 7951 §6.9).
          ...(options.resetQuota && { 'reset-quota': [null] as const }),
        });
        if (!changed.ok) return changed;
        return ok({ text: `subscriber ${name} changed`, json: { subscriber: name, result: 'changed' } });
      }),
    );

  subscriber
    .command('remove')
    .description('forget a subscriber that has no hosts')
    .argument('<name>', 'the name of the subscriber')
    .action(
      ask(surroundings, async (headend, [name = '']) => {
        const removed = await headend.call('sublane-headend:remove-subscriber', { name });
        if (!removed.ok) return removed;
        return ok({ text: `subscriber ${name} removed`, json: { subscriber: name, result: 'removed' } });
      }),
    );
}

/** `12 % of 50.0 GB`. */
function quotaText({ octets = '0', used = '0' }: { readonly octets?: string; readonly used?: string }): string {
  return `${Math.floor((Number(used) * 100) / Math.max(1, Number(octets)))} % of ${bytesText(Number(octets))}`;
}
