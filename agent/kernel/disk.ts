import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';

/** The file system as far as a journal needs it. Every call throws what Node's throws. */
export interface Disk {
  read(path: string): string;
  /** `r` also opens folders, to make their entries durable. */
  open(path: string, flags: 'r' | 'a' | 'w'): number;
  /** How many bytes there was room for. */
  write(descriptor: number, bytes: Uint8Array): number;
  size(descriptor: number): number;
  truncate(descriptor: number, length: number): void;
  sync(descriptor: number): void;
  close(descriptor: number): void;
  rename(from: string, to: string): void;
  /** Nothing where there is no such file. */
  remove(path: string): void;
  /** With those above it; the first that was not there. */
  makeFolder(path: string): string | undefined;
}

/** Files are the owner's only. */
export const hostDisk: Disk = {
  read: (path) => readFileSync(path, 'utf8'),
  open: (path, flags) => openSync(path, flags, 0o600),
  write: (descriptor, bytes) => writeSync(descriptor, bytes),
  size: (descriptor) => fstatSync(descriptor).size,
  truncate: ftruncateSync,
  sync: fsyncSync,
  close: closeSync,
  rename: renameSync,
  remove: (path) => rmSync(path, { force: true }),
  makeFolder: (path) => mkdirSync(path, { recursive: true, mode: 0o700 }),
};
