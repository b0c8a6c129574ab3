import { failed, ok, table } from '@sublane/basics';
import type { RpcOutput } from '@sublane/yang';
import type { Command } from 'commander';
import { integerArgument, oneOf } from '../arguments.ts';
import { ask, collect, type Surroundings } from '../command.ts';
import { adviceNotes } from '../configuration-advice.ts';
import { members } from '../member-text.ts';
import { type ListOptions, limitOption, listAll } from '../paging.ts';
import { emptyText, fillText } from '../pool-fill-text.ts';
import {
  addSettingsOptions,
  changedPool,
  ENCAPSULATIONS,
  type PoolOptions,
  type PoolSettingsOptions,
  poolEntry,
} from './pool-options.ts';
import { addQuarantineCommands } from './pool-quarantine.ts';
import { addStateCommands, noPool, settingsOf } from './pool-state.ts';

type Pool = NonNullable<RpcOutput<'sublane-headend:list-pools'>['pool']>[number];

/** `headend pool …`: predefined addresses. */
export function addPoolCommands(program: Command, surroundings: Surroundings): void {
  const pool = program.command('pool').description('predefined addresses: each lane gets one of each family');

  const add = pool
    .command('add')
    .description('add a pool, or change one with --replace')
    .argument('<name>', 'the name of the pool')
    .requiredOption('--class <class>', 'the service class whose lanes get their addresses here')
    .requiredOption('--prefix <prefix>', 'IPv4 or IPv6 prefix; give it twice for both families', collect)
    .option(
      '--attach <kind>',
      'on-link, routed, vlan or tunnel',
      oneOf(['on-link', 'routed', 'vlan', 'tunnel']),
      'on-link',
    )
    .option('--vlan <id>', 'the VLAN, with --attach vlan', integerArgument(1, 4094))
    .option('--encapsulation <kind>', 'gre, ipip, vxlan or wireguard, with --attach tunnel', oneOf(ENCAPSULATIONS))
    .option('--remote <address>', "the edge's end of the tunnel, as hosts reach it by their access link")
    .option('--remote-port <port>', 'its UDP port (default: vxlan 4789, wireguard 51820)', integerArgument(1, 65_535))
    .option('--key <number>', 'the key of gre, or the network identifier of vxlan', integerArgument(0, 4_294_967_295))
    .option('--public-key <key>', "the edge's WireGuard key, as wg pubkey prints it");
  addSettingsOptions(add)
    .option('--replace', 'the pool exists: give it these settings instead')
    .addHelpText(
      'after',
      `
Examples:
  headend pool add calls --class conversational --prefix 192.0.2.0/24 --prefix 2001:db8:1::/64 --gateway 192.0.2.1
  headend pool add films --class streaming --prefix 198.51.100.0/24 --attach routed --exclude 198.51.100.0-198.51.100.15
  headend pool add sites --class bulk --prefix 203.0.113.0/24 --prefix 2001:db8:2::/64 --attach routed
      --delegated 2001:db8:100::/40/56 --reserve 203.0.113.7=alice
  headend pool add office --class bulk --prefix 10.1.0.0/24 --attach vlan --vlan 113 --gateway 10.1.0.1
  headend pool add branch --class bulk --prefix 10.2.0.0/24 --attach tunnel --encapsulation vxlan --remote 203.0.113.9
      --key 5000 --gateway 10.2.0.1
  headend pool add roaming --class conversational --prefix 10.3.0.0/24 --attach tunnel --encapsulation wireguard
      --remote 203.0.113.9 --public-key HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw= --mtu 1380

A tunnel by gre, ipip or wireguard is point to point: lanes there have no next hop, and --gateway names the edge's own
address inside it. WireGuard alone passes a NAT between host and edge.`,
    )
    .action(
      ask<PoolOptions>(surroundings, async (headend, [name = ''], options) => {
        const entry = poolEntry(name, options);
        if (!entry.ok) return entry;
        const edited = await headend.edit('pool', options.replace ? 'replace' : 'create', entry.value);
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
        const shown = { name, ...settings, ...(state && fillOf(state)) };
        return ok({ text: members(shown), json: shown });
      }),
    );

  addSettingsOptions(pool.command('set'))
    .description('change a pool; what is not named stays, and no lease loses its address')
    .argument('<name>', 'the name of the pool')
    .option('--prefix <prefix>', 'IPv4 or IPv6 prefix instead of those it has: all of them', collect)
    .addHelpText(
      'after',
      `
What is given several times replaces all that there was of its kind. A pool grows by a shorter prefix length, and shrinks
by a longer one as far as no lease has an address beyond.

Examples:
  headend pool set calls --prefix 192.0.2.0/23 --prefix 2001:db8:1::/64
  headend pool set calls --reserve 192.0.2.7=alice --reserve 192.0.2.8=bob/bobs-phone --warn-at 80`,
    )
    .action(
      ask<PoolSettingsOptions>(surroundings, async (headend, [name = ''], options) => {
        const present = await settingsOf(headend, name);
        if (!present.ok) return present;
        const entry = changedPool(present.value, options);
        if (!entry.ok) return entry;
        const edited = await headend.edit('pool', 'replace', entry.value);
        if (!edited.ok) return edited;
        const json = { pool: name, result: 'changed' };
        return ok({ text: `pool ${name} changed`, json, notes: await adviceNotes(headend) });
      }),
    );

  addStateCommands(pool, surroundings);

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

  addQuarantineCommands(pool, surroundings);
}

/** How full it is, as `show` tells it. */
function fillOf({ capacity, held, quarantined, resting, reserved, 'empty-at': emptyAt }: Pool) {
  return { capacity, held, quarantined, resting, reserved, ...(emptyAt !== undefined && { 'empty-at': emptyAt }) };
}

export function poolTable(pools: readonly Pool[]): string {
  return table(
    [
      ...['NAME', 'CLASS', 'LOCATION', 'PREFIXES', 'ATTACHMENT', 'STATE'],
      ...['HELD', 'QUARANTINED', 'CAPACITY', 'FILL', 'RESTING', 'EMPTY BY'],
    ],
    pools.map((pool) => [
      pool.name,
      pool.class,
      pool.location,
      pool.prefix?.join(' '),
      pool.encapsulation ?? pool.attachment,
      stateText(pool),
      Number(pool.held),
      Number(pool.quarantined),
      Number(pool.capacity),
      fillText(pool),
      Number(pool.resting ?? 0),
      emptyText(pool),
    ]),
    'no pools; add one: headend pool add NAME --class CLASS --prefix PREFIX',
  );
}

function stateText({
  'admin-state': state = 'removed',
  successor,
}: Omit<Pool, 'admin-state'> & { 'admin-state'?: string }) {
  return successor === undefined ? state : `${state} to ${successor}`;
}
