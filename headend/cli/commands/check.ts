import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

/** `headend check`: is the configuration right, and what would be served? Changes nothing; a headend may be serving. */
export function addCheckCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('check')
    .description('is the configuration right? what would be served? Changes nothing')
    // Here, for the other commands to start without store and libyang.
    .action(act(surroundings, async (_, options) => (await import('../check.ts')).check(options)));
}
