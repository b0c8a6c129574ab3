import { readFileSync, writeFileSync } from 'node:fs';
import { failed, ok, type Result } from '@sublane/basics';
import Database from 'better-sqlite3';

export interface ServeLock {
  release(): void;
}

export type LockFailure =
  /** `pid`: of the other headend, where it could be read. */
  { readonly kind: 'held'; readonly pid?: string } | { readonly kind: 'unusable'; readonly reason: string };

/**
 * Makes this process the only one to serve a folder. Node has no flock(2); SQLite's exclusive lock on an empty database
 * is one, held by the kernel for the process: it cannot be left behind by a crash, and taking it has no race.
 */
export function takeServeLock(file: string): Result<ServeLock, LockFailure> {
  const pidFile = `${file}.pid`;
  let database: Database.Database | undefined;
  try {
    database = new Database(file, { timeout: 0 });
    database.pragma('journal_mode = delete');
    database.exec('BEGIN EXCLUSIVE');
    writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    database?.close();
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY'))
      return failed({ kind: 'held', ...pidOf(pidFile) });
    return failed({ kind: 'unusable', reason: (error as Error).message });
  }
  const held = database;
  return ok({ release: () => void held.close() });
}

function pidOf(file: string): { pid?: string } {
  try {
    const pid = readFileSync(file, 'utf8').trim();
    return /^\d+$/.test(pid) ? { pid } : {};
  } catch {
    return {};
  }
}
