import { ok } from '@sublane/basics';
import type { Database } from 'better-sqlite3';
import type { AuditTable } from './audit-table.ts';
import type { FeedStore } from './feed-store.ts';
import type { GroupCommit } from './group-commit.ts';
import { prepare, query } from './statement.ts';

export function openFeeds(db: Database, audit: AuditTable, commits: GroupCommit): FeedStore {
  const find = prepare(db, (p: { name: string }) =>
    query.selectFrom('feeds').select('sequence').where('name', '=', p.name),
  );
  const names = prepare(db, (_: object) => query.selectFrom('feeds').select('name').orderBy('name'));
  const add = prepare(db, (p: { name: string; sequence: number }) =>
    query.insertInto('feeds').values({ name: p.name, sequence: p.sequence }),
  );
  const advance = prepare(db, (p: { name: string; sequence: number }) =>
    query
      .updateTable('feeds')
      .set({ sequence: p.sequence })
      .where('name', '=', p.name)
      // Never back.
      .where('sequence', '<', p.sequence),
  );
  const remove = prepare(db, (p: { name: string }) => query.deleteFrom('feeds').where('name', '=', p.name));

  return {
    open: (name) =>
      commits.write(() => {
        const found = find.get({ name });
        if (found !== undefined) return ok(found.sequence);
        add.run({ name, sequence: audit.sequence });
        return ok(audit.sequence);
      }),
    advance: (name, sequence) =>
      commits.write(() => {
        advance.run({ name, sequence });
        return ok();
      }),
    remove: (name) =>
      commits.write(() => {
        remove.run({ name });
        return ok();
      }),
    names: async () => names.all({}).map(({ name }) => name),
    tail: () => audit.sequence,
  };
}
