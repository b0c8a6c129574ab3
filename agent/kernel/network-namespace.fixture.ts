import { closeSync, openSync } from 'node:fs';
import { CLONE_NEWNET, errno, libc } from './libc.ts';

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

function move(descriptor: number): void {
  if (libc.setns(descriptor, CLONE_NEWNET) !== 0) throw new Error(`setns: errno ${errno()}`);
}
