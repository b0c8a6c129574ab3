import type { Database } from 'better-sqlite3';
import { sql } from 'kysely';
import type { Host, Timestamp } from './records.ts';
import { prepare, query } from './statement.ts';

export interface HostRow {
  host_id: string;
  subscriber: string;
  public_key: string;
  enrolled_at: number;
  revoked_at: number | null;
}

/** What an enrolment asks of the tables `hosts` and `subscribers`, prepared once. */
export type HostQueries = ReturnType<typeof prepareHostQueries>;

export function prepareHostQueries(db: Database) {
  const rows = () => query.selectFrom('hosts').selectAll();
  return {
    find: prepare(db, (p: { hostId: string }) => rows().where('host_id', '=', p.hostId)),
    /** The host that has this key now. */
    byKey: prepare(db, (p: { publicKey: string }) =>
      rows().where('public_key', '=', p.publicKey).where('revoked_at', 'is', null).limit(sql.lit(1)),
    ),
    subscriberExists: prepare(db, (p: { name: string }) =>
      query.selectFrom('subscribers').select('name').where('name', '=', p.name),
    ),
    put: prepare(db, (p: { hostId: string; subscriber: string; publicKey: string; at: number }) =>
      query
        .insertInto('hosts')
        .values({
          host_id: p.hostId,
          subscriber: p.subscriber,
          public_key: p.publicKey,
          enrolled_at: p.at,
          revoked_at: null,
        })
        .onConflict((conflict) =>
          conflict.column('host_id').doUpdateSet((row) => ({
            subscriber: row.ref('excluded.subscriber'),
            public_key: row.ref('excluded.public_key'),
            enrolled_at: row.ref('excluded.enrolled_at'),
            revoked_at: row.ref('excluded.revoked_at'),
          })),
        ),
    ),
  };
}

export function readHost(row: HostRow): Host {
  return {
    hostId: row.host_id,
    subscriber: row.subscriber,
    publicKey: row.public_key,
    enrolledAt: row.enrolled_at as Timestamp,
    ...(row.revoked_at !== null && { revokedAt: row.revoked_at as Timestamp }),
  };
}
