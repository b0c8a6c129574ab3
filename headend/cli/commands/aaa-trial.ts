import { failed, ok, silentLog, systemClock } from '@sublane/basics';
import type { Command } from 'commander';
import type { AuthenticationRefusal, Grant } from '../../aaa/grant.ts';
import { aaaOf } from '../../configuration/aaa-model.ts';
import { refusalFacts } from '../../refusal/refusal-facts.ts';
import { placesOf } from '../../settings/places.ts';
import { ask, type Surroundings } from '../command.ts';
import { members } from '../member-text.ts';
import { firstLine } from '../password-input.ts';
import { aaaData } from './aaa.ts';

interface TrialOptions {
  readonly hostId: string;
  readonly passwordStdin?: boolean;
}

/** `headend aaa trial`: what the authority of a name says, and what that would grant. */
export function addTrialCommand(aaa: Command, surroundings: Surroundings): void {
  aaa
    .command('trial')
    .description('ask the RADIUS servers of a name as a host would; nothing is granted and nothing is changed')
    .argument('<user>', 'the name, as alice@isp.example')
    .option('--password-stdin', 'read a password from standard input (default: asked by the key alone)')
    .option('--host-id <host-id>', 'as which host', 'headend-trial')
    .addHelpText(
      'after',
      `
It asks from this machine, with the secrets in the folder of --dir.

Example:
  headend aaa trial alice@isp.example --dir edge`,
    )
    .action(
      ask<TrialOptions>(surroundings, async (headend, [user = ''], options) => {
        const password = options.passwordStdin ? await firstLine(surroundings.stdin) : undefined;
        if (password === '') return failed({ kind: 'usage', message: 'expected a password on standard input' });
        const data = await aaaData(headend);
        if (!data.ok) return data;
        // Here, for the other commands to start without them.
        const { askAs } = await import('../authority-trial.ts');
        const asked = await askAs({
          aaa: aaaOf(data.value),
          places: placesOf(options),
          user,
          hostId: options.hostId,
          password,
          clock: systemClock,
          log: silentLog,
        });
        if (asked === undefined)
          return failed({
            kind: 'failed',
            message: `the embedded authority answers for ${user}: headend subscriber show ${user}`,
          });
        const { authority, answer } = asked;
        if (typeof answer === 'string') return failed({ kind: 'failed', message: answer });
        const shown = answer.ok ? granted(answer.value) : refused(answer.failure);
        return ok({ text: members({ authority, ...shown }), json: { authority, ...shown } });
      }),
    );
}

function granted({
  subscriber,
  plan,
  upldCeiling,
  dnldCeiling,
  leaseMax,
  interimInterval,
  addresses,
  accountingName,
}: Grant) {
  return {
    answer: 'accept',
    subscriber,
    plan,
    ...(upldCeiling !== undefined && { 'upld-ceiling': upldCeiling }),
    ...(dnldCeiling !== undefined && { 'dnld-ceiling': dnldCeiling }),
    ...(leaseMax !== undefined && { 'lease-max': leaseMax }),
    ...(interimInterval !== undefined && { 'interim-interval': interimInterval }),
    ...(addresses?.ipv4 !== undefined && { ipv4: addresses.ipv4 }),
    ...(addresses?.ipv6 !== undefined && { ipv6: addresses.ipv6 }),
    ...(addresses?.delegatedPrefix !== undefined && { 'delegated-prefix': addresses.delegatedPrefix }),
    ...(accountingName !== undefined && { 'accounting-name': accountingName }),
  };
}

function refused(refusal: AuthenticationRefusal) {
  const { code, message } = refusalFacts(refusal);
  return { answer: 'refused', code, message };
}
