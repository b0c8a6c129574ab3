import { dirname, join } from 'node:path';
import type { Disk } from './disk.ts';

/** Thrown where the disk was told that the power goes. */
export class PowerLost extends Error {}

interface File {
  /** What the platter holds. */
  durable: Buffer;
  /** What a reader sees. */
  seen: Buffer;
}

type Chance = () => number;

/**
 * A disk that keeps nothing it was not asked to sync: after a power loss a file holds what was durable, and of what was
 * written since any part, in any order, also zeros where a length got through and its bytes did not; a folder's entry
 * made, renamed or removed since its last sync may be there or not. It can be full after so many bytes.
 */
export class LossyDisk implements Disk {
  /** Entries by path, as seen and as durable. */
  #entries = new Map<string, File>();
  #durableEntries = new Map<string, File>();
  #folders = new Set<string>(['/']);
  #durableFolders = new Set<string>(['/']);
  readonly #open = new Map<number, { readonly path: string; readonly file: File | undefined }>();
  #next = 3;
  /** Bytes and calls until the power goes; undefined: never. */
  failsAfter: number | undefined;
  /** Bytes for which there is room. */
  room = Number.POSITIVE_INFINITY;

  read(path: string): string {
    return this.#file(path).seen.toString('utf8');
  }

  open(path: string, flags: 'r' | 'a' | 'w'): number {
    this.#tick();
    if (flags === 'r') {
      if (!this.#folders.has(path)) this.#file(path);
    } else {
      if (!this.#folders.has(dirname(path))) throw missing(path);
      const there = this.#entries.get(path);
      if (there === undefined) this.#entries.set(path, { durable: Buffer.alloc(0), seen: Buffer.alloc(0) });
      else if (flags === 'w') there.seen = Buffer.alloc(0);
    }
    this.#open.set(this.#next, { path, file: this.#entries.get(path) });
    return this.#next++;
  }

  /** A byte at a time: the power may go after each. */
  write(descriptor: number, bytes: Uint8Array): number {
    const file = this.#fileOf(descriptor);
    for (const byte of bytes) {
      this.#tick();
      if (this.room-- <= 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      file.seen = Buffer.concat([file.seen, Buffer.from([byte])]);
    }
    return bytes.length;
  }

  size(descriptor: number): number {
    return this.#fileOf(descriptor).seen.length;
  }

  truncate(descriptor: number, length: number): void {
    this.#tick();
    const file = this.#fileOf(descriptor);
    file.seen = file.seen.subarray(0, length);
  }

  sync(descriptor: number): void {
    this.#tick();
    const { path, file } = this.#open.get(descriptor) as { path: string; file: File | undefined };
    if (file !== undefined) {
      file.durable = file.seen;
      return;
    }
    for (const map of [this.#entries, this.#durableEntries])
      for (const name of map.keys()) {
        if (dirname(name) !== path) continue;
        const now = this.#entries.get(name);
        if (now === undefined) this.#durableEntries.delete(name);
        else this.#durableEntries.set(name, now);
      }
    for (const folder of this.#folders) if (dirname(folder) === path) this.#durableFolders.add(folder);
  }

  close(descriptor: number): void {
    this.#open.delete(descriptor);
  }

  rename(from: string, to: string): void {
    this.#tick();
    this.#entries.set(to, this.#file(from));
    this.#entries.delete(from);
  }

  remove(path: string): void {
    this.#tick();
    this.#entries.delete(path);
  }

  makeFolder(path: string): string | undefined {
    if (this.#folders.has(path)) return undefined;
    this.#tick();
    const above = dirname(path);
    const first = this.makeFolder(above);
    this.#folders.add(path);
    return first ?? path;
  }

  /** The machine starts again. */
  loseWhatIsNotDurable(chance: Chance): void {
    const entries = new Map<string, File>();
    for (const path of new Set([...this.#entries.keys(), ...this.#durableEntries.keys()])) {
      const choices = [this.#durableEntries.get(path), this.#entries.get(path)];
      const file = choices[chance() < 0.5 ? 0 : 1];
      if (file !== undefined) entries.set(path, file);
    }
    for (const file of new Set(entries.values())) {
      file.seen = mixture(file, chance);
      file.durable = file.seen;
    }
    this.#folders = new Set([...this.#folders].filter((one) => this.#durableFolders.has(one) || chance() < 0.5));
    // A folder whose own entry is lost takes all in it along.
    const stands = (path: string): boolean => path === '/' || (this.#folders.has(path) && stands(dirname(path)));
    this.#folders = new Set([...this.#folders].filter(stands));
    this.#entries = new Map([...entries].filter(([path]) => stands(dirname(path))));
    this.#durableEntries = new Map(this.#entries);
    this.#durableFolders = new Set(this.#folders);
    this.#open.clear();
    this.failsAfter = undefined;
  }

  #tick(): void {
    if (this.failsAfter !== undefined && this.failsAfter-- <= 0) throw new PowerLost('the power is gone');
  }

  #file(path: string): File {
    const file = this.#entries.get(join(path));
    if (file === undefined) throw missing(path);
    return file;
  }

  #fileOf(descriptor: number): File {
    return this.#open.get(descriptor)?.file as File;
  }
}

/** What stands on the platter: of each byte written since the last sync the old one, the new one or a zero. */
function mixture({ durable, seen }: File, chance: Chance): Buffer {
  if (durable.equals(seen)) return seen;
  const lengths = [durable.length, seen.length, Math.floor(chance() * (seen.length + 1))];
  const length = Math.max(
    seen.subarray(0, durable.length).equals(durable) ? durable.length : 0,
    lengths[Math.floor(chance() * lengths.length)] as number,
  );
  const result = Buffer.alloc(length);
  let source = 0;
  for (let index = 0; index < length; index++) {
    // Changes come in runs, as sectors do.
    if (chance() < 0.05) source = Math.floor(chance() * 3);
    if (index < durable.length && seen[index] === durable[index]) result[index] = durable[index] as number;
    else result[index] = (source === 0 ? seen[index] : source === 1 ? durable[index] : 0) ?? 0;
  }
  return result;
}

const missing = (path: string) =>
  Object.assign(new Error(`ENOENT: no such file or directory, '${path}'`), { code: 'ENOENT' });
