import { durationText, failed, ok, table } from '@sublane/basics';
import type { RpcOutput } from '@sublane/yang';
import type { Command } from 'commander';
import { ask, type Surroundings } from '../command.ts';
import { type HolderOptions, holderFilter, holderOptions } from '../holder-filter.ts';
import { members } from '../member-text.ts';
import { type ListOptions, limitOption, listAll } from '../paging.ts';

type Lease = NonNullable<RpcOutput<'sublane-headend:list-leases'>['lease']>[number];

/** `headend lease …`: addresses held by groups until a time. */
export function addLeaseCommands(program: Command, surroundings: Surroundings): void {
  const lease = program.command('lease').description('addresses held by the groups of hosts until a time');

  holderOptions(lease.command('list'), {
    ofHost: 'only those of this host',
    ofAddress: 'only the one that holds this address, or the prefix that it is in',
  })
    .description('the leases that have not ended')
    .option('--subscriber <name>', 'only those in the name of this subscriber')
    .addOption(limitOption())
    .action(
      ask<ListOptions & HolderOptions & { readonly subscriber?: string }>(surroundings, async (headend, _, options) => {
        const filter = holderFilter(options);
        const { subscriber } = options;
        const whose = { ...filter, ...(subscriber !== undefined && { subscriber }) };
        const all = await listAll(headend, 'sublane-headend:list-leases', whose, ({ lease = [] }) => lease, options);
        if (!all.ok) return all;
        const withheld = await listAll(
          headend,
          'sublane-headend:list-quarantine',
          filter,
          ({ quarantine = [] }) => quarantine,
          options,
        );
        if (!withheld.ok) return withheld;
        return ok({
          text: leaseTable(all.value, surroundings.clock.now()),
          json: all.value,
          // Quarantines are by host: of a subscriber's it could not be said how many.
          notes: subscriber === undefined ? quarantineNote(withheld.value.length) : [],
        });
      }),
    );

  lease
    .command('show')
    .description('one lease, with all that was granted')
    .argument('<id>', 'the lease, as "lease list" names it')
    .action(
      ask(surroundings, async (headend, [id = '']) => {
        const found = await headend.call('sublane-headend:list-leases', { 'lease-id': id });
        if (!found.ok) return found;
        const one = found.value.lease?.[0];
        return one === undefined
          ? failed({ kind: 'failed', message: `there is no lease ${id}; it may have ended. See: headend lease list` })
          : ok({ text: members(one), json: one });
      }),
    );

  lease
    .command('release')
    .description('take a lease back at once')
    .argument('<id>', 'the lease, as "lease list" names it')
    .action(
      ask(surroundings, async (headend, [id = '']) => {
        const released = await headend.call('sublane-headend:release-lease', { 'lease-id': id });
        if (!released.ok) return released;
        return ok({ text: `lease ${id} released`, json: { 'lease-id': id, result: 'released' } });
      }),
    );
}

/** Leases that ended because another device uses their addresses are no leases any more, and still lack in the pool. */
function quarantineNote(count: number): readonly string[] {
  if (count === 0) return [];
  const what = count === 1 ? 'the addresses of one more lease are' : `the addresses of ${count} more leases are`;
  return [`note: ${what} in quarantine; see: headend pool quarantine list`];
}

function leaseTable(leases: readonly Lease[], now: number): string {
  // Few pools delegate prefixes.
  const delegates = leases.some((one) => one['delegated-prefix'] !== undefined);
  return table(
    [
      ...['LEASE', 'HOST', 'GROUP', 'CLASS', 'POOL', 'IPv4', 'IPv6'],
      ...(delegates ? ['DELEGATED'] : []),
      ...['DSCP', 'UPLD kbit/s', 'DNLD kbit/s', 'LEFT', 'REPORT'],
    ],
    leases.map((one) => [
      one.id,
      one['host-id'],
      one['group-id'],
      one.class,
      one.pool,
      one.ipv4,
      one.ipv6,
      ...(delegates ? [one['delegated-prefix']] : []),
      one.dscp,
      one.upld?.rate,
      one.dnld?.rate,
      `${durationText((Date.parse(one['valid-until']) - now) / 1000)}${one.recalled ? ', recalled' : ''}`,
      one.report?.state,
    ]),
    'no leases',
  );
}
