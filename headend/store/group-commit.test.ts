import { failed, ok } from '@sublane/basics';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { GroupCommit, Undo } from './group-commit.ts';

function setUp() {
  const db = new SqliteDatabase(':memory:');
  db.exec('create table t (x integer primary key)');
  const calls: string[] = [];
  const commits = new GroupCommit(db, [
    { beforeCommit: () => calls.push('commit'), afterRollback: () => calls.push('rollback') },
  ]);
  const insert = db.prepare('insert into t values (?)');
  const rows = () => db.prepare('select x from t order by x').pluck().all();
  const put = (x: number) =>
    commits.write(() => {
      insert.run(x);
      return ok(x);
    });
  return { db, commits, put, rows, calls, insert };
}

describe('a group', () => {
  test('is one transaction', async () => {
    const { put, rows, calls } = setUp();
    expect(await Promise.all([put(1), put(2), put(3)])).toEqual([ok(1), ok(2), ok(3)]);
    expect(rows()).toEqual([1, 2, 3]);
    expect(calls).toEqual(['commit']);
  });

  test('is answered after its commit, not before', async () => {
    const { db, put } = setUp();
    let inside: boolean | undefined;
    await put(1).then(() => {
      inside = db.inTransaction;
    });
    expect(inside).toBe(false);
  });

  test('with a bad job loses that one only', async () => {
    const { put, commits, rows } = setUp();
    const settled = await Promise.allSettled([
      put(1),
      put(1),
      commits.write(() => {
        throw new Error('a bug');
      }),
      put(2),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(rows()).toEqual([1, 2]);
  });

  test('with a job that takes back what it did loses that only, and has its answer', async () => {
    const { put, commits, rows, insert } = setUp();
    const undone = commits.write(() => {
      insert.run(7);
      throw new Undo(failed('no'));
    });
    expect(await Promise.all([put(1), undone, put(2)])).toEqual([ok(1), failed('no'), ok(2)]);
    expect(rows()).toEqual([1, 2]);
  });

  test('of more than fits in one transaction is all done', async () => {
    const { put, rows, calls } = setUp();
    await Promise.all(Array.from({ length: 1000 }, (_, x) => put(x)));
    expect(rows()).toHaveLength(1000);
    expect(calls).toHaveLength(4);
  });
});

test('a store in trouble refuses the group, and says so until it works again', async () => {
  const { db, put, rows, commits, calls } = setUp();
  db.pragma('query_only = on');
  expect(await Promise.all([put(1), put(2)])).toEqual([
    failed({ kind: 'store-read-only' }),
    failed({ kind: 'store-read-only' }),
  ]);
  expect(calls).toEqual(['rollback']);
  expect(commits.trouble).toEqual({ kind: 'store-read-only' });
  db.pragma('query_only = off');
  expect(await put(1)).toEqual(ok(1));
  expect(commits.trouble).toBeUndefined();
  expect(rows()).toEqual([1]);
});

test('closing does what waits and refuses what comes', async () => {
  const { put, rows, commits } = setUp();
  const waiting = [put(1), put(2)];
  commits.close();
  expect(await Promise.all(waiting)).toEqual([ok(1), ok(2)]);
  expect(await put(3)).toMatchObject({ ok: false, failure: { kind: 'store-failed' } });
  expect(rows()).toEqual([1, 2]);
});
