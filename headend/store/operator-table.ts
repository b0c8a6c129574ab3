import { failed, ok } from '@sublane/basics';
import type { Database } from 'better-sqlite3';
import type { AuditTable } from './audit-table.ts';
import type { GroupCommit } from './group-commit.ts';
import { pageOf } from './pages.ts';
import type { Operator, OperatorRole, Timestamp } from './records.ts';
import { prepare, query } from './statement.ts';
import type { OperatorStore } from './store.ts';

export function openOperators(db: Database, audit: AuditTable, commits: GroupCommit): OperatorStore {
  const rows = () => query.selectFrom('operators').selectAll();
  const find = prepare(db, (p: { name: string }) => rows().where('name', '=', p.name));
  const page = prepare(db, (p: { after: string; limit: number }) =>
    rows().where('name', '>', p.after).orderBy('name').limit(p.limit),
  );
  const insert = prepare(db, (p: { name: string; role: string; publicKey: string; at: number }) =>
    query
      .insertInto('operators')
      .values({ name: p.name, role: p.role, public_key: p.publicKey, created_at: p.at })
      .onConflict((conflict) => conflict.doNothing()),
  );
  const remove = prepare(db, (p: { name: string }) => query.deleteFrom('operators').where('name', '=', p.name));

  return {
    add: ({ name, role, publicKey }, deed) =>
      commits.write(() => {
        if (insert.run({ name, role, publicKey, at: deed.at }) === 0) {
          return failed({ kind: 'record-exists', record: 'operator', name });
        }
        audit.append({ ...deed, event: 'operator-added', detail: { operator: name, role, 'public-key': publicKey } });
        return ok();
      }),
    remove: (name, deed) =>
      commits.write(() => {
        if (remove.run({ name }) === 0) return failed({ kind: 'record-unknown', record: 'operator', name });
        audit.append({ ...deed, event: 'operator-removed', detail: { operator: name } });
        return ok();
      }),
    find: async (name) => {
      const row = find.get({ name });
      return row && readOperator(row);
    },
    list: async ({ limit, cursor: after = '' }) =>
      pageOf(page.all({ after, limit: limit + 1 }).map(readOperator), limit, ({ name }) => name),
  };
}

function readOperator(row: { name: string; role: string; public_key: string; created_at: number }): Operator {
  return {
    name: row.name,
    role: row.role as OperatorRole,
    publicKey: row.public_key,
    createdAt: row.created_at as Timestamp,
  };
}
