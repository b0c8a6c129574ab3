import { failed, ok, table } from '@sublane/basics';
import type { RpcOutput } from '@sublane/yang';
import type { Command } from 'commander';
import type { PoolData } from '../../configuration/headend-data.ts';
import { isPrefix } from '../../configuration/plan-file.ts';
import { integerArgument, oneOf } from '../arguments.ts';
import { ask, collect, type Surroundings } from '../command.ts';
import { adviceNotes } from '../configuration-advice.ts';
import { members } from '../member-text.ts';
import type { CliFailure } from '../outcome.ts';
import { type ListOptions, limitOption, listAll } from '../paging.ts';

interface AddOptions {
  readonly class: string;
  readonly prefix: readonly string[];
  readonly location?: string;
  readonly attach: NonNullable<PoolData['attachment']>;
  readonly vlan?: number;
  readonly gateway?: readonly string[];
  readonly dns?: readonly string[];
  readonly check?: readonly string[];
  readonly exclude?: readonly string[];
  readonly replace?: boolean;
}

type Pool = NonNullable<RpcOutput<'sublane-headend:list-pools'>['pool']>[number];

/** `headend pool …`: predefined addresses. */
export function addPoolCommands(program: Command, surroundings: Surroundings): void {
  const pool = program.command('pool').description('predefined addresses: each lane gets one of each family');

  pool
    .command('add')
    .description('add a pool, or change one with --replace')
    .argument('<name>', 'the name of the pool')
    .requiredOption('--class <class>', 'the service class whose lanes get their addresses here')
    .requiredOption('--prefix <prefix>', 'IPv4 or IPv6 prefix; give it twice for both families', collect)
    .option('--location <location>', 'where the addresses can be used (default: anywhere)')
    .option(
      '--attach <kind>',
      'on-link, routed, vlan or tunnel',
      oneOf(['on-link', 'routed', 'vlan', 'tunnel']),
      'on-link',
    )
    .option('--vlan <id>', 'the VLAN, with --attach vlan', integerArgument(1, 4094))
    .option('--gateway <address>', 'next hop of the lanes, one of each family', collect)
    .option('--dns <address>', 'resolvers of the lanes, best first', collect)
    .option('--check <address>', 'what a lane must reach (default: the gateways)', collect)
    .option('--exclude <range>', 'addresses no lane gets: ADDRESS or FIRST-LAST', collect)
    .option('--replace', 'the pool exists: give it these settings instead')
    .addHelpText(
      'after',
      `
Examples:
  headend pool add calls --class conversational --prefix 192.0.2.0/24 --prefix 2001:db8:1::/64 --gateway 192.0.2.1
  headend pool add films --class streaming --prefix 198.51.100.0/24 --attach routed --exclude 198.51.100.0-198.51.100.15`,
    )
    .action(
      ask<AddOptions>(surroundings, async (headend, [name = ''], options) => {
        const entry = poolEntry(name, options);
        if ('kind' in entry) return failed(entry);
        const edited = await headend.edit('pool', options.replace ? 'replace' : 'create', entry);
        if (!edited.ok) return edited;
        return ok({
          text: `pool ${name} ${options.replace ? 'replaced' : 'added'}`,
          json: { pool: name, result: options.replace ? 'replaced' : 'added' },
          notes: await adviceNotes(headend),
        });
      }),
    );

  pool
    .command('list')
    .description('the pools and how full they are')
    .addOption(limitOption())
    .action(
      ask<ListOptions>(surroundings, async (headend, _, options) => {
        const pools = await listAll(headend, 'sublane-headend:list-pools', {}, ({ pool = [] }) => pool, options);
        if (!pools.ok) return pools;
        return ok({ text: poolTable(pools.value), json: pools.value });
      }),
    );

  pool
    .command('show')
    .description('one pool, with all its settings')
    .argument('<name>', 'the name of the pool')
    .action(
      ask(surroundings, async (headend, [name = '']) => {
        const [configuration, fill] = [
          await headend.configuration(),
          await headend.call('sublane-headend:list-pools', { pool: name }),
        ];
        if (!configuration.ok) return configuration;
        if (!fill.ok) return fill;
        const settings = configuration.value.pool?.find((one) => one.name === name);
        const state = fill.value.pool?.[0];
        if (settings === undefined && state === undefined) return failed(noPool(name));
        const shown = { name, ...settings, ...(state && { capacity: state.capacity, held: state.held }) };
        return ok({ text: members(shown), json: shown });
      }),
    );

  for (const [verb, state, description] of [
    ['drain', 'draining', 'give no more new addresses from a pool; leases there end at their term'],
    ['undrain', 'open', 'give addresses from a drained pool again'],
  ] as const)
    pool
      .command(verb)
      .description(description)
      .argument('<name>', 'the name of the pool')
      .action(
        ask(surroundings, async (headend, [name = '']) => {
          const configuration = await headend.configuration();
          if (!configuration.ok) return configuration;
          if (!configuration.value.pool?.some((one) => one.name === name)) return failed(noPool(name));
          const edited = await headend.edit('pool', 'merge', { name, 'admin-state': state });
          if (!edited.ok) return edited;
          return ok({ text: `pool ${name} is ${state}`, json: { pool: name, 'admin-state': state } });
        }),
      );

  pool
    .command('remove')
    .description('remove a pool that holds no leases')
    .argument('<name>', 'the name of the pool')
    .action(
      ask(surroundings, async (headend, [name = '']) => {
        const removed = await headend.edit('pool', 'delete', { name });
        if (!removed.ok) return removed;
        return ok({
          text: `pool ${name} removed`,
          json: { pool: name, result: 'removed' },
          notes: await adviceNotes(headend),
        });
      }),
    );
}

function poolEntry(name: string, options: AddOptions): (PoolData & { readonly name: string }) | CliFailure {
  const wrong = options.prefix.find((prefix) => !isPrefix(prefix));
  if (wrong !== undefined)
    return { kind: 'usage', message: `--prefix ${wrong}: expected a prefix, as 192.0.2.0/24 or 2001:db8::/64` };
  if ((options.attach === 'vlan') !== (options.vlan !== undefined))
    return { kind: 'usage', message: 'expected --attach vlan and --vlan N together, or neither' };
  return {
    name,
    class: options.class,
    ...(options.location !== undefined && { location: options.location }),
    prefix: options.prefix,
    attachment: options.attach,
    ...(options.vlan !== undefined && { 'vlan-id': options.vlan }),
    ...(options.gateway && { gateway: options.gateway }),
    ...(options.dns && { dns: options.dns }),
    ...(options.check && { check: options.check }),
    ...(options.exclude && { exclude: options.exclude }),
  };
}

function noPool(name: string): CliFailure {
  return { kind: 'failed', message: `there is no pool ${name}. See: headend pool list` };
}

export function poolTable(pools: readonly Pool[]): string {
  return table(
    ['NAME', 'CLASS', 'LOCATION', 'PREFIXES', 'ATTACHMENT', 'STATE', 'HELD', 'CAPACITY'],
    pools.map((pool) => [
      pool.name,
      pool.class,
      pool.location,
      pool.prefix?.join(' '),
      pool.attachment,
      pool['admin-state'] ?? 'removed',
      Number(pool.held),
      Number(pool.capacity),
    ]),
    'no pools; add one: headend pool add NAME --class CLASS --prefix PREFIX',
  );
}
