import { failed, ok, type Result } from '@sublane/basics';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { Admission } from './admission.ts';
import { AuditTable } from './audit-table.ts';
import { openConfiguration } from './configuration-table.ts';
import type { EventOf } from './event-store.ts';
import { type EventBounds, EventTable } from './event-table.ts';
import { openFeeds } from './feed-table.ts';
import { GroupCommit } from './group-commit.ts';
import { openHosts } from './host-table.ts';
import { openInvitations } from './invitation-table.ts';
import { LeaseTable } from './lease-table.ts';
import { MIGRATIONS } from './migrations.ts';
import { openNonces } from './nonce-table.ts';
import { openOperators } from './operator-table.ts';
import { openPools } from './pool-store.ts';
import { PoolTable } from './pool-table.ts';
import { QuarantineTable } from './quarantine-table.ts';
import type { Store } from './store.ts';
import { type StoreLock, storeLockHolder, takeStoreLock } from './store-lock.ts';
import { openSubscribers } from './subscriber-table.ts';
import { UsageTable } from './usage-table.ts';

export interface SqliteStoreOptions {
  /** A file, made where it is not there; or `:memory:`. */
  readonly path: string;
  /** Reads only: takes no lock, migrates nothing, and refuses every write. The file must be there. */
  readonly readOnly?: boolean;
  /** The file grows to this many bytes and no further; then writes are refused as if the disk were full. */
  readonly sizeLimit?: number;
  /** What is told of rows of the audit trail; nothing unless given. */
  readonly eventOf?: EventOf;
  readonly eventBounds?: EventBounds;
}

/** Why a store could not be opened. */
export type OpenFailure =
  | { readonly kind: 'in-use'; readonly path: string; readonly pid?: number }
  | { readonly kind: 'newer'; readonly path: string; readonly found: string; readonly known: string }
  | { readonly kind: 'not-initialised'; readonly path: string }
  | { readonly kind: 'unreadable'; readonly path: string; readonly message: string };

/** What to tell the operator. */
export function describeOpenFailure(failure: OpenFailure): string {
  const { path } = failure;
  switch (failure.kind) {
    case 'in-use': {
      const who = failure.pid === undefined ? 'another headend' : `another headend (process ${failure.pid})`;
      return `${path}: ${who} has this store open; a store has one headend. Stop that one first.`;
    }
    case 'newer':
      return `${path}: written by a newer headend (schema ${failure.found}, this one knows up to ${failure.known}). Use that version, or restore a backup made before the upgrade.`;
    case 'not-initialised':
      return `${path}: there is no store here. "headend init" makes one.`;
    case 'unreadable':
      return `${path}: cannot be opened as a store: ${failure.message}`;
  }
}

/** Opens the store in a SQLite file, and brings its schema up to date. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Result<Store, OpenFailure>> {
  const { path, readOnly = false } = options;
  let lock: StoreLock | undefined;
  let db: Database | undefined;
  try {
    if (!readOnly && path !== IN_MEMORY) {
      lock = takeStoreLock(path);
      if (lock === undefined) {
        const pid = storeLockHolder(path);
        return failed({ kind: 'in-use', path, ...(pid !== undefined && { pid }) });
      }
    }
    db = new SqliteDatabase(path, { readonly: readOnly, fileMustExist: readOnly });
    prepareConnection(db, options);
    const migrated = await migrate(db, options);
    if (migrated.ok) return ok(assemble(db, options, migrated.value, lock));
    db.close();
    lock?.release();
    return migrated;
  } catch (error) {
    db?.close();
    lock?.release();
    if (!(error instanceof Error) || !('code' in error || error instanceof TypeError)) throw error;
    return failed({ kind: 'unreadable', path, message: error.message });
  }
}

const IN_MEMORY = ':memory:';

function prepareConnection(db: Database, { readOnly, sizeLimit }: SqliteStoreOptions): void {
  db.pragma('busy_timeout = 5000');
  db.pragma('cache_size = -65536');
  db.pragma('temp_store = memory');
  if (readOnly) return;
  db.pragma('journal_mode = wal');
  // FULL: a commit returns after the log's fsync. NORMAL would lose acknowledged leases with the power.
  db.pragma('synchronous = full');
  // In pages of 4 kB: rarer and longer checkpoints cost less than SQLite's 1,000, and the log stays small.
  db.pragma('wal_autocheckpoint = 4000');
  db.pragma('journal_size_limit = 67108864');
  if (sizeLimit !== undefined) {
    const pageSize = db.pragma('page_size', { simple: true }) as number;
    db.pragma(`max_page_count = ${Math.max(1, Math.floor(sizeLimit / pageSize))}`);
  }
}

/** Answers the schema's version: the name of the newest step. */
async function migrate(db: Database, { path, readOnly }: SqliteStoreOptions): Promise<Result<string, OpenFailure>> {
  // The dialect would close the connection with itself; it is ours.
  const kysely = new Kysely<unknown>({ dialect: new SqliteDialect({ database: db }) });
  const migrator = new Migrator({ db: kysely, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });
  const known = Object.keys(MIGRATIONS).sort();
  const newest = known.at(-1) ?? '';
  const applied = appliedMigrations(db);
  const foreign = applied.find((name) => !known.includes(name));
  if (foreign !== undefined) return failed({ kind: 'newer', path, found: foreign, known: newest });
  if (readOnly) {
    if (applied.length === 0) return failed({ kind: 'not-initialised', path });
    return ok(applied.at(-1) ?? '');
  }
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return ok(newest);
}

function appliedMigrations(db: Database): string[] {
  const table = db.prepare("select 1 from sqlite_schema where type = 'table' and name = 'kysely_migration'").get();
  if (table === undefined) return [];
  return db.prepare<[], string>('select name from kysely_migration order by name').pluck().all();
}

function assemble(
  db: Database,
  { path, eventOf = () => undefined, eventBounds }: SqliteStoreOptions,
  schemaVersion: string,
  lock: StoreLock | undefined,
): Store {
  const pools = new PoolTable(db);
  const events = new EventTable(db, eventOf, eventBounds);
  const audit = new AuditTable(db, (entry) => events.noted(entry));
  const admission = new Admission(db);
  const commits = new GroupCommit(db, [pools, admission, audit, events]);
  const quarantine = new QuarantineTable(db, pools, audit);
  const usage = new UsageTable(db, audit);
  const leases = new LeaseTable(db, { pools, quarantine, admission, usage, audit });
  return {
    leases: leases.store(commits),
    pools: openPools(db, pools, leases.poolLeases, commits),
    quarantine: quarantine.store(commits),
    subscribers: openSubscribers(db, leases, audit, commits),
    hosts: openHosts(db, leases, audit, commits),
    invitations: openInvitations(db, audit, commits),
    operators: openOperators(db, audit, commits),
    audit: audit.store(commits),
    events: events.store(commits),
    configuration: openConfiguration(db, { pools, admission, leases, audit, commits }),
    locations: admission.store(commits),
    nonces: openNonces(db, commits),
    usage: usage.store(commits),
    feeds: openFeeds(db, audit, commits),
    status: () => ({
      backend: 'sqlite',
      location: path,
      schemaVersion,
      leases: pools.all().reduce((sum, { held }) => sum + held, 0),
      ...(commits.trouble && { trouble: commits.trouble }),
    }),
    close: async () => {
      commits.close();
      db.close();
      lock?.release();
    },
  };
}
