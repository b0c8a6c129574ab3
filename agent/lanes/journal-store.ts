import type { Result } from '@sublane/basics';
import type { EngineFailure } from './engine.ts';

/** Where the journal is kept. Durable when a call returns. */
export interface JournalStore {
  read(): Result<string, EngineFailure>;
  append(text: string): Result<undefined, EngineFailure>;
  /** Replaces the whole, atomically. */
  replace(text: string): Result<undefined, EngineFailure>;
  /** As if there had never been one. */
  remove(): Result<undefined, EngineFailure>;
  /** Only one engine works on a state directory at a time, in whatever process. */
  lock(): Result<() => void, EngineFailure>;
}

/** Kept in memory: for tests. Survives the engine that uses it, as a file would. */
export class MemoryJournal implements JournalStore {
  text = '';
  /** What goes wrong, until told otherwise. */
  broken: { readonly read?: boolean; readonly write?: boolean; readonly lock?: boolean } = {};
  #locked = false;

  read(): Result<string, EngineFailure> {
    if (this.broken.read) return this.#refuse('read');
    return { ok: true, value: this.text };
  }

  append(text: string): Result<undefined, EngineFailure> {
    if (this.broken.write) return this.#refuse('written');
    this.text += text;
    return { ok: true, value: undefined };
  }

  replace(text: string): Result<undefined, EngineFailure> {
    if (this.broken.write) return this.#refuse('written');
    this.text = text;
    return { ok: true, value: undefined };
  }

  remove(): Result<undefined, EngineFailure> {
    if (this.broken.write) return this.#refuse('written');
    this.text = '';
    return { ok: true, value: undefined };
  }

  lock(): Result<() => void, EngineFailure> {
    if (this.broken.lock) return this.#refuse('locked');
    if (this.#locked) return { ok: false, failure: { kind: 'busy', message: 'another engine is at work' } };
    this.#locked = true;
    return {
      ok: true,
      value: () => {
        this.#locked = false;
      },
    };
  }

  #refuse(what: string): Result<never, EngineFailure> {
    return { ok: false, failure: { kind: 'journal', message: `the journal cannot be ${what}` } };
  }
}
