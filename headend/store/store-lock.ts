import { readFileSync, statSync } from 'node:fs';
import SqliteDatabase, { type Database } from 'better-sqlite3';

/** Held for as long as the store is open; the kernel lets go of it when the process ends, however it ends. */
export interface StoreLock {
  release(): void;
}

/**
 * Makes this process the store's one writer: four writers starve each other, and each keeps counts in memory. The lock
 * is on a file beside the store, so that others may still read the store itself. Undefined: somebody else has it.
 */
export function takeStoreLock(path: string): StoreLock | undefined {
  const file = lockFile(path);
  const db: Database = new SqliteDatabase(file, { timeout: 0 });
  try {
    // Without a journal on disk the file stays empty; the lock is SQLite's own POSIX lock.
    db.pragma('journal_mode = memory');
    db.exec('begin exclusive');
    return { release: () => db.close() };
  } catch (error) {
    db.close();
    if (error instanceof SqliteDatabase.SqliteError && error.code.startsWith('SQLITE_BUSY')) return undefined;
    throw error;
  }
}

/** The process that has it, as far as the kernel tells (proc_locks(5)). */
export function storeLockHolder(path: string): number | undefined {
  try {
    const { ino } = statSync(lockFile(path));
    const line = readFileSync('/proc/locks', 'latin1')
      .split('\n')
      .find((lock) => lock.includes('POSIX') && lock.includes('WRITE') && lock.includes(`:${ino} `));
    const pid = Number(line?.trim().split(/\s+/)[4]);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

const lockFile = (path: string): string => `${path}.lock`;
