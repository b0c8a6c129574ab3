import { failed, ok, type Result } from '@sublane/basics';
import type { Database } from 'better-sqlite3';
import { sql } from 'kysely';
import type { RefusalOf } from '../refusal/refusal.ts';
import type { AuditTable } from './audit-table.ts';
import type { GroupCommit } from './group-commit.ts';
import type { LeaseTable } from './lease-table.ts';
import { pageOf } from './pages.ts';
import type { Lease, Subscriber, Timestamp } from './records.ts';
import { prepare, query } from './statement.ts';
import type { Deed, SubscriberStore } from './store.ts';

interface SubscriberRow {
  name: string;
  plan: string;
  suspended: number;
  password_hash: string | null;
  created_at: number;
}

export function openSubscribers(
  db: Database,
  leases: LeaseTable,
  audit: AuditTable,
  commits: GroupCommit,
): SubscriberStore {
  const rows = () => query.selectFrom('subscribers').selectAll();
  const find = prepare(db, (p: { name: string }) => rows().where('name', '=', p.name));
  const byPlan = prepare(db, (p: { plan: string }) => rows().where('plan', '=', p.plan).limit(sql.lit(1)));
  const page = prepare(db, (p: { after: string; limit: number }) =>
    rows().where('name', '>', p.after).orderBy('name').limit(p.limit),
  );
  const insert = prepare(db, (p: { name: string; plan: string; hash: string | null; at: number }) =>
    query
      .insertInto('subscribers')
      .values({ name: p.name, plan: p.plan, suspended: 0, password_hash: p.hash, created_at: p.at })
      .onConflict((conflict) => conflict.doNothing()),
  );
  const update = prepare(db, (p: { name: string; plan: string; suspended: number; hash: string | null }) =>
    query
      .updateTable('subscribers')
      .set({ plan: p.plan, suspended: p.suspended, password_hash: p.hash })
      .where('name', '=', p.name),
  );
  const remove = prepare(db, (p: { name: string }) => query.deleteFrom('subscribers').where('name', '=', p.name));
  /** Whoever has the name next has not invited them. */
  const uninvite = prepare(db, (p: { name: string }) =>
    query.deleteFrom('invitations').where('subscriber', '=', p.name),
  );
  /** Nor have they used up its quota. */
  const unuse = prepare(db, (p: { name: string }) => query.deleteFrom('usage').where('subscriber', '=', p.name));
  const itsHost = prepare(db, (p: { name: string }) =>
    query
      .selectFrom('hosts')
      .select('host_id')
      .where('subscriber', '=', p.name)
      .where('revoked_at', 'is', null)
      .limit(sql.lit(1)),
  );
  const note = (event: 'subscriber-added' | 'subscriber-changed' | 'subscriber-removed', deed: Deed, detail: object) =>
    audit.append({ ...deed, event, detail: { ...detail } });

  return {
    add: ({ name, plan, passwordHash }, deed) =>
      commits.write(() => {
        if (insert.run({ name, plan, hash: passwordHash ?? null, at: deed.at }) === 0) {
          return failed({ kind: 'record-exists', record: 'subscriber', name });
        }
        note('subscriber-added', deed, { subscriber: name, plan, password: passwordHash !== undefined });
        return ok();
      }),
    change: (name, change, deed) =>
      commits.write(() => {
        const row = find.get({ name });
        if (row === undefined) return failed({ kind: 'record-unknown', record: 'subscriber', name });
        update.run({
          name,
          plan: change.plan ?? row.plan,
          suspended: Number(change.suspended ?? row.suspended === 1),
          hash: change.passwordHash ?? row.password_hash,
        });
        const { passwordHash, ...told } = change;
        note('subscriber-changed', deed, {
          subscriber: name,
          ...told,
          ...(passwordHash !== undefined && { password: true }),
        });
        if (change.suspended === true) return ok(leases.withdraw({ subscriber: name }, deed));
        const replanned = change.plan !== undefined && change.plan !== row.plan;
        return ok(replanned ? leases.recall({ subscriber: name }, deed) : []);
      }),
    remove: (name, deed) =>
      commits.write((): Result<readonly Lease[], RefusalOf<'record-unknown' | 'record-in-use'>> => {
        const host = itsHost.get({ name });
        if (host !== undefined) {
          return failed({ kind: 'record-in-use', record: 'subscriber', name, by: `host ${host.host_id}` });
        }
        if (remove.run({ name }) === 0) return failed({ kind: 'record-unknown', record: 'subscriber', name });
        uninvite.run({ name });
        unuse.run({ name });
        note('subscriber-removed', deed, { subscriber: name });
        return ok(leases.withdraw({ subscriber: name }, deed));
      }),
    find: async (name) => readIf(find.get({ name })),
    findByPlan: async (plan) => readIf(byPlan.get({ plan })),
    list: async ({ limit, cursor = '' }) =>
      pageOf(page.all({ after: cursor, limit: limit + 1 }).map(readSubscriber), limit, ({ name }) => name),
  };
}

export function readSubscriber(row: SubscriberRow): Subscriber {
  return {
    name: row.name,
    plan: row.plan,
    suspended: row.suspended === 1,
    ...(row.password_hash !== null && { passwordHash: row.password_hash }),
    createdAt: row.created_at as Timestamp,
  };
}

const readIf = (row: SubscriberRow | undefined) => (row === undefined ? undefined : readSubscriber(row));
