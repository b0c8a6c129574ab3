import { ok, type Result } from '@sublane/basics';
import type { EngineFailure } from './engine.ts';
import {
  EMPTY_JOURNAL,
  encodeRecord,
  encodeState,
  follow,
  type JournalRecord,
  type JournalScope,
  type JournalState,
  readJournal,
} from './journal.ts';
import type { JournalStore } from './journal-store.ts';

/** A journal longer than this is written anew, with its last state only. */
const LONG = 256 * 1024;

/** The state that a journal tells, kept in step with what is written to it. */
export class JournalKeeper {
  readonly #store: JournalStore;
  readonly #scope: JournalScope;
  #state: JournalState = EMPTY_JOURNAL;
  #rewrite = false;

  constructor(store: JournalStore, scope: JournalScope) {
    this.#store = store;
    this.#scope = scope;
  }

  get state(): JournalState {
    return this.#state;
  }

  /** Another process may have written since. */
  load(): Result<undefined, EngineFailure> {
    const read = this.#store.read();
    if (!read.ok) return read;
    const { state, damaged } = readJournal(read.value, this.#scope);
    this.#state = state;
    this.#rewrite = damaged || read.value.length > LONG;
    return ok();
  }

  write(record: JournalRecord): Result<undefined, EngineFailure> {
    const line = encodeRecord(record, this.#scope);
    // Nothing can follow a torn line; and a long journal is read at every start.
    const written = this.#rewrite
      ? this.#store.replace(encodeState(this.#state, this.#scope) + line)
      : this.#store.append(line);
    if (!written.ok) return written;
    this.#rewrite = false;
    this.#state = follow(this.#state, record);
    return ok();
  }

  /** Runs while no other engine, in whatever process, works on the same journal. */
  async alone<T>(work: () => Promise<Result<T, EngineFailure>>): Promise<Result<T, EngineFailure>> {
    const lock = this.#store.lock();
    if (!lock.ok) return lock;
    try {
      const loaded = this.load();
      return loaded.ok ? await work() : loaded;
    } finally {
      lock.value();
    }
  }
}
