import { failed, ok, type Result } from '@sublane/basics';
import type { Database } from 'better-sqlite3';
import { sql } from 'kysely';
import type { PoolShape } from '../pools/pool.ts';
import type { RefusalOf } from '../refusal/refusal.ts';
import type { Admission } from './admission.ts';
import type { AuditTable } from './audit-table.ts';
import type { Committed, ConfigurationStore } from './configuration-store.ts';
import type { GroupCommit } from './group-commit.ts';
import type { LeaseTable } from './lease-table.ts';
import { pageOf } from './pages.ts';
import type { PoolTable } from './pool-table.ts';
import type { CommitPurpose, ConfigurationDocument, Lease, Timestamp } from './records.ts';
import { prepare, query } from './statement.ts';
import type { Deed } from './store.ts';

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
      .select(['version', 'at', 'actor', 'purpose', 'revert_to'])
      .where('version', '<', p.before)
      .orderBy('version', 'desc')
      .limit(p.limit),
  );
  const insert = prepare(db, (p: Omit<Row, 'revert_to'> & { readonly revertTo: number | null }) =>
    query.insertInto('configuration').values({
      version: p.version,
      at: p.at,
      actor: p.actor,
      content: p.content,
      purpose: p.purpose,
      revert_to: p.revertTo,
    }),
  );
  const settled = prepare(db, (p: { version: number }) =>
    query.updateTable('configuration').set({ revert_to: null }).where('version', '=', p.version),
  );

  /** What in this configuration has no place for a lease, as the pools are now. */
  const obstacles = (shapes: readonly PoolShape[], limit: number): readonly Obstacle[] => {
    const kept = new Set(shapes.map(({ name }) => name));
    const removed = pools.all().filter(({ shape }) => !kept.has(shape.name));
    return [
      ...removed.map((pool) => {
        const some = limit === 1 ? leases.poolLeases.someOf(pool) : undefined;
        const held = limit === 1 ? (some === undefined ? [] : [some]) : leases.poolLeases.allOf(pool);
        return { pool: pool.shape.name, held };
      }),
      ...shapes.map((shape) => ({
        pool: shape.name,
        held: [...leases.poolLeases.outside(shape, limit), ...leases.poolLeases.reservedElsewhere(shape, limit)],
      })),
    ].filter(({ held }) => held.length > 0);
  };

  const commit = (
    { content, pools: shapes, locations, purpose = 'edit', awaits = false }: ConfigurationChange,
    deed: Deed,
  ): Result<Committed, RefusalOf<'record-in-use'>> => {
    const { at, actor } = deed;
    const reverts = purpose === 'revert';
    const withdrawn: Lease[] = [];
    for (const { pool, held } of obstacles(shapes, reverts ? EVERY : 1)) {
      // "the server MUST restore the configuration" (RFC 6241 §8.4.1): what was leased on its strength goes with it.
      if (reverts) withdrawn.push(...leases.withdraw({ leaseIds: held.map(({ id }) => id) }, deed));
      else if (held[0] !== undefined) return failed(inUse(pool, held[0]));
    }
    const kept = new Set(shapes.map(({ name }) => name));
    for (const pool of pools.all()) if (!kept.has(pool.shape.name)) pools.remove(pool);
    for (const shape of shapes) pools.define(shape);
    if (locations !== undefined) admission.define(locations);
    const before = latest.get({});
    const row = {
      version: (before?.version ?? 0) + 1,
      at,
      actor,
      content,
      purpose,
      revertTo: awaits ? (before?.revert_to ?? before?.version ?? 0) : null,
    };
    insert.run(row);
    const detail = { version: row.version, purpose, ...(row.revertTo !== null && { 'revert-to': row.revertTo }) };
    audit.append({ at, actor, event: reverts ? 'configuration-reverted' : 'configuration-committed', detail });
    if (!reverts && !awaits && before?.revert_to != null)
      audit.append({ at, actor, event: 'configuration-confirmed', detail: { version: row.version } });
    return ok({ ...readRow({ ...row, revert_to: row.revertTo }), withdrawn });
  };

  const settle = ({ at, actor }: Deed, how: 'confirmed' | 'reverted'): Result<undefined, never> => {
    const newest = latest.get({});
    if (newest === undefined || newest.revert_to === null) return ok();
    settled.run({ version: newest.version });
    audit.append({ at, actor, event: `configuration-${how}`, detail: { version: newest.version } });
    return ok();
  };

  return {
    latest: async () => readIf(latest.get({})),
    version: async (number) => readIf(version.get({ version: number })),
    commit: (change, deed) => commits.write(() => commit(change, deed)),
    settle: (deed, how) => commits.write(() => settle(deed, how)),
    history: async ({ limit, cursor }) =>
      pageOf(
        history.all({ before: Number(cursor ?? Number.MAX_SAFE_INTEGER) || 0, limit: limit + 1 }).map((row) => {
          const { content: _, ...facts } = readRow({ ...row, content: '' });
          return facts;
        }),
        limit,
        (row) => String(row.version),
      ),
  };
}

type ConfigurationChange = Parameters<ConfigurationStore['commit']>[0];

interface Obstacle {
  readonly pool: string;
  readonly held: readonly Lease[];
}

interface Row {
  readonly version: number;
  readonly at: number;
  readonly actor: string;
  readonly content: string;
  readonly purpose: string;
  readonly revert_to: number | null;
}

/** As many as there are. */
const EVERY = 1_000_000_000;

function inUse(pool: string, lease: { readonly id: string; readonly hostId: string }): RefusalOf<'record-in-use'> {
  return { kind: 'record-in-use', record: 'pool', name: pool, by: `lease ${lease.id} of host ${lease.hostId}` };
}

const readIf = (row: Row | undefined): ConfigurationDocument | undefined => row && readRow(row);

function readRow({ version, at, actor, content, purpose, revert_to: revertTo }: Row): ConfigurationDocument {
  return {
    version,
    at: at as Timestamp,
    actor,
    purpose: purpose as CommitPurpose,
    ...(revertTo !== null && { revertTo }),
    content,
  };
}
