import type { Readable } from 'node:stream';
import { failed, ok, type Result } from '@sublane/basics';
import type { CliFailure } from './outcome.ts';

const LENGTH_MIN = 8;
const LENGTH_MAX = 256;

/** The first line of standard input: never an argument, which `ps` would show. */
export async function readPassword(stdin: Readable): Promise<Result<string, CliFailure>> {
  let text = '';
  stdin.setEncoding('utf8');
  for await (const piece of stdin) {
    text += piece;
    if (text.includes('\n') || text.length > LENGTH_MAX * 4) break;
  }
  const password = text.split(/\r?\n/, 1)[0] ?? '';
  return password.length >= LENGTH_MIN && password.length <= LENGTH_MAX
    ? ok(password)
    : failed({
        kind: 'usage',
        message: `expected a password of ${LENGTH_MIN} to ${LENGTH_MAX} characters on standard input; there were ${password.length}`,
      });
}
