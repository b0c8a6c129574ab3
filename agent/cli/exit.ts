import type { AgentFailure } from '../service/agent-failure.ts';
import { reasonOf } from '../service/agent-failure.ts';
import type { ControlFailure } from '../service/control-client.ts';
import type { Refusal } from '../service/headend-link.ts';

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

export function exitCodeOf(failure: AgentFailure | ControlFailure): ExitCode {
  switch (failure.kind) {
    case 'unreachable':
    case 'no-daemon':
    case 'daemon-gone':
      return EXIT.unreachable;
    case 'refused':
      return refusedCode(failure.refusals);
    case 'unknown-group':
    case 'password':
      return EXIT.usage;
    case 'malformed':
    case 'off':
    case 'host':
    case 'state':
    case 'not-permitted':
    case 'control':
      return EXIT.failed;
  }
}

/** Nothing left of what was asked for is another matter than not being allowed to have it. */
export const refusedCode = (refusals: readonly Refusal[]): ExitCode =>
  refusals.length > 0 && refusals.every(({ tag }) => tag === 'resource-denied') ? EXIT.nothingLeft : EXIT.refused;

export const commandFailure = (failure: AgentFailure | ControlFailure) =>
  new CommandFailure(exitCodeOf(failure), sentenceOf(failure));

function sentenceOf(failure: AgentFailure | ControlFailure): string {
  switch (failure.kind) {
    case 'no-daemon':
      return `no service-agent runs here (nobody answers on ${failure.path}): start \`service-agent run\`, or use --once`;
    case 'daemon-gone':
      return `the service-agent that runs here ended before it answered (on ${failure.path}); see its log, and \`service-agent status\``;
    case 'not-permitted':
      return `this user may not ask the service-agent that runs here (${failure.path}): run this as root (or with sudo)`;
    case 'control':
      return failure.reason;
    case 'refused':
      return refusalText(failure.refusals);
    default:
      return reasonOf(failure);
  }
}

/** Each refusal's sentence with its stable code, one a line. */
export const refusalText = (refusals: readonly Refusal[]): string =>
  refusals.map(({ message, code }) => (code === undefined ? message : `${message} [${code}]`)).join('\n');
