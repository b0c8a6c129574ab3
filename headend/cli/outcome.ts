import type { FileFault, JsonValue, Result } from '@sublane/basics';
import { faultText } from '@sublane/basics';
import type { RpcError } from '@sublane/netconf';
import { rpcErrorText } from './rpc-error-text.ts';

/** What a command shows when it is done: `text` for people, `json` for programs. */
export interface Shown {
  readonly text: string;
  /** Absent: everything was shown under way. */
  readonly json?: JsonValue;
  /** For people too, on stderr: what to look at next. */
  readonly notes?: readonly string[];
}

export type Outcome = Promise<Result<Shown, CliFailure>>;

/** Why a command did not do what it was asked. */
export type CliFailure =
  | { readonly kind: 'usage'; readonly message: string }
  | { readonly kind: 'file'; readonly faults: readonly FileFault[] }
  | { readonly kind: 'unreachable'; readonly message: string }
  | {
      readonly kind: 'refused';
      readonly errors: readonly RpcError[];
      /** What there is to see all the same. */
      readonly shown?: Shown;
    }
  | { readonly kind: 'failed'; readonly message: string };

/** The contract with scripts: 0 done · 1 failed · 2 usage or configuration · 3 unreachable · 4 refused · 5 nothing left. */
export function exitCode(failure: CliFailure): number {
  switch (failure.kind) {
    case 'usage':
    case 'file':
      return 2;
    case 'unreachable':
      return 3;
    case 'failed':
      return 1;
    case 'refused': {
      const tags = failure.errors.map(({ tag }) => tag);
      if (tags.includes('resource-denied')) return 5;
      return tags.some((tag) => tag === 'access-denied' || tag === 'invalid-value') ? 4 : 1;
    }
  }
}

export function failureText(failure: CliFailure): string {
  switch (failure.kind) {
    case 'file':
      return failure.faults.map(faultText).join('\n');
    case 'refused':
      return failure.errors.map(rpcErrorText).join('\n');
    default:
      return failure.message;
  }
}
