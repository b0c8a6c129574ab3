import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { failed, ok, type Result } from '@sublane/basics';
import type { CliFailure } from './outcome.ts';

const LENGTH_MIN = 8;
const LENGTH_MAX = 256;
const HASH_MAX = 512;

/** The first line of standard input: never an argument, which `ps` would show. */
export async function readPassword(stdin: Readable): Promise<Result<string, CliFailure>> {
  const password = await firstLine(stdin);
  return password.length >= LENGTH_MIN && password.length <= LENGTH_MAX
    ? ok(password)
    : failed({
        kind: 'usage',
        message: `expected a password of ${LENGTH_MIN} to ${LENGTH_MAX} characters on standard input; there were ${password.length}`,
      });
}

/** A hash in PHC string format: the first line of a file, or of standard input where the file is `-`. */
export async function readPasswordHash(file: string, stdin: Readable): Promise<Result<string, CliFailure>> {
  let text: string;
  try {
    text = file === '-' ? await firstLine(stdin) : (readFileSync(file, 'utf8').split(/\r?\n/, 1)[0] ?? '');
  } catch (error) {
    return failed({ kind: 'usage', message: `cannot read the hash ${file}: ${(error as Error).message}` });
  }
  const hash = text.trim();
  return hash.startsWith('$') && hash.length <= HASH_MAX
    ? ok(hash)
    : failed({
        kind: 'usage',
        message: 'expected a hash in PHC string format, as $argon2id$v=19$m=65536,t=3,p=4$SALT$HASH',
      });
}

/** Of what could be a secret; longer than any is cut. */
export async function firstLine(stdin: Readable): Promise<string> {
  let text = '';
  stdin.setEncoding('utf8');
  for await (const piece of stdin) {
    text += piece;
    if (text.includes('\n') || text.length > LENGTH_MAX * 4) break;
  }
  return text.split(/\r?\n/, 1)[0] ?? '';
}
