import { ok, table } from '@sublane/basics';
import { decodeToken } from '@sublane/enrolment';
import type { Command } from 'commander';
import { durationArgument } from '../arguments.ts';
import { ask, collect, type Surroundings } from '../command.ts';
import { type ListOptions, limitOption, listAll } from '../paging.ts';
import { timeText } from '../time-text.ts';

interface InviteOptions {
  readonly subscriber: string;
  readonly hostId?: string;
  readonly validFor?: number;
  readonly address?: readonly string[];
}

const MINUTE = 60;
const MONTH = 2_592_000;

/** `headend host invite`, `invitations`, `uninvite`: one-time tokens, by which hosts enrol themselves. */
export function addInvitationCommands(host: Command, surroundings: Surroundings): void {
  host
    .command('invite')
    .description('a one-time token, by which one host enrols itself; it is printed alone, and shown once')
    .requiredOption('--subscriber <subscriber>', 'whose the host will be')
    .option('--host-id <host-id>', 'the only name it may take (default: any that is free)')
    .option('--valid-for <time>', 'how long the token is good: 30m, 12h, 7d', durationArgument(MINUTE, MONTH), 86_400)
    .option(
      '--address <HOST:PORT>',
      'where hosts reach this headend; may be repeated, best first (default: where it listens)',
      collect,
    )
    .addHelpText(
      'after',
      `
Examples:
  headend host invite --subscriber alice --address edge.example:830
  headend host invite --subscriber alice | ssh root@laptop service-agent init --dir /etc/sublane --token -`,
    )
    .action(
      ask<InviteOptions>(surroundings, async (headend, _, { subscriber, hostId, validFor = 86_400, address }) => {
        const invited = await headend.call('sublane-headend:invite-host', {
          subscriber,
          'valid-for': validFor,
          ...(hostId !== undefined && { 'host-id': hostId }),
          ...(address !== undefined && { address }),
        });
        if (!invited.ok) return invited;
        const { token, expires, 'invitation-id': id } = invited.value;
        return ok({
          text: token,
          json: { 'invitation-id': id, subscriber, expires, token },
          notes: [
            `invitation ${id}, for one host of ${subscriber}, good until ${timeText(expires)}; it is not shown again`,
            'on the host: service-agent init --token TOKEN (or --token -, and the token on standard input)',
            ...onlyHere(token),
          ],
        });
      }),
    );

  host
    .command('invitations')
    .description('the tokens that are good and not used yet')
    .addOption(limitOption())
    .action(
      ask<ListOptions>(surroundings, async (headend, _, options) => {
        const all = await listAll(
          headend,
          'sublane-headend:list-invitations',
          {},
          ({ invitation = [] }) => invitation,
          options,
        );
        if (!all.ok) return all;
        return ok({
          text: table(
            ['ID', 'SUBSCRIBER', 'HOST', 'CREATED', 'GOOD UNTIL'],
            all.value.map((one) => [
              one['invitation-id'],
              one.subscriber,
              one['host-id'] ?? 'any',
              timeText(one.created),
              timeText(one.expires),
            ]),
            'no invitations; make one: headend host invite --subscriber NAME',
          ),
          json: all.value,
        });
      }),
    );

  host
    .command('uninvite')
    .description('take a token back that was not used yet')
    .argument('<id>', 'the invitation; "headend host invitations" lists them')
    .action(
      ask(surroundings, async (headend, [id = '']) => {
        const removed = await headend.call('sublane-headend:remove-invitation', { 'invitation-id': id });
        if (!removed.ok) return removed;
        return ok({ text: `invitation ${id} taken back`, json: { 'invitation-id': id, result: 'removed' } });
      }),
    );
}

/** A headend that listens on loopback alone is told of nowhere else. */
function onlyHere(token: string): readonly string[] {
  const read = decodeToken(token);
  const elsewhere = read.ok && read.value.addresses.some(({ host }) => !/^127\.|^::1$|^localhost$/.test(host));
  return elsewhere ? [] : ['it leads to this machine alone: for other hosts give --address HOST:PORT'];
}
