import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { failed, type Milliseconds, ok, type Result } from '@sublane/basics';
import type { ApplicationGroup } from '@sublane/yang';

/** A lane the headend has granted, as it answered, and when this host asked: lifetimes count from there. */
export interface HeldLane {
  readonly groupId: number;
  /** One `application-group` of an sp-service-message, RFC 7951. */
  readonly answer: ApplicationGroup;
  /** When the request left, in milliseconds since boot (CLOCK_BOOTTIME). */
  readonly sentAt: Milliseconds;
  /** In which words it was asked for (JSON of the request's entries); other words now: ask again. */
  readonly asked: string;
  /** What the lane's counters said when this lease began, in bytes; absent: 0. */
  readonly carried?: { readonly in: number; readonly out: number };
}

/** What the agent must still know after a crash. Everything else it sees on the host or hears from the headend. */
export interface AgentState {
  readonly lanes: readonly HeldLane[];
  /** Groups whose owner gave their lane back: not asked for again until told to. */
  readonly released: readonly number[];
  /** Groups whose last lane's security profile said that without a lane they reach nothing. */
  readonly failClosed: readonly number[];
  /** Everything goes by the host's own way until told otherwise. */
  readonly off: boolean;
}

export const emptyState: AgentState = { lanes: [], released: [], failClosed: [], off: false };

export type StateFailure = { readonly kind: 'state'; readonly file: string; readonly reason: string };

/** What an earlier version wrote has not everything. */
type Stored = Pick<AgentState, 'lanes' | 'released'> &
  Partial<AgentState> & { readonly version: number; readonly bootId: string };

/** The state in one file, replaced whole and durably. Lanes of an earlier boot are gone from the kernel: not read back. */
export class StateFile {
  readonly file: string;
  readonly #bootId: string;

  constructor(file: string, bootId: string = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()) {
    this.file = file;
    this.#bootId = bootId;
  }

  read(): Result<AgentState, StateFailure> {
    let text: string;
    try {
      text = readFileSync(this.file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ok(emptyState);
      return failed({ kind: 'state', file: this.file, reason: (error as Error).message });
    }
    try {
      const stored = JSON.parse(text) as Stored;
      if (stored.version !== 1) throw new Error(`version ${stored.version}; this program reads version 1`);
      const { lanes, released, failClosed = [], off = false } = stored;
      return ok({ lanes: stored.bootId === this.#bootId ? lanes : [], released, failClosed, off });
    } catch (error) {
      const reason = `${(error as Error).message}; remove the file to start without held lanes`;
      return failed({ kind: 'state', file: this.file, reason });
    }
  }

  write(state: AgentState): Result<undefined, StateFailure> {
    const fresh = `${this.file}.new`;
    try {
      mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
      const descriptor = openSync(fresh, 'w', 0o600);
      try {
        writeSync(descriptor, `${JSON.stringify({ version: 1, bootId: this.#bootId, ...state })}\n`);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(fresh, this.file);
      const folder = openSync(dirname(this.file), 'r');
      try {
        fsyncSync(folder);
      } finally {
        closeSync(folder);
      }
      return ok();
    } catch (error) {
      return failed({ kind: 'state', file: this.file, reason: (error as Error).message });
    }
  }
}
