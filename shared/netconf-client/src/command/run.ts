import { ok, systemClock } from '@sublane/basics';
import { type Command, CommanderError } from 'commander';
import { HeldSession } from './held-session.ts';
import { interact } from './interactive.ts';
import { openClient } from './open.ts';
import { contained, createProgram } from './program.ts';
import type { GlobalOptions, Surroundings } from './surroundings.ts';
import { addCallHome } from './verbs/call-home.ts';
import { type Sessions, Verbs } from './verbs.ts';

/** Runs one command line; answers the exit code. */
export async function runCommandLine(
  argv: readonly string[],
  surroundings: Surroundings = processSurroundings(),
): Promise<number> {
  const oneShot: Sessions = async (options, signal, work) => {
    const opened = await openClient(surroundings, options, signal);
    if (!opened.ok) return opened;
    const client = opened.value;
    try {
      return await work(new HeldSession(client, options, false));
    } finally {
      await client.close();
    }
  };
  const verbs = new Verbs(surroundings, oneShot);
  const program = createProgram(verbs);
  addCallHome(program, verbs);
  let exit = 0;
  addConnect(program, verbs, (code) => {
    exit = code;
  });
  try {
    await contained(program, surroundings).parseAsync([...argv], { from: 'user' });
    return verbs.code || exit;
  } catch (error) {
    // Help and version are thrown too, with exit code 0; every other one is wrong usage.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

/** connect: a session of its own, held over many commands. `ended` is told its exit code. */
export function addConnect(program: Command, verbs: Verbs, ended: (code: number) => void = () => {}): void {
  program
    .command('connect')
    .argument('[address]', 'of the server; --connect unless given')
    .option('--keep-going', 'in a script: go on after a command that failed')
    .description('commands one after another over one session: typed, or from standard input')
    .action(
      verbs.plain<{ readonly keepGoing?: boolean }>(async ([address], options, signal) => {
        const to: GlobalOptions = address === undefined ? options : { ...options, connect: address };
        const opened = await openClient(verbs.surroundings, to, signal);
        if (!opened.ok) return opened;
        ended(await interact(verbs.surroundings, new HeldSession(opened.value, to, true), options));
        await opened.value.close();
        return ok({ text: '', json: null });
      }),
    );
}

function processSurroundings(): Surroundings {
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    clock: systemClock,
    interruption: () => {
      const interrupted = new AbortController();
      // The second one ends the program: what is given up may take its time.
      const abort = () => interrupted.abort();
      process.once('SIGINT', abort);
      return { signal: interrupted.signal, release: () => process.off('SIGINT', abort) };
    },
  };
}
