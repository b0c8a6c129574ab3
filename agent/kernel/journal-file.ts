import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { failed, ok, type Result } from '@sublane/basics';
import koffi from 'koffi';
import type { EngineFailure } from '../lanes/engine.ts';
import type { JournalStore } from '../lanes/journal-store.ts';

/** `journal` in the state directory, and `lock` beside it. */
export class JournalFile implements JournalStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  read(): Result<string, EngineFailure> {
    try {
      return ok(readFileSync(join(this.#directory, 'journal'), 'utf8'));
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? ok('') : this.#failed('read', error);
    }
  }

  append(text: string): Result<undefined, EngineFailure> {
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      this.#put('journal', 'a', text);
      return ok();
    } catch (error) {
      return this.#failed('written', error);
    }
  }

  replace(text: string): Result<undefined, EngineFailure> {
    try {
      this.#put('journal.new', 'w', text);
      renameSync(join(this.#directory, 'journal.new'), join(this.#directory, 'journal'));
      this.#sync(this.#directory, 'r');
      return ok();
    } catch (error) {
      rmSync(join(this.#directory, 'journal.new'), { force: true });
      return this.#failed('written', error);
    }
  }

  /** flock(2): given back by the kernel when the process ends, however it ends. */
  lock(): Result<() => void, EngineFailure> {
    let descriptor: number;
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      descriptor = openSync(join(this.#directory, 'lock'), 'a', 0o600);
    } catch (error) {
      return this.#failed('locked', error);
    }
    if (flock(descriptor, EXCLUSIVE_NOW) === 0) return ok(() => closeSync(descriptor));
    closeSync(descriptor);
    return failed({
      kind: 'busy',
      message: `another service-agent is changing the lanes of ${this.#directory}; wait for it, or stop it`,
    });
  }

  #put(name: string, flags: string, text: string): void {
    const descriptor = openSync(join(this.#directory, name), flags, 0o600);
    try {
      const bytes = Buffer.from(text);
      let written = 0;
      while (written < bytes.length) written += writeSync(descriptor, bytes, written);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  #sync(path: string, flags: string): void {
    const descriptor = openSync(path, flags);
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  #failed(what: string, error: unknown): Result<never, EngineFailure> {
    return failed({
      kind: 'journal',
      message: `the journal in ${this.#directory} cannot be ${what}: ${(error as Error).message}`,
    });
  }
}

/** LOCK_EX | LOCK_NB. */
const EXCLUSIVE_NOW = 6;
let flockFunction: ((descriptor: number, operation: number) => number) | undefined;
function flock(descriptor: number, operation: number): number {
  flockFunction ??= koffi.load(null).func('int flock(int descriptor, int operation)');
  return flockFunction(descriptor, operation);
}
