import { closeSync, openSync, readSync } from 'node:fs';
import koffi from 'koffi';

/**
 * fork(2) of a Node process that was started with {@link FORKING}: the child goes on from here with everything as it is,
 * in a few milliseconds instead of the start of a process. For tests that kill many.
 */
export async function fork(child: () => Promise<unknown>): Promise<number> {
  copyAllMemory();
  const pid = libc.fork() as number;
  if (pid !== 0) return pid;
  // The event loop's own descriptors are the parent's.
  libc.uv_loop_fork(libc.uv_default_loop());
  const code = await child().then(
    () => 0,
    () => 1,
  );
  return libc._exit(code) as never;
}

/** Nothing may run beside the main thread: the child has no other. */
export const FORKING = ['--single-threaded', '--v8-pool-size=0'];

/** Waits for the end of a child: the signal that ended it, or its exit code below zero. Blocks the event loop. */
export function waitFor(pid: number): number {
  const status = Buffer.alloc(4);
  libc.waitpid(pid, status, 0);
  const word = status.readInt32LE();
  return (word & 0x7f) === 0 ? -(word >> 8) : word & 0x7f;
}

/** Node remembers the id of the process that it was started as. */
export const killSelf = (): void => {
  libc.kill(libc.getpid(), 9);
};

/** Ends a child after so many milliseconds, wherever it is. Blocks the event loop. */
export function killAfter(pid: number, duration: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, duration);
  libc.kill(pid, 9);
}

/**
 * V8 keeps its memory out of forks. Where it is, is read without making anything anew: it would grow meanwhile, and the
 * child would lack what was added.
 */
function copyAllMemory(): void {
  const maps = openSync('/proc/self/maps', 'r');
  let length = 0;
  for (let read = -1; read !== 0; length += read) read = readSync(maps, text, length, text.length - length, null);
  closeSync(maps);
  for (let at = 0; at < length; ) {
    // `7f1c20000000-7f1c20021000 rw-p …`
    let [from, to] = [0, 0];
    for (; text[at] !== DASH; at++) from = from * 16 + digit(text[at] as number);
    for (at++; text[at] !== SPACE; at++) to = to * 16 + digit(text[at] as number);
    libc.madvise(from, to - from, DO_FORK);
    while (text[at++] !== NEWLINE);
  }
}

const text = Buffer.alloc(4 * 1024 * 1024);
const [DASH, SPACE, NEWLINE] = [0x2d, 0x20, 0x0a];
const digit = (code: number) => (code < 0x3a ? code - 0x30 : code - 0x57);

const DO_FORK = 11;
const library = koffi.load(null);
const libc = {
  fork: library.func('int fork()'),
  madvise: library.func('int madvise(size_t address, size_t length, int advice)'),
  waitpid: library.func('int waitpid(int pid, void *status, int options)'),
  kill: library.func('int kill(int pid, int signal)'),
  getpid: library.func('int getpid()'),
  _exit: library.func('void _exit(int code)'),
  uv_default_loop: library.func('void *uv_default_loop()'),
  uv_loop_fork: library.func('int uv_loop_fork(void *loop)'),
};
