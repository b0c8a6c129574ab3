#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@sublane/basics';
import { CommanderError } from 'commander';
import { openHeadend } from './cli/connection.ts';
import { createProgram } from './cli/program.ts';
import { programVersion } from './serve.ts';

/** Runs one command line; answers the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  let code = 0;
  const interrupted = new AbortController();
  const program = createProgram(
    {
      stdin: process.stdin,
      stdout: process.stdout,
      stderr: process.stderr,
      clock: systemClock,
      interruption: () => {
        process.once('SIGINT', () => interrupted.abort());
        return interrupted.signal;
      },
      connect: openHeadend,
      exit: (with_) => {
        code = with_;
      },
    },
    programVersion(),
  );
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    // Help and version are thrown too, with exit code 0; every other one is wrong usage.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}
