import { closeSync, openSync } from 'node:fs';
import { failed, ok, type Result } from '@sublane/basics';
import { CLONE_NEWNET, errno, libc } from './libc.ts';

/**
 * Does something in a network namespace that is gone afterwards: nothing of the host's is touched. Only the calling
 * thread is there, and only until `work` returns: it must not wait. A message where no namespace can be had.
 */
export function inScratchNamespace<T>(work: () => T): Result<T, string> {
  const home = openSync('/proc/thread-self/ns/net', 'r');
  const goHome = () => {
    // Every later step would touch another network than is meant.
    if (libc.setns(home, CLONE_NEWNET) !== 0) throw new Error(`no way back to the network namespace: errno ${errno()}`);
  };
  try {
    if (libc.unshare(CLONE_NEWNET) !== 0) return failed(`no network namespace can be made: errno ${errno()}`);
    try {
      return ok(work());
    } finally {
      goHome();
    }
  } finally {
    closeSync(home);
  }
}
