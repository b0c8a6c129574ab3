import { seconds } from '@sublane/basics';
import SqliteDatabase from 'better-sqlite3';
import type { StoreRefusal } from '../refusal/refusal.ts';

/** What a failure of SQLite means to whoever asked; undefined: it is our own bug, not the store's trouble. */
export function storeTrouble(error: unknown): StoreRefusal | undefined {
  if (!(error instanceof SqliteDatabase.SqliteError)) return undefined;
  // Extended codes begin with the primary one: https://www.sqlite.org/rescode.html
  const code = /^SQLITE_[A-Z]+/.exec(error.code)?.[0];
  switch (code) {
    case 'SQLITE_FULL':
      return { kind: 'store-full', retryAfter: seconds(60) };
    case 'SQLITE_READONLY':
    case 'SQLITE_PERM':
    case 'SQLITE_CANTOPEN':
      return { kind: 'store-read-only' };
    case 'SQLITE_IOERR':
    case 'SQLITE_CORRUPT':
    case 'SQLITE_NOTADB':
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
    case 'SQLITE_NOMEM':
      return { kind: 'store-failed', message: `${error.code}: ${error.message}` };
    default:
      return undefined;
  }
}
