import type { Readable, Writable } from 'node:stream';
import { type Clock, failed, type Result } from '@sublane/basics';
import { EncodingFault } from '@sublane/yang';
import type { Command } from 'commander';
import type { HeadendClient } from './headend-client.ts';
import { type CliFailure, exitCode, failureText, type Outcome, type Shown } from './outcome.ts';

/** What a command may touch of the process it runs in. */
export interface Surroundings {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly clock: Clock;
  /** From here on Ctrl-C aborts this signal instead of the program. */
  interruption(): AbortSignal;
  connect(options: GlobalOptions): Promise<Result<HeadendClient, CliFailure>>;
  exit(code: number): void;
}

/** Options every command takes. */
export interface GlobalOptions {
  readonly dir?: string;
  readonly config?: string;
  readonly connect?: string;
  readonly identity?: string;
  readonly hostKey?: readonly string[];
  readonly trustFirstUse?: boolean;
  readonly certificate?: string;
  readonly certificateKey?: string;
  readonly ca?: string;
  readonly json?: boolean;
}

type Options = GlobalOptions & { readonly [option: string]: unknown };

/** Runs what a command does and shows the outcome: data on stdout, everything else on stderr. */
export function act<O>(
  surroundings: Surroundings,
  run: (args: readonly string[], options: O & GlobalOptions) => Outcome,
): (...commanderArguments: unknown[]) => Promise<void> {
  return async (...commanderArguments) => {
    const command = commanderArguments.at(-1) as Command;
    const options = command.optsWithGlobals<Options>();
    const outcome = await run(command.processedArgs as string[], options as O & GlobalOptions);
    if (!outcome.ok) {
      if (outcome.failure.kind === 'refused' && outcome.failure.shown) show(outcome.failure.shown, options);
      surroundings.stderr.write(`${prefixed(failureText(outcome.failure))}\n`);
      surroundings.exit(exitCode(outcome.failure));
      return;
    }
    show(outcome.value, options);
    surroundings.exit(0);
  };

  function show({ text, json, notes = [] }: Shown, options: GlobalOptions): void {
    const shown = options.json ? json && JSON.stringify(json, null, 2) : text;
    if (shown) surroundings.stdout.write(`${shown}\n`);
    if (!options.json) for (const note of notes) surroundings.stderr.write(`${note}\n`);
  }
}

/** As `act`, with a session on the headend, closed afterwards. */
export function ask<O>(
  surroundings: Surroundings,
  run: (headend: HeadendClient, args: readonly string[], options: O & GlobalOptions) => Outcome,
): (...commanderArguments: unknown[]) => Promise<void> {
  return act<O>(surroundings, async (args, options) => {
    const connected = await surroundings.connect(options);
    if (!connected.ok) return connected;
    try {
      return await run(connected.value, args, options);
    } catch (error) {
      // Words of the command line that no argument's own check looked at: the schema does.
      if (error instanceof EncodingFault) return failed({ kind: 'usage', message: `${leafOf(error)}: ${error.what}` });
      throw error;
    } finally {
      await connected.value.close();
    }
  });
}

/** Takes an option given several times, each with one value or several between commas. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), ...value.split(',').filter((one) => one !== '')];
}

const leafOf = ({ where }: EncodingFault) => where.slice(where.lastIndexOf('/') + 1);

function prefixed(message: string): string {
  return `headend: ${message}`;
}
