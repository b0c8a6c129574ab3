import { existsSync, linkSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failed, ok, type Result } from '@sublane/basics';
import type { Places } from './places.ts';

export type InitFailure =
  | { readonly kind: 'exists'; readonly file: string }
  | { readonly kind: 'unwritable'; readonly file: string; readonly reason: string };

/** Files made by `init`, and taken away again where it comes to nothing. None that was there before is touched. */
export class InitFiles {
  readonly key: string;
  readonly publicKey: string;
  readonly #places: Places;
  readonly #made: string[] = [];
  readonly #folders: string[] = [];

  constructor(places: Places) {
    this.#places = places;
    this.key = join(places.configFolder, 'id_ed25519');
    this.publicKey = `${this.key}.pub`;
  }

  /** The first of these that is there already. */
  present(files: readonly string[]): string | undefined {
    return files.find((file) => existsSync(file));
  }

  makeFolders(): Result<undefined, InitFailure> {
    const { configFolder, stateFolder } = this.#places;
    return this.#attempt(configFolder, () => {
      for (const folder of [configFolder, stateFolder]) {
        const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
        if (first !== undefined) this.#folders.push(folder);
      }
      removeHalves(configFolder);
    });
  }

  /** Whole or not at all, also when this process is killed: a reader finds all of it or nothing. */
  write(file: string, text: string, mode: number): Result<undefined, InitFailure> {
    const half = `${file}.${process.pid}.new`;
    return this.#attempt(file, () => {
      try {
        writeFileSync(half, text, { mode, flag: 'wx', flush: true });
        linkSync(half, file); // refuses where there is one
      } finally {
        rmSync(half, { force: true });
      }
      this.#made.push(file);
    });
  }

  /** Takes away what was made. */
  undo(): void {
    for (const file of this.#made.splice(0)) rmSync(file, { force: true });
    for (const folder of this.#folders.splice(0).toReversed()) {
      try {
        rmdirSync(folder);
      } catch {
        // Something else is in it by now.
      }
    }
  }

  #attempt(file: string, work: () => void): Result<undefined, InitFailure> {
    try {
      work();
      return ok();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return failed(code === 'EEXIST' ? { kind: 'exists', file } : { kind: 'unwritable', file, reason: message });
    }
  }
}

/** What runs that were killed had begun to write; a half private key is not to lie about. */
function removeHalves(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = /^(?:agent\.yaml|id_ed25519|id_ed25519\.pub)\.(\d+)\.new$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(folder, name), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
