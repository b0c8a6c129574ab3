import { failed, ok, type Result } from '@sublane/basics';
import type { Database } from 'better-sqlite3';
import type { RefusalOf } from '../refusal/refusal.ts';
import type { AuditTable } from './audit-table.ts';
import type { GroupCommit } from './group-commit.ts';
import { prepareHostQueries, readHost } from './host-queries.ts';
import type { LeaseTable } from './lease-table.ts';
import { pageOf } from './pages.ts';
import { prepare, query } from './statement.ts';
import type { HostStore } from './store.ts';
import { readSubscriber } from './subscriber-table.ts';

export function openHosts(db: Database, leases: LeaseTable, audit: AuditTable, commits: GroupCommit): HostStore {
  const rows = () => query.selectFrom('hosts').selectAll();
  const { find, byKey, subscriberExists, put } = prepareHostQueries(db);
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
  const revoke = prepare(db, (p: { hostId: string; at: number }) =>
    query
      .updateTable('hosts')
      .set({ revoked_at: p.at })
      .where('host_id', '=', p.hostId)
      .where('revoked_at', 'is', null),
  );

  return {
    enrol: ({ hostId, subscriber, publicKey, elsewhere = false }, deed) =>
      commits.write((): Result<undefined, RefusalOf<'record-exists' | 'record-unknown'>> => {
        const present = find.get({ hostId });
        if (present !== undefined && present.revoked_at === null) {
          return failed({ kind: 'record-exists', record: 'host', name: hostId });
        }
        const sameKey = byKey.get({ publicKey });
        if (sameKey !== undefined) {
          return failed({ kind: 'record-exists', record: 'public-key', name: `host ${sameKey.host_id}` });
        }
        if (!elsewhere && subscriberExists.get({ name: subscriber }) === undefined) {
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
