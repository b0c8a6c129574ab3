import { ok } from '@sublane/basics';
import type { Database } from 'better-sqlite3';
import { sql } from 'kysely';
import type { AuditTable } from './audit-table.ts';
import type { GroupCommit } from './group-commit.ts';
import type { Timestamp } from './records.ts';
import { prepare, query } from './statement.ts';
import type { UsageStore } from './store.ts';

/** What subscribers' lanes have carried, period by period. */
export class UsageTable {
  readonly #queries;
  readonly #audit: AuditTable;

  constructor(db: Database, audit: AuditTable) {
    this.#queries = prepareQueries(db);
    this.#audit = audit;
  }

  store(commits: GroupCommit): UsageStore {
    return {
      of: async (subscriber, since) => this.#queries.of.get({ subscriber, since })?.octets ?? 0,
      reset: (subscriber, since, { actor, at }) =>
        commits.write(() => {
          const octets = this.#queries.of.get({ subscriber, since })?.octets ?? 0;
          this.#queries.remove.run({ subscriber, since });
          this.#audit.append({ at, event: 'quota-reset', actor, detail: { subscriber, octets } });
          return ok(octets);
        }),
      expire: (before, limit) =>
        commits.write(() => {
          const over = this.#queries.before.all({ before, limit });
          for (const period of over) this.#queries.remove.run(period);
          return ok(over.length);
        }),
    };
  }

  /** Adds to the period, inside a job. */
  add(subscriber: string, since: Timestamp, octets: number): void {
    if (octets > 0) this.#queries.add.run({ subscriber, since, octets });
  }
}

function prepareQueries(db: Database) {
  return {
    of: prepare(db, (p: { subscriber: string; since: number }) =>
      query
        .selectFrom('usage')
        .select('octets')
        .where('subscriber', '=', p.subscriber)
        .where('period_start', '=', p.since),
    ),
    add: prepare(db, (p: { subscriber: string; since: number; octets: number }) =>
      query
        .insertInto('usage')
        .values({ subscriber: p.subscriber, period_start: p.since, octets: p.octets })
        .onConflict((conflict) =>
          conflict.columns(['subscriber', 'period_start']).doUpdateSet((e) => ({
            // As far as a JavaScript number is exact.
            octets: sql<number>`min(${e.ref('usage.octets')} + ${e.ref('excluded.octets')}, ${sql.lit(Number.MAX_SAFE_INTEGER)})`,
          })),
        ),
    ),
    remove: prepare(db, (p: { subscriber: string; since: number }) =>
      query.deleteFrom('usage').where('subscriber', '=', p.subscriber).where('period_start', '=', p.since),
    ),
    before: prepare(db, (p: { before: number; limit: number }) =>
      query
        .selectFrom('usage')
        .select(['subscriber', 'period_start as since'])
        .where('period_start', '<', p.before)
        .limit(p.limit),
    ),
  };
}
