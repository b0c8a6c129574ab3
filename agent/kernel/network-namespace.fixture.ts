import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';

/** Moves this thread into a network namespace, as `nsenter --net` does a new process; returns the way back. */
export function enterNamespace(path: string): () => void {
  const before = openSync('/proc/thread-self/ns/net', 'r');
  const target = openSync(path, 'r');
  try {
    move(target);
  } finally {
    closeSync(target);
  }
  return () => {
    move(before);
    closeSync(before);
  };
}

/** CLONE_NEWNET. */
const NETWORK = 0x40000000;

function move(descriptor: number): void {
  const setns = koffi.load(null).func('int setns(int descriptor, int kind)');
  if (setns(descriptor, NETWORK) !== 0) throw new Error(`setns: errno ${koffi.errno()}`);
}
