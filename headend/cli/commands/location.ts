import { failed, ok } from '@sublane/basics';
import type { Command } from 'commander';
import { isPrefix } from '../../configuration/prefix-text.ts';
import { integerArgument } from '../arguments.ts';
import { ask, collect, type Surroundings } from '../command.ts';
import { type LocationEntry, locationTable, overloadNotes } from '../location-table.ts';
import { members } from '../member-text.ts';
import { type ListOptions, limitOption, listAll } from '../paging.ts';

interface AddOptions {
  readonly parent?: string;
  readonly accessPrefix?: readonly string[];
  readonly upldCapacity?: number;
  readonly dnldCapacity?: number;
  readonly replace?: boolean;
}

const RATE_MAX = 4_294_967_295;

/** `headend location …`: parts of the access network. */
export function addLocationCommands(program: Command, surroundings: Surroundings): void {
  const location = program.command('location').description('where hosts are: parts of the access network');

  location
    .command('add')
    .description('add a location, or change one with --replace')
    .argument('<name>', 'the name of the location')
    .option('--parent <location>', 'the larger location it is part of')
    .option('--access-prefix <prefix>', 'hosts whose sessions come from here are here', collect)
    .option('--upld-capacity <kbit/s>', 'what all lanes here may send', integerArgument(1, RATE_MAX))
    .option('--dnld-capacity <kbit/s>', 'what may be sent to all lanes here', integerArgument(1, RATE_MAX))
    .option('--replace', 'the location exists: give it these settings instead')
    .addHelpText(
      'after',
      `
Example:
  headend location add vienna --access-prefix 198.51.100.0/24 --access-prefix 2001:db8:100::/48`,
    )
    .action(
      ask<AddOptions>(surroundings, async (headend, [name = ''], options) => {
        const wrong = options.accessPrefix?.find((prefix) => !isPrefix(prefix));
        if (wrong !== undefined)
          return failed({ kind: 'usage', message: `--access-prefix ${wrong}: expected a prefix, as 192.0.2.0/24` });
        const edited = await headend.edit('location', options.replace ? 'replace' : 'create', {
          name,
          ...(options.parent !== undefined && { parent: options.parent }),
          ...(options.accessPrefix && { 'access-prefix': options.accessPrefix }),
          ...(options.upldCapacity !== undefined && { 'upld-capacity': options.upldCapacity }),
          ...(options.dnldCapacity !== undefined && { 'dnld-capacity': options.dnldCapacity }),
        });
        if (!edited.ok) return edited;
        const result = options.replace ? 'replaced' : 'added';
        return ok({
          text: `location ${name} ${result}`,
          json: { location: name, result },
          notes: options.replace ? await overloadNotes(headend) : [],
        });
      }),
    );

  location
    .command('list')
    .description('the locations, and what is guaranteed of what they have')
    .addOption(limitOption())
    .action(
      ask<ListOptions>(surroundings, async (headend, _, options) => {
        const list = 'sublane-headend:list-locations';
        const all = await listAll(
          headend,
          list,
          {},
          ({ location = [] }): readonly LocationEntry[] => location,
          options,
        );
        return all.ok ? ok({ text: locationTable(all.value), json: all.value }) : all;
      }),
    );

  location
    .command('show')
    .description('one location')
    .argument('<name>', 'the name of the location')
    .action(
      ask(surroundings, async (headend, [name = '']) => {
        const listed = await headend.call('sublane-headend:list-locations', { location: name });
        if (!listed.ok) return listed;
        const found = listed.value.location?.[0];
        return found === undefined
          ? failed({ kind: 'failed', message: `there is no location ${name}. See: headend location list` })
          : ok({ text: members(found), json: found });
      }),
    );

  location
    .command('remove')
    .description('remove a location that no pool or other location names')
    .argument('<name>', 'the name of the location')
    .action(
      ask(surroundings, async (headend, [name = '']) => {
        const removed = await headend.edit('location', 'delete', { name });
        if (!removed.ok) return removed;
        return ok({ text: `location ${name} removed`, json: { location: name, result: 'removed' } });
      }),
    );
}
