import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { failed, ok } from '@sublane/basics';
import type { Command } from 'commander';
import { keepSecret, SECRET_NAME } from '../../settings/keep-secret.ts';
import { placesOf } from '../../settings/places.ts';
import { act, type Surroundings } from '../command.ts';
import { firstLine } from '../password-input.ts';

const LENGTH_MAX = 253;

/** `headend aaa secret …`: files of secrets on this machine. */
export function addSecretCommands(aaa: Command, surroundings: Surroundings): void {
  const secret = aaa.command('secret').description('the files of secrets, in the folder secrets of this machine');
  secret
    .command('set')
    .description('write a secret, for its owner alone; the headend reads it at its next commit or SIGHUP')
    .argument('<name>', 'the name of the file, as --secret-file takes it')
    .option('--generate', 'make one and show it once, instead of reading it from standard input')
    .addHelpText('after', '\nExample:\n  printf %s "$SECRET" | headend aaa secret set isp --dir edge')
    .action(
      act<{ generate?: boolean }>(surroundings, async ([name = ''], options) => {
        if (options.connect !== undefined)
          return failed({ kind: 'usage', message: 'secrets are written on their own machine; leave --connect out' });
        if (!SECRET_NAME.test(name))
          return failed({ kind: 'usage', message: `${name}: expected letters, digits, dots, underscores and dashes` });
        const { folder } = placesOf(options);
        if (!existsSync(folder))
          return failed({ kind: 'usage', message: `there is no folder ${folder}; name the headend's with --dir` });
        const value = options.generate ? randomBytes(24).toString('base64url') : await firstLine(surroundings.stdin);
        if (value === '' || Buffer.byteLength(value) > LENGTH_MAX)
          return failed({ kind: 'usage', message: `expected 1 to ${LENGTH_MAX} bytes on one line of standard input` });
        const kept = keepSecret(folder, name, value);
        if (!kept.ok) return failed({ kind: 'failed', message: kept.failure });
        const made = options.generate ? { secret: value } : {};
        return ok({
          text: options.generate ? value : `${kept.value} written`,
          json: { file: kept.value, result: 'written', ...made },
          notes: options.generate ? [`${kept.value} written; this secret is shown once`] : [],
        });
      }),
    );
}
