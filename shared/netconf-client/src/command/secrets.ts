import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { failed, ok, type Result } from '@sublane/basics';
import { type CommandFailure, usage } from './outcome.ts';
import type { Surroundings } from './surroundings.ts';

const LONGEST = 4096;

/** The first line of standard input: never an argument, which `ps` would show. */
export async function readSecretLine(stdin: Surroundings['stdin']): Promise<Result<string, CommandFailure>> {
  let text = '';
  stdin.setEncoding('utf8');
  for await (const piece of stdin) {
    text += piece;
    if (text.includes('\n') || text.length > LONGEST) break;
  }
  const line = text.split(/\r?\n/, 1)[0] ?? '';
  return line === ''
    ? failed(usage('--password-stdin: expected the password as the first line of standard input; there was none'))
    : ok(line);
}

/** Asks the person at the terminal; what is typed is not shown. `undefined` where there is nobody. */
export function askSecret({ stdin, stderr }: Surroundings, question: string): Promise<string | undefined> {
  if (stdin.isTTY !== true) return Promise.resolve(undefined);
  const silent = new Writable({ write: (_piece, _encoding, done) => done() });
  // Before the question: from then on the terminal itself shows nothing of what is typed.
  const lines = createInterface({ input: stdin, output: silent, terminal: true });
  stderr.write(question);
  return new Promise((resolve) => {
    lines.once('close', () => resolve(undefined));
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
      stderr.write('\n');
    });
  });
}
