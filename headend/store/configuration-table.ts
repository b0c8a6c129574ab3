import { failed, ok, type Result } from '@sublane/basics';
import type { Database } from 'better-sqlite3';
import { sql } from 'kysely';
import type { RefusalOf } from '../refusal/refusal.ts';
import type { Admission } from './admission.ts';
import type { AuditTable } from './audit-table.ts';
import type { GroupCommit } from './group-commit.ts';
import type { LeaseTable } from './lease-table.ts';
import { pageOf } from './pages.ts';
import type { PoolTable } from './pool-table.ts';
import type { ConfigurationDocument, Timestamp } from './records.ts';
import { prepare, query } from './statement.ts';
import type { ConfigurationStore, Deed } from './store.ts';

/** What a commit changes beside its own table. */
export interface ConfigurationParts {
  readonly pools: PoolTable;
  readonly admission: Admission;
  readonly leases: LeaseTable;
  readonly audit: AuditTable;
  readonly commits: GroupCommit;
}

export function openConfiguration(
  db: Database,
  { pools, admission, leases, audit, commits }: ConfigurationParts,
): ConfigurationStore {
  const latest = prepare(db, (_: object) =>
    query.selectFrom('configuration').selectAll().orderBy('version', 'desc').limit(sql.lit(1)),
  );
  const version = prepare(db, (p: { version: number }) =>
    query.selectFrom('configuration').selectAll().where('version', '=', p.version),
  );
  const history = prepare(db, (p: { before: number; limit: number }) =>
    query
      .selectFrom('configuration')
      .select(['version', 'at', 'actor'])
      .where('version', '<', p.before)
      .orderBy('version', 'desc')
      .limit(p.limit),
  );
  const insert = prepare(db, (p: { version: number; at: number; actor: string; content: string }) =>
    query.insertInto('configuration').values({ version: p.version, at: p.at, actor: p.actor, content: p.content }),
  );

  const commit = (
    { content, pools: shapes, locations }: Parameters<ConfigurationStore['commit']>[0],
    { at, actor }: Deed,
  ): Result<ConfigurationDocument, RefusalOf<'record-in-use'>> => {
    const kept = new Set(shapes.map(({ name }) => name));
    const removed = pools.all().filter(({ shape }) => !kept.has(shape.name));
    for (const pool of removed) {
      const lease = leases.poolLeases.someOf(pool);
      if (lease !== undefined) return failed(inUse(pool.shape.name, lease));
    }
    for (const shape of shapes) {
      const [lease] = [...leases.poolLeases.outside(shape, 1), ...leases.poolLeases.reservedElsewhere(shape, 1)];
      if (lease !== undefined) return failed(inUse(shape.name, lease));
    }
    for (const pool of removed) pools.remove(pool);
    for (const shape of shapes) pools.define(shape);
    if (locations !== undefined) admission.define(locations);
    const document = { version: (latest.get({})?.version ?? 0) + 1, at, actor, content };
    insert.run(document);
    audit.append({ at, actor, event: 'configuration-committed', detail: { version: document.version } });
    return ok(document);
  };

  return {
    latest: async () => readIf(latest.get({})),
    version: async (number) => readIf(version.get({ version: number })),
    commit: (change, deed) => commits.write(() => commit(change, deed)),
    history: async ({ limit, cursor }) =>
      pageOf(
        history
          .all({ before: Number(cursor ?? Number.MAX_SAFE_INTEGER) || 0, limit: limit + 1 })
          .map((row) => ({ ...row, at: row.at as Timestamp })),
        limit,
        (row) => String(row.version),
      ),
  };
}

function inUse(pool: string, lease: { readonly id: string; readonly hostId: string }): RefusalOf<'record-in-use'> {
  return { kind: 'record-in-use', record: 'pool', name: pool, by: `lease ${lease.id} of host ${lease.hostId}` };
}

function readIf(
  row: { version: number; at: number; actor: string; content: string } | undefined,
): ConfigurationDocument | undefined {
  return row && { ...row, at: row.at as Timestamp };
}
