import { failed, type Result } from '@sublane/basics';
import type { Database } from 'better-sqlite3';
import type { StoreRefusal } from '../refusal/refusal.ts';
import { storeTrouble } from './store-trouble.ts';

/** Keeps in memory what the database holds too: written before a commit, read again after a rollback. */
export interface CommitParticipant {
  beforeCommit(): void;
  afterRollback(): void;
  /** It is durable; nobody has been answered yet. Throws nothing. */
  afterCommit?(): void;
}

/** Thrown by a job that finds, after it has written, that it must not have: its answer, once its writes are undone. */
export class Undo extends Error {
  readonly answer: unknown;

  constructor(answer: unknown) {
    super('undo');
    this.answer = answer;
  }
}

/** More in one transaction would make the first wait for the last. */
const GROUP_MAX = 256;

interface Waiting {
  readonly job: () => unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One writer, one transaction for all that is waiting: a job's answer is given after the COMMIT it is part of, and one
 * fsync serves the whole group.
 *
 * A job looks before it writes, and answers a refusal without having written. Should one fail after all, the group is
 * rolled back and each job gets a transaction of its own, so that a bad one harms no other.
 */
export class GroupCommit {
  readonly #db: Database;
  readonly #participants: readonly CommitParticipant[];
  readonly #begin;
  readonly #commit;
  readonly #rollback;
  #waiting: Waiting[] = [];
  #armed = false;
  #closed = false;
  /** What the last write met; cleared by the next that succeeds. */
  trouble: StoreRefusal | undefined;

  constructor(db: Database, participants: readonly CommitParticipant[]) {
    this.#db = db;
    this.#participants = participants;
    this.#begin = db.prepare('begin immediate');
    this.#commit = db.prepare('commit');
    this.#rollback = db.prepare('rollback');
  }

  /** Runs `job` inside a transaction; resolves when what it did is durable. It may run more than once. */
  write<T, F>(job: () => Result<T, F>): Promise<Result<T, F | StoreRefusal>> {
    if (this.#closed) return Promise.resolve(failed({ kind: 'store-failed', message: 'the store is closed' }));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve: resolve as (answer: unknown) => void, reject });
      if (this.#armed) return;
      this.#armed = true;
      setImmediate(() => this.#flush());
    });
  }

  /** Refuses new writes and finishes those that wait. */
  close(): void {
    this.#closed = true;
    while (this.#waiting.length > 0) this.#flush();
  }

  #flush(): void {
    const group = this.#waiting.splice(0, GROUP_MAX);
    this.#armed = this.#waiting.length > 0;
    if (this.#armed) setImmediate(() => this.#flush());
    if (group.length > 0) this.#run(group);
  }

  #run(group: readonly Waiting[]): void {
    try {
      this.#begin.run();
      const answers = group.map(({ job }) => job());
      for (const participant of this.#participants) participant.beforeCommit();
      this.#commit.run();
      this.trouble = undefined;
      for (const participant of this.#participants) participant.afterCommit?.();
      for (const [at, { resolve }] of group.entries()) resolve(answers[at]);
    } catch (error) {
      this.#undo();
      const trouble = storeTrouble(error);
      if (trouble !== undefined) {
        this.trouble = trouble;
        for (const { resolve } of group) resolve(failed(trouble));
      } else if (group.length > 1) {
        for (const one of group) this.#run([one]);
      } else if (error instanceof Undo) {
        group[0]?.resolve(error.answer);
      } else {
        group[0]?.reject(error);
      }
    }
  }

  #undo(): void {
    // After some errors SQLite has rolled back by itself.
    if (this.#db.inTransaction) this.#rollback.run();
    for (const participant of this.#participants) participant.afterRollback();
  }
}
