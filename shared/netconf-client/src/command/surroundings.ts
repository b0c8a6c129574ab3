import type { Readable, Writable } from 'node:stream';
import type { Clock } from '@sublane/basics';

/** What a command may touch of the process it runs in. */
export interface Surroundings {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** From here on Ctrl-C aborts this signal instead of the program; until `release` is called. */
  interruption(): { readonly signal: AbortSignal; release(): void };
}

/** Options that every verb takes. */
export interface GlobalOptions {
  readonly connect?: string;
  readonly user?: string;
  readonly identity?: string;
  readonly passwordStdin?: boolean;
  readonly askPassword?: boolean;
  readonly hostKey?: readonly string[];
  readonly trustFirstUse?: boolean;
  readonly knownHosts?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly timeout?: number;
  readonly json?: boolean;
  readonly cache?: string | false;
}
