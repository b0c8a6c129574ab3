import type { Command } from 'commander';
import type { HeldSession } from './held-session.ts';
import { type CommandFailure, exitCode, failureJson, type Outcome, type Shown } from './outcome.ts';
import { printable } from './printable.ts';
import type { GlobalOptions, Surroundings } from './surroundings.ts';

/** What a verb does with a session. */
export type SessionVerb<O> = (
  held: HeldSession,
  args: readonly string[],
  options: O & GlobalOptions,
  signal: AbortSignal,
) => Outcome;

export type PlainVerb<O> = (args: readonly string[], options: O & GlobalOptions, signal: AbortSignal) => Outcome;

type Action = (...commanderArguments: unknown[]) => Promise<void>;

/** Gives a verb its session, and takes it back. */
export type Sessions = (options: GlobalOptions, signal: AbortSignal, work: (held: HeldSession) => Outcome) => Outcome;

/** Runs verbs and shows what comes of them: data on stdout, everything else on stderr. */
export class Verbs {
  readonly surroundings: Surroundings;
  readonly #sessions: Sessions;
  readonly #json: boolean;
  /** Of the last verb. */
  code = 0;

  /** @param json as if every command line had `--json` */
  constructor(surroundings: Surroundings, sessions: Sessions, json = false) {
    this.surroundings = surroundings;
    this.#sessions = sessions;
    this.#json = json;
  }

  session<O = object>(verb: SessionVerb<O>): Action {
    return this.plain<O>((args, options, signal) =>
      this.#sessions(options, signal, (held) => verb(held, args, options, signal)),
    );
  }

  /** Without a session. */
  plain<O = object>(verb: PlainVerb<O>): Action {
    return async (...commanderArguments) => {
      const command = commanderArguments.at(-1) as Command;
      const options = command.optsWithGlobals<O & GlobalOptions>();
      const json = this.#json || options.json === true;
      const interruption = this.surroundings.interruption();
      try {
        const outcome = await verb(command.processedArgs as string[], { ...options, json }, interruption.signal);
        this.code = outcome.ok ? 0 : exitCode(outcome.failure);
        if (outcome.ok) this.#show(outcome.value, json);
        else this.complain(outcome.failure, json);
      } finally {
        interruption.release();
      }
    };
  }

  complain(failure: CommandFailure, json: boolean): void {
    const text = json ? JSON.stringify(failureJson(failure)) : `netconf: ${failure.message}`;
    this.tell(text);
  }

  /** A line to people, on standard error. */
  tell(text: string): void {
    this.surroundings.stderr.write(`${printable(text)}\n`);
  }

  /** A result: exact to a file or a program, harmless on a terminal. */
  print(text: string): void {
    const { stdout } = this.surroundings;
    stdout.write(`${stdout.isTTY === true ? printable(text) : text}\n`);
  }

  #show({ text, json, notes = [] }: Shown, asJson: boolean): void {
    const shown = asJson ? (json === null ? '' : JSON.stringify(json, null, 2)) : text;
    if (shown !== '') this.print(shown);
    if (!asJson) for (const note of notes) this.tell(note);
  }
}

/** Takes an option given several times. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
