import type { Refusal } from '../service/headend-link.ts';
import type { AgentFailure } from '../service/service-agent.ts';
import { reasonOf } from '../service/service-agent.ts';

/** The programs' exit codes; a contract with scripts. */
export const EXIT = { done: 0, failed: 1, usage: 2, unreachable: 3, refused: 4, nothingLeft: 5 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command: the sentence goes to stderr, the code to the shell. */
export class CommandFailure extends Error {
  /** Of this program, or that of a shell for a command that could not be run (126, 127). */
  readonly code: ExitCode | 126 | 127;

  constructor(code: ExitCode | 126 | 127, message: string) {
    super(message);
    this.code = code;
  }
}

export function exitCodeOf(failure: AgentFailure): ExitCode {
  switch (failure.kind) {
    case 'unreachable':
      return EXIT.unreachable;
    case 'refused':
      return refusedCode(failure.refusals);
    case 'unknown-group':
    case 'password':
      return EXIT.usage;
    case 'malformed':
    case 'host':
    case 'state':
      return EXIT.failed;
  }
}

/** Nothing left of what was asked for is another matter than not being allowed to have it. */
export const refusedCode = (refusals: readonly Refusal[]): ExitCode =>
  refusals.length > 0 && refusals.every(({ tag }) => tag === 'resource-denied') ? EXIT.nothingLeft : EXIT.refused;

export const commandFailure = (failure: AgentFailure) => new CommandFailure(exitCodeOf(failure), reasonOf(failure));
