import { closeSync, openSync } from 'node:fs';
import { failed, ok, type Result } from '@sublane/basics';
import koffi from 'koffi';

/**
 * Does something in a network namespace that is gone afterwards: nothing of the host's is touched. Only the calling
 * thread is there, and only until `work` returns: it must not wait. A message where no namespace can be had.
 */
export function inScratchNamespace<T>(work: () => T): Result<T, string> {
  const libc = koffi.load(null);
  const unshare = libc.func('int unshare(int kinds)') as (kinds: number) => number;
  const setns = libc.func('int setns(int descriptor, int kind)') as (descriptor: number, kind: number) => number;
  const home = openSync('/proc/thread-self/ns/net', 'r');
  const goHome = () => {
    // Every later step would touch another network than is meant.
    if (setns(home, NETWORK) !== 0) throw new Error(`no way back to the network namespace: errno ${koffi.errno()}`);
  };
  try {
    if (unshare(NETWORK) !== 0) return failed(`no network namespace can be made: errno ${koffi.errno()}`);
    try {
      return ok(work());
    } finally {
      goHome();
    }
  } finally {
    closeSync(home);
  }
}

/** CLONE_NEWNET. */
const NETWORK = 0x40000000;
