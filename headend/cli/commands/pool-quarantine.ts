import { durationText, ok, table } from '@sublane/basics';
import type { RpcOutput } from '@sublane/yang';
import type { Command } from 'commander';
import { ask, type Surroundings } from '../command.ts';
import { type HolderOptions, holderFilter, holderOptions } from '../holder-filter.ts';
import { type ListOptions, limitOption, listAll } from '../paging.ts';
import { timeText } from '../time-text.ts';

type Quarantine = NonNullable<RpcOutput<'sublane-headend:list-quarantine'>['quarantine']>[number];

/** `headend pool quarantine …`: addresses that hosts found in use by other devices. */
export function addQuarantineCommands(pool: Command, surroundings: Surroundings): void {
  const quarantine = pool
    .command('quarantine')
    .description('addresses that nobody gets, since a host found them in use by another device');

  holderOptions(quarantine.command('list'), {
    ofHost: 'only what this host reported',
    ofAddress: 'only this address',
  })
    .description('the addresses, oldest first')
    .addOption(limitOption())
    .action(
      ask<ListOptions & HolderOptions>(surroundings, async (headend, _, options) => {
        const all = await listAll(
          headend,
          'sublane-headend:list-quarantine',
          holderFilter(options),
          ({ quarantine: list = [] }) => list,
          options,
        );
        if (!all.ok) return all;
        return ok({ text: quarantineTable(all.value, surroundings.clock.now()), json: all.value });
      }),
    );

  quarantine
    .command('release')
    .description('give an address again at once, and the other of its lease with it')
    .argument('<address>', 'the address, of either family')
    .action(
      ask(surroundings, async (headend, [address = '']) => {
        const released = await headend.call('sublane-headend:release-quarantine', { address });
        if (!released.ok) return released;
        return ok({ text: `${address} may be given again`, json: { address, result: 'released' } });
      }),
    );
}

function quarantineTable(quarantines: readonly Quarantine[], now: number): string {
  return table(
    ['POOL', 'IPv4', 'IPv6', 'IN USE', 'HOST', 'GROUP', 'SINCE', 'ENDS IN', 'REASON'],
    quarantines.map((one) => [
      one.pool,
      one.ipv4,
      one.ipv6,
      one['conflict-address'].join(' '),
      one['host-id'],
      one['group-id'],
      timeText(one.since),
      durationText(Math.max(0, (Date.parse(one.until) - now) / 1000)),
      one.reason,
    ]),
    'no address is in quarantine',
  );
}
