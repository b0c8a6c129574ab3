import { failed, ok, type Result } from '@sublane/basics';
import type { Database } from 'better-sqlite3';
import { sql } from 'kysely';
import type { RefusalOf } from '../refusal/refusal.ts';
import type { AuditTable } from './audit-table.ts';
import type { GroupCommit } from './group-commit.ts';
import type { LeaseTable } from './lease-table.ts';
import { pageOf } from './pages.ts';
import type { Host, Timestamp } from './records.ts';
import { prepare, query } from './statement.ts';
import type { HostStore } from './store.ts';
import { readSubscriber } from './subscriber-table.ts';

interface HostRow {
  host_id: string;
  subscriber: string;
  public_key: string;
  enrolled_at: number;
  revoked_at: number | null;
}

export function openHosts(db: Database, leases: LeaseTable, audit: AuditTable, commits: GroupCommit): HostStore {
  const rows = () => query.selectFrom('hosts').selectAll();
  const find = prepare(db, (p: { hostId: string }) => rows().where('host_id', '=', p.hostId));
  const page = prepare(db, (p: { after: string; limit: number }) =>
    rows().where('host_id', '>', p.after).orderBy('host_id').limit(p.limit),
  );
  const pageOfSubscriber = prepare(db, (p: { subscriber: string; after: string; limit: number }) =>
    rows().where('subscriber', '=', p.subscriber).where('host_id', '>', p.after).orderBy('host_id').limit(p.limit),
  );
  const standing = prepare(db, (p: { hostId: string }) =>
    query
      .selectFrom('hosts')
      .leftJoin('subscribers', 'subscribers.name', 'hosts.subscriber')
      .selectAll()
      .where('host_id', '=', p.hostId)
      .where('revoked_at', 'is', null),
  );
  const byKey = prepare(db, (p: { publicKey: string }) =>
    rows().where('public_key', '=', p.publicKey).where('revoked_at', 'is', null).limit(sql.lit(1)),
  );
  const subscriberExists = prepare(db, (p: { name: string }) =>
    query.selectFrom('subscribers').select('name').where('name', '=', p.name),
  );
  const put = prepare(db, (p: { hostId: string; subscriber: string; publicKey: string; at: number }) =>
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
  );
  const revoke = prepare(db, (p: { hostId: string; at: number }) =>
    query
      .updateTable('hosts')
      .set({ revoked_at: p.at })
      .where('host_id', '=', p.hostId)
      .where('revoked_at', 'is', null),
  );

  return {
    enrol: ({ hostId, subscriber, publicKey }, deed) =>
      commits.write((): Result<undefined, RefusalOf<'record-exists' | 'record-unknown'>> => {
        const present = find.get({ hostId });
        if (present !== undefined && present.revoked_at === null) {
          return failed({ kind: 'record-exists', record: 'host', name: hostId });
        }
        const sameKey = byKey.get({ publicKey });
        if (sameKey !== undefined) {
          return failed({ kind: 'record-exists', record: 'public-key', name: `host ${sameKey.host_id}` });
        }
        if (subscriberExists.get({ name: subscriber }) === undefined) {
          return failed({ kind: 'record-unknown', record: 'subscriber', name: subscriber });
        }
        put.run({ hostId, subscriber, publicKey, at: deed.at });
        audit.append({ ...deed, event: 'host-enrolled', hostId, detail: { subscriber, 'public-key': publicKey } });
        return ok();
      }),
    revoke: (hostId, deed) =>
      commits.write(() => {
        if (revoke.run({ hostId, at: deed.at }) === 0) {
          return failed({ kind: 'record-unknown', record: 'host', name: hostId });
        }
        audit.append({ ...deed, event: 'host-revoked', hostId, detail: {} });
        return ok(leases.release(hostId, [], deed));
      }),
    find: async (hostId) => {
      const row = find.get({ hostId });
      return row && readHost(row);
    },
    standing: async (hostId) => {
      const row = standing.get({ hostId });
      if (row === undefined) return undefined;
      const { name, plan, suspended, created_at } = row;
      const known = name !== null && plan !== null && suspended !== null && created_at !== null;
      return {
        host: readHost(row),
        ...(known && { subscriber: readSubscriber({ ...row, name, plan, suspended, created_at }) }),
      };
    },
    list: async ({ subscriber }, { limit, cursor: after = '' }) => {
      const found =
        subscriber === undefined
          ? page.all({ after, limit: limit + 1 })
          : pageOfSubscriber.all({ subscriber, after, limit: limit + 1 });
      return pageOf(found.map(readHost), limit, ({ hostId }) => hostId);
    },
  };
}

function readHost(row: HostRow): Host {
  return {
    hostId: row.host_id,
    subscriber: row.subscriber,
    publicKey: row.public_key,
    enrolledAt: row.enrolled_at as Timestamp,
    ...(row.revoked_at !== null && { revokedAt: row.revoked_at as Timestamp }),
  };
}
