import { ok } from '@sublane/basics';
import type { Database } from 'better-sqlite3';
import type { GroupCommit } from './group-commit.ts';
import { prepare, query } from './statement.ts';
import type { NonceStore } from './store.ts';

export function openNonces(db: Database, commits: GroupCommit): NonceStore {
  const insert = prepare(db, (p: { nonce: string; until: number }) =>
    query
      .insertInto('nonces')
      .values({ nonce: p.nonce, until: p.until })
      .onConflict((conflict) => conflict.doNothing()),
  );
  const forget = prepare(db, (p: { at: number }) => query.deleteFrom('nonces').where('until', '<=', p.at));
  return {
    use: (nonce, until, at) =>
      commits.write(() => {
        // Each use clears what can no longer be replayed, so the table holds some minutes' worth.
        forget.run({ at });
        return ok(insert.run({ nonce, until }) === 1);
      }),
  };
}
