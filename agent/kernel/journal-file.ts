import { dirname, join } from 'node:path';
import { failed, ok, type Result } from '@sublane/basics';
import type { EngineFailure } from '../lanes/engine.ts';
import type { JournalStore } from '../lanes/journal-store.ts';
import { type Disk, hostDisk } from './disk.ts';
import { errnoName, libc } from './libc.ts';

/**
 * `journal` in the state directory. What a call has written is durable when it returns: the bytes, the file's entry in
 * its directory, and the directory's in those above. A write that fails leaves the journal as it was.
 */
export class JournalFile implements JournalStore {
  readonly #directory: string;
  readonly #disk: Disk;

  constructor(directory: string, disk = hostDisk) {
    this.#directory = directory;
    this.#disk = disk;
  }

  get #path(): string {
    return join(this.#directory, 'journal');
  }

  read(): Result<string, EngineFailure> {
    try {
      return ok(this.#disk.read(this.#path));
    } catch (error) {
      return codeOf(error) === 'ENOENT' ? ok('') : this.#failed('read', error);
    }
  }

  append(text: string): Result<undefined, EngineFailure> {
    try {
      this.#makeDirectory();
      const isNew = this.#open(this.#path, 'a', (descriptor) => {
        const before = this.#disk.size(descriptor);
        try {
          this.#write(descriptor, text);
        } catch (error) {
          // A full disk takes the first part of a line: nothing could follow it.
          this.#disk.truncate(descriptor, before);
          throw error;
        }
        return before === 0;
      });
      if (isNew) this.#sync(this.#directory);
      return ok();
    } catch (error) {
      return this.#failed('written', error);
    }
  }

  replace(text: string): Result<undefined, EngineFailure> {
    const fresh = join(this.#directory, 'journal.new');
    try {
      this.#makeDirectory();
      this.#open(fresh, 'w', (descriptor) => this.#write(descriptor, text));
      this.#disk.rename(fresh, this.#path);
      this.#sync(this.#directory);
      return ok();
    } catch (error) {
      try {
        this.#disk.remove(fresh);
      } catch {
        // Left there, it is written over by the next.
      }
      return this.#failed('written', error);
    }
  }

  remove(): Result<undefined, EngineFailure> {
    try {
      this.#disk.remove(this.#path);
      this.#sync(this.#directory);
      return ok();
    } catch (error) {
      return codeOf(error) === 'ENOENT' ? ok() : this.#failed('removed', error);
    }
  }

  /**
   * flock(2) of the directory itself: given back by the kernel when the process ends, however it ends, and possible on a
   * disk that is full or cannot be written.
   */
  lock(): Result<() => void, EngineFailure> {
    let descriptor: number;
    try {
      try {
        descriptor = this.#disk.open(this.#directory, 'r');
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
        this.#makeDirectory();
        descriptor = this.#disk.open(this.#directory, 'r');
      }
    } catch (error) {
      return this.#failed('locked', error);
    }
    const refused = flock(descriptor, EXCLUSIVE_NOW);
    if (refused === undefined) return ok(() => this.#disk.close(descriptor));
    this.#disk.close(descriptor);
    // Some network file systems lock no folders.
    if (refused !== 'EAGAIN') return this.#failed('locked', new Error(`flock: ${refused}`));
    return failed({
      kind: 'busy',
      message: `another service-agent is changing the lanes of ${this.#directory}; wait for it, or stop it`,
    });
  }

  #makeDirectory(): void {
    const first = this.#disk.makeFolder(this.#directory);
    if (first === undefined) return;
    for (let made = this.#directory; ; made = dirname(made)) {
      this.#sync(dirname(made));
      if (made === first || made === dirname(made)) return;
    }
  }

  #write(descriptor: number, text: string): void {
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length; ) written += this.#disk.write(descriptor, bytes.subarray(written));
    this.#disk.sync(descriptor);
  }

  #sync(path: string): void {
    this.#open(path, 'r', (descriptor) => this.#disk.sync(descriptor));
  }

  #open<T>(path: string, flags: 'r' | 'a' | 'w', use: (descriptor: number) => T): T {
    const descriptor = this.#disk.open(path, flags);
    try {
      return use(descriptor);
    } finally {
      this.#disk.close(descriptor);
    }
  }

  #failed(what: string, error: unknown): Result<never, EngineFailure> {
    return failed({
      kind: 'journal',
      message: `the journal in ${this.#directory} cannot be ${what}: ${(error as Error).message}`,
    });
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

/** LOCK_EX | LOCK_NB. */
const EXCLUSIVE_NOW = 6;
/** The name of the error, where there is one. */
function flock(descriptor: number, operation: number): string | undefined {
  return libc.flock(descriptor, operation) === 0 ? undefined : errnoName();
}
