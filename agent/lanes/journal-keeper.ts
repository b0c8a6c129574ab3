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
  /** The text that says this state, where it is known. */
  #text: string | undefined;

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
    if (read.value === this.#text) return ok();
    const { state, damaged } = readJournal(read.value, this.#scope);
    this.#state = state;
    this.#rewrite = damaged || read.value.length > LONG;
    this.#text = read.value;
    return ok();
  }

  write(record: JournalRecord): Result<undefined, EngineFailure> {
    const line = encodeRecord(record, this.#scope);
    const before = this.#text;
    this.#text = undefined;
    // Nothing can follow a torn line; and a long journal is read at every start.
    const anew = this.#rewrite ? encodeState(this.#state, this.#scope) + line : undefined;
    const written = anew === undefined ? this.#store.append(line) : this.#store.replace(anew);
    if (!written.ok) {
      // What the file holds now is read before anything is added to it.
      this.#rewrite = true;
      return written;
    }
    this.#state = follow(this.#state, record);
    this.#text = anew ?? (before === undefined ? undefined : before + line);
    this.#rewrite = this.#text !== undefined && this.#text.length > LONG;
    return ok();
  }

  /** Nothing is remembered any more; where even that cannot be written, the file goes. */
  forget(): Result<undefined, EngineFailure> {
    const written = this.write({ kind: 'reached', reached: undefined, borrowed: [] });
    if (written.ok) return written;
    this.#state = EMPTY_JOURNAL;
    return this.#store.remove().ok ? ok() : written;
  }

  /**
   * As `alone`, but what cannot be read counts as empty, and where no lock can be had for want of a file system none is:
   * for taking everything away. The work is told what is wrong, in sentences.
   */
  async aloneOrAnyway<T>(
    work: (wrong: string[]) => Promise<Result<T, EngineFailure>>,
  ): Promise<Result<T, EngineFailure>> {
    const lock = this.#store.lock();
    if (!lock.ok && lock.failure.kind !== 'journal') return lock;
    const wrong: string[] = [];
    try {
      const loaded = this.load();
      if (!loaded.ok) {
        this.#state = EMPTY_JOURNAL;
        this.#text = undefined;
        this.#rewrite = true;
        if (loaded.failure.kind === 'journal') wrong.push(loaded.failure.message);
      } else if (!lock.ok && lock.failure.kind === 'journal') wrong.push(lock.failure.message);
      return await work(wrong);
    } finally {
      if (lock.ok) lock.value();
    }
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
