import { readFileSync } from 'node:fs';
import { failed, ok, type Result, table } from '@sublane/basics';
import type { Command } from 'commander';
import { parsePublicKey, publicKeyLine } from '../../keys/public-key.ts';
import { ask, type Surroundings } from '../command.ts';
import { members } from '../member-text.ts';
import type { CliFailure } from '../outcome.ts';
import { type ListOptions, limitOption, listAll } from '../paging.ts';
import { timeText } from '../time-text.ts';
import { addInvitationCommands } from './invitation.ts';

/** `headend host …`: subscribers' devices. */
export function addHostCommands(program: Command, surroundings: Surroundings): void {
  const host = program.command('host').description("subscribers' devices, each with a key of its own");

  host
    .command('enrol')
    .alias('enroll')
    .description('let a host in, by its public key')
    .argument('<host-id>', "the host's name; also its SSH user name")
    .requiredOption('--subscriber <subscriber>', 'whose it is')
    .requiredOption('--key <FILE.pub>', 'its public key, as "service-agent init" printed it')
    .addHelpText('after', '\nExample:\n  headend host enrol laptop-7f --subscriber alice --key laptop-7f.pub')
    .action(
      ask<{ subscriber: string; key: string }>(surroundings, async (headend, [hostId = ''], { subscriber, key }) => {
        const line = readKeyFile(key);
        if (!line.ok) return line;
        const enrolled = await headend.call('sublane-headend:add-host', {
          'host-id': hostId,
          subscriber,
          'public-key': line.value,
        });
        if (!enrolled.ok) return enrolled;
        const fingerprint = enrolled.value['key-fingerprint'] ?? '';
        return ok({
          text: `host ${hostId} enrolled for ${subscriber} (${fingerprint})`,
          json: { 'host-id': hostId, subscriber, 'key-fingerprint': fingerprint, result: 'enrolled' },
        });
      }),
    );

  addInvitationCommands(host, surroundings);

  host
    .command('list')
    .description('the hosts')
    .option('--subscriber <subscriber>', 'only those of this subscriber')
    .addOption(limitOption())
    .action(
      ask<ListOptions & { subscriber?: string }>(surroundings, async (headend, _, options) => {
        const { subscriber } = options;
        const filter = subscriber === undefined ? {} : { subscriber };
        const all = await listAll(headend, 'sublane-headend:list-hosts', filter, ({ host = [] }) => host, options);
        if (!all.ok) return all;
        return ok({
          text: table(
            ['HOST', 'SUBSCRIBER', 'STATE', 'LAST SEEN', 'KEY'],
            all.value.map((one) => [
              one['host-id'],
              one.subscriber,
              one.revoked !== undefined ? 'revoked' : one.connected ? 'connected' : 'away',
              one['last-seen'] && timeText(one['last-seen']),
              one['key-fingerprint'],
            ]),
            'no hosts; invite one: headend host invite --subscriber NAME',
          ),
          json: all.value,
        });
      }),
    );

  host
    .command('show')
    .description('one host and its leases')
    .argument('<host-id>', 'the host')
    .action(
      ask(surroundings, async (headend, [hostId = '']) => {
        const found = await headend.call('sublane-headend:list-hosts', { 'host-id': hostId });
        if (!found.ok) return found;
        const one = found.value.host?.[0];
        if (one === undefined)
          return failed({ kind: 'failed', message: `there is no host ${hostId}. See: headend host list` });
        const leases = await listAll(
          headend,
          'sublane-headend:list-leases',
          { 'host-id': hostId },
          ({ lease = [] }) => lease,
          {},
        );
        if (!leases.ok) return leases;
        const shown = { ...one, leases: leases.value };
        return ok({ text: members(shown), json: shown });
      }),
    );

  host
    .command('revoke')
    .description("take a host's right away: its session is closed, its leases end")
    .argument('<host-id>', 'the host')
    .action(
      ask(surroundings, async (headend, [hostId = '']) => {
        const revoked = await headend.call('sublane-headend:revoke-host', { 'host-id': hostId });
        if (!revoked.ok) return revoked;
        return ok({ text: `host ${hostId} revoked`, json: { 'host-id': hostId, result: 'revoked' } });
      }),
    );
}

/** A public key from a file, checked before it goes anywhere. */
export function readKeyFile(file: string): Result<string, CliFailure> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return failed({ kind: 'usage', message: `cannot read the key ${file}: ${(error as Error).message}` });
  }
  const key = parsePublicKey(text);
  return key.ok ? ok(publicKeyLine(key.value)) : failed({ kind: 'usage', message: `${file}: ${key.failure.message}` });
}
