import { ok, table } from '@sublane/basics';
import type { Command } from 'commander';
import { integerArgument } from '../arguments.ts';
import { ask, type Surroundings } from '../command.ts';
import { type ListOptions, limitOption, listAll } from '../paging.ts';
import { timeText } from '../time-text.ts';

/** `headend session …`: who is connected. */
export function addSessionCommands(program: Command, surroundings: Surroundings): void {
  const session = program.command('session').description('the NETCONF sessions that are open');

  session
    .command('list')
    .description('the open sessions; this command’s own is marked')
    .addOption(limitOption())
    .action(
      ask<ListOptions>(surroundings, async (headend, _, options) => {
        const all = await listAll(headend, 'sublane-headend:list-sessions', {}, ({ session = [] }) => session, options);
        if (!all.ok) return all;
        return ok({
          text: table(
            ['SESSION', 'USER', 'ROLE', 'TRANSPORT', 'FROM', 'SINCE'],
            all.value.map((one) => [
              `${one['session-id']}${one['session-id'] === headend.sessionId ? ' (this)' : ''}`,
              one.user,
              one.role,
              one.transport,
              one['peer-address'],
              timeText(one.started),
            ]),
            'no sessions',
          ),
          json: all.value,
        });
      }),
    );

  session
    .command('close')
    .description('end a session')
    .argument('<id>', 'the session, as "session list" numbers it', integerArgument(1, 4_294_967_295))
    .action(
      ask(surroundings, async (headend, [id]) => {
        const killed = await headend.killSession(Number(id));
        if (!killed.ok) return killed;
        return ok({ text: `session ${id} closed`, json: { 'session-id': Number(id), result: 'closed' } });
      }),
    );
}
