import { type Clock, failed, type Milliseconds, milliseconds, ok, type Result } from '@sublane/basics';
import type { RpcFailure } from './failures.ts';
import type { NetconfClient } from './netconf-client.ts';
import { type CommitOptions, type ConfigUrl, type EditOptions, type InlineConfig, operation } from './operations.ts';
import type { CallOptions, RpcReply } from './rpc-calls.ts';
import { firstMissing, needs, unsupported } from './server-support.ts';

export interface TransactionOptions extends CallOptions {
  /** What is edited; default: the candidate where the server has one, else running. */
  readonly target?: 'candidate' | 'running';
  /** Keeps others out of it, and of running, meanwhile; default true. */
  readonly lock?: boolean;
  /** How long to wait for a lock that another session holds; default: not at all. */
  readonly lockWait?: Milliseconds;
  /** Has the commit undone unless it is confirmed in time (RFC 6241 §8.4), by `check` or by a later `commit`. */
  readonly confirmed?: Pick<CommitOptions, 'confirmTimeout' | 'persist'>;
  /** Of a confirmed commit: confirms it when this gives true, cancels it when it gives false or throws. */
  readonly check?: () => boolean | Promise<boolean>;
  /** Copies running to the startup configuration afterwards, where the server has one. */
  readonly saveStartup?: boolean;
  /** How long the server may take to give up locks and changes after a failure, before the session is closed; default 10 s. */
  readonly cleanupTimeout?: Milliseconds;
}

/** What may be done between the locks and the commit. */
export interface Transaction {
  readonly target: 'candidate' | 'running';
  /** One that fails fails the whole. By default whatever part of it went well is taken back, where the server can. */
  edit(change: Omit<EditOptions, 'target'> & (InlineConfig | ConfigUrl)): Promise<Result<RpcReply, RpcFailure>>;
}

/** The commit was made, and then cancelled because `check` did not like what came of it. */
export type CheckFailure = { readonly kind: 'check-failed'; readonly message: string };

/**
 * Locks, edits, commits and unlocks. On any failure, and when it is given up, the candidate is as it was and every lock
 * is gone by the time the promise resolves: where the server does not say so, the session is closed, for its locks end
 * with it (RFC 6241 §7.5). Of running, edited directly, nothing is undone but the edit that failed.
 */
export async function runTransaction<T, F>(
  client: NetconfClient,
  work: (transaction: Transaction) => Promise<Result<T, F>>,
  options: TransactionOptions,
  clock: Clock,
): Promise<Result<T, F | RpcFailure | CheckFailure>> {
  const run = new Run(client, options, clock);
  const missing = run.missing();
  if (missing !== undefined) return failed(missing);
  let finished = false;
  try {
    const taken = await run.take();
    if (!taken.ok) return taken;
    const done = await run.work(work);
    if (!done.ok) return done;
    const committed = await run.commit();
    finished = committed.ok;
    return committed.ok ? done : committed;
  } finally {
    await run.release(finished);
  }
}

/** Between two tries for a lock. */
const LOCK_PAUSE = 500;

function isHeld(failure: RpcFailure): boolean {
  return failure.kind === 'refused' && failure.errors.every(({ tag }) => tag === 'lock-denied');
}

class Run {
  readonly #client: NetconfClient;
  readonly #options: TransactionOptions;
  readonly #clock: Clock;
  readonly #call: { readonly timeout?: Milliseconds };
  readonly #target: 'candidate' | 'running';
  readonly #locked: ('candidate' | 'running')[] = [];
  /** Locks that were asked for and given up before the server answered. */
  readonly #undone: Promise<boolean>[] = [];
  #edited = false;
  #failure: RpcFailure | undefined;

  constructor(client: NetconfClient, options: TransactionOptions, clock: Clock) {
    this.#clock = clock;
    this.#client = client;
    this.#options = options;
    this.#call = options.timeout === undefined ? {} : { timeout: options.timeout };
    this.#target = options.target ?? (client.supports.candidate ? 'candidate' : 'running');
  }

  missing(): RpcFailure | undefined {
    const { confirmed, check } = this.#options;
    const missing = firstMissing(this.#client.supports, [
      this.#target === 'candidate' ? needs.candidate : needs.writableRunning,
      confirmed && needs.candidate,
      confirmed && needs.confirmedCommit,
      // What is to be cancelled needs cancel-commit.
      (confirmed?.persist !== undefined || check !== undefined) && confirmed ? needs.persistentCommit : undefined,
    ]);
    return missing && unsupported(this.#client.name, missing);
  }

  async take(): Promise<Result<undefined, RpcFailure>> {
    if (this.#options.lock === false) return ok();
    // Running too: a commit changes it.
    for (const target of this.#target === 'candidate' ? (['candidate', 'running'] as const) : (['running'] as const)) {
      const reply = await this.#lockInTime(target);
      if (reply.ok) {
        this.#locked.push(target);
        continue;
      }
      return reply;
    }
    return ok();
  }

  /** Tries again while another session holds it, as long as `lockWait` allows. */
  async #lockInTime(target: 'candidate' | 'running'): Promise<Result<unknown, RpcFailure>> {
    const { lockWait = 0, signal } = this.#options;
    const until = this.#clock.sinceBoot() + lockWait;
    for (;;) {
      const reply = await this.#lock(target);
      const left = until - this.#clock.sinceBoot();
      if (reply.ok || left <= 0 || !isHeld(reply.failure)) return reply;
      await this.#clock.sleep(milliseconds(Math.min(LOCK_PAUSE, left)), signal).catch(() => undefined);
      if (signal?.aborted) return failed({ kind: 'aborted', message: 'The transaction was given up.' });
    }
  }

  async #lock(target: 'candidate' | 'running'): Promise<Result<unknown, RpcFailure>> {
    const undone = Promise.withResolvers<boolean>();
    const reply = await this.#client.rpc(operation.lock(target), {
      ...this.#call,
      ...(this.#options.signal && { signal: this.#options.signal }),
      onLate: async (late) => {
        undone.resolve(late?.ok !== true || (await this.#client.unlock(target)).ok);
      },
    });
    if (!reply.ok && (reply.failure.kind === 'aborted' || reply.failure.kind === 'timeout')) {
      this.#undone.push(undone.promise);
    }
    return reply;
  }

  async work<T, F>(work: (transaction: Transaction) => Promise<Result<T, F>>): Promise<Result<T, F | RpcFailure>> {
    const target = this.#target;
    const { signal } = this.#options;
    const errorOption = this.#client.supports.rollbackOnError ? ('rollback-on-error' as const) : undefined;
    const result = await work({
      target,
      edit: async (change) => {
        this.#edited = true;
        const reply = await this.#client.editConfig({
          ...(errorOption && { errorOption }),
          ...change,
          target,
          ...this.#call,
          ...(signal && { signal }),
        });
        if (!reply.ok) this.#failure ??= reply.failure;
        return reply;
      },
    });
    if (result.ok && this.#failure !== undefined) return failed(this.#failure);
    if (result.ok && signal?.aborted) return failed({ kind: 'aborted', message: 'The transaction was given up.' });
    return result;
  }

  /** Not to be given up: what became of a commit is known only from its reply. */
  async commit(): Promise<Result<undefined, RpcFailure | CheckFailure>> {
    const { confirmed, check, saveStartup } = this.#options;
    if (this.#target === 'candidate') {
      const first = await this.#client.commit({ ...(confirmed && { confirmed: true }), ...confirmed, ...this.#call });
      if (!first.ok) return first;
      this.#edited = false;
      if (confirmed !== undefined && check !== undefined) {
        const checked = await this.#confirm(check, confirmed.persist);
        if (!checked.ok) return checked;
      }
    }
    if (saveStartup !== true || !this.#client.supports.startup) return ok();
    const saved = await this.#client.copyConfig({ source: 'running', target: 'startup', ...this.#call });
    return saved.ok ? ok() : saved;
  }

  async #confirm(
    check: () => boolean | Promise<boolean>,
    persist: string | undefined,
  ): Promise<Result<undefined, RpcFailure | CheckFailure>> {
    const id = { ...(persist !== undefined && { persistId: persist }), ...this.#call };
    let good = false;
    let why = 'The check after the commit was not content: the commit was cancelled.';
    try {
      good = await check();
    } catch (reason) {
      why = `The check after the commit failed, so the commit was cancelled: ${(reason as Error).message}`;
    }
    if (good && this.#options.signal?.aborted !== true) {
      const confirmed = await this.#client.commit(id);
      return confirmed.ok ? ok() : confirmed;
    }
    const cancelled = await this.#client.cancelCommit(id);
    if (!cancelled.ok) return cancelled;
    return good
      ? failed({ kind: 'aborted', message: 'The transaction was given up: its commit was cancelled.' })
      : failed({ kind: 'check-failed', message: why });
  }

  /** Leaves nothing behind. */
  async release(finished: boolean): Promise<void> {
    const timeout = this.#options.cleanupTimeout ?? milliseconds(10_000);
    const client = this.#client;
    if (client.over !== undefined) return;
    // One session's rpcs are served in order (RFC 6241 §4.5): these come behind whatever was given up.
    const steps: Promise<Result<unknown, RpcFailure>>[] = [];
    if (!finished && this.#edited && this.#target === 'candidate') steps.push(client.discardChanges({ timeout }));
    for (const target of this.#locked.reverse()) steps.push(client.unlock(target, { timeout }));
    const results = await Promise.all(steps);
    if (!(await this.#allUndone(timeout)) || results.some(({ ok }) => !ok)) client.destroy();
  }

  /** Are the locks gone that were given up while the server was at them? */
  async #allUndone(timeout: Milliseconds): Promise<boolean> {
    if (this.#undone.length === 0) return true;
    const stop = new AbortController();
    const late = this.#clock.sleep(timeout, stop.signal).then(
      () => false,
      () => false,
    );
    const answered = await Promise.race([Promise.all(this.#undone).then((all) => all.every((undone) => undone)), late]);
    stop.abort();
    return answered;
  }
}
