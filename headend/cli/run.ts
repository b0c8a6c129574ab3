import { systemClock } from '@sublane/basics';
import { CommanderError } from 'commander';
import { openHeadend } from './connection.ts';
import { createProgram } from './program.ts';
import { VERSION } from './version.ts';

/** Runs one command line; answers the exit code. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
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
    VERSION,
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
