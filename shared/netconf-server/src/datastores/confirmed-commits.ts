import { backoffDelay, type Clock, failed, type Log, milliseconds, ok, type Result, type Turns } from '@sublane/basics';
import { type RpcError, rpcError } from '@sublane/netconf';
import type { DatastoreEvent } from '../datastores.ts';
import type { Session } from '../session.ts';
import type { CommitEngine } from './commit-engine.ts';

/** A confirmed commit that waits. */
interface Waiting {
  /** Who issued it; undefined where the application did, and after a restart. */
  readonly owner: Session | undefined;
  readonly persist: string | undefined;
  /** It should have been taken back, and could not be yet: whoever commits next decides. */
  readonly overdue: boolean;
  readonly clock: AbortController;
}

export interface ConfirmedCommitsOptions {
  readonly engine: CommitEngine;
  readonly turns: Turns;
  readonly clock: Clock;
  readonly log: Log;
  readonly tell: (event: DatastoreEvent) => void;
  readonly hasEnded: (session: Session) => boolean;
  /** Has a session the lock of running? */
  readonly locked: () => boolean;
}

/** How long until a refused revert is tried again. */
const AGAIN = { first: milliseconds(5_000), longest: milliseconds(300_000) };
/** Timers count no further than 2^31 ms; one <confirm-timeout> may be 2^32 s. */
const LONGEST_SLEEP = 2 ** 30;

/**
 * RFC 6241 §8.4: what running was before a confirmed commit, until that is confirmed. What `engine` holds as `revertTo`
 * is restored at the end of its time, of its session, or of the process. All but `close` is called in a turn.
 */
export class ConfirmedCommits {
  readonly #options: ConfirmedCommitsOptions;
  #waiting: Waiting | undefined;

  constructor(options: ConfirmedCommitsOptions) {
    this.#options = options;
  }

  get waiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Why a <commit> may not go on; undefined where it may. */
  refusal(session: Session | undefined, persistId: string | undefined): RpcError | undefined {
    const waiting = this.#waiting;
    if (persistId !== undefined && persistId !== waiting?.persist) {
      // "If it does not match, the operation fails with an 'invalid-value' error." (ietf-netconf, persist-id)
      const message = `persist-id: ${waiting === undefined ? 'no confirmed commit waits' : 'it is not that of the confirmed commit that waits'}`;
      return rpcError.invalidValue('protocol', { message });
    }
    if (waiting === undefined || waiting.overdue || session === undefined) return undefined;
    if (waiting.persist !== undefined) {
      // "a follow-up commit and the confirming commit can be given on any session, and they MUST include a <persist-id>
      // element with a value equal to the given value of the <persist> parameter" (§8.4.1)
      if (persistId !== undefined) return undefined;
      return rpcError.inUse('protocol', { message: 'a confirmed commit waits; expected its <persist-id>' });
    }
    // "any follow-up commit and the confirming commit MUST be issued on the same session that issued the confirmed
    // commit" (§8.4.1)
    if (waiting.owner === session) return undefined;
    const whose = waiting.owner === undefined ? 'the application' : `session ${waiting.owner.id}`;
    return rpcError.inUse('protocol', { message: `a confirmed commit of ${whose} waits to be confirmed there` });
  }

  /**
   * "A lock MUST NOT be granted if … the target configuration is <running>, and another NETCONF session has an ongoing
   * confirmed commit" (§7.5).
   */
  lockRefusal(session: Session): RpcError | undefined {
    const waiting = this.#waiting;
    if (waiting === undefined || waiting.overdue || waiting.owner === session) return undefined;
    const owner = waiting.owner;
    const id = owner === undefined || this.#options.hasEnded(owner) ? 0 : owner.id;
    return rpcError.lockDenied(id, { message: 'running: a confirmed commit of another session waits' });
  }

  /** A confirmed commit was made. */
  begun(session: Session | undefined, timeout: number, persist: string | undefined): void {
    const before = this.#waiting;
    before?.clock.abort();
    // "set a token on the ongoing confirmed commit" (§8.4.5.1): it stays where the follow-up sets no other.
    const waiting = {
      owner: session,
      persist: persist ?? before?.persist,
      overdue: false,
      clock: new AbortController(),
    };
    this.#waiting = waiting;
    const event = before === undefined || before.overdue ? 'start' : 'extend';
    this.#options.tell({ kind: 'confirmed-commit', event, session, timeout });
    this.#unattended(this.#expire(waiting, timeout));
  }

  /** A commit was made that confirms. */
  completed(session: Session | undefined): void {
    if (this.#waiting === undefined) return;
    this.#end();
    this.#options.tell({ kind: 'confirmed-commit', event: 'complete', session });
  }

  /** §8.4.4.1 */
  async cancel(
    session: Session | undefined,
    persistId: string | undefined,
  ): Promise<Result<undefined, readonly RpcError[]>> {
    const refusal = this.refusal(session, persistId);
    if (refusal !== undefined) return failed([refusal]);
    if (this.#waiting === undefined) {
      return failed([rpcError.operationFailed('protocol', { message: 'no confirmed commit waits' })]);
    }
    const reverted = await this.#revert(session);
    if (!reverted.ok) return reverted;
    this.#options.tell({ kind: 'confirmed-commit', event: 'cancel', session });
    return ok();
  }

  /**
   * "If the session issuing the confirmed commit is terminated for any reason before the confirm timeout expires, the
   * server MUST restore the configuration to its state before the confirmed commit was issued, unless the confirmed
   * commit also included a <persist> element." (§8.4.1)
   */
  async sessionEnded(session: Session): Promise<void> {
    const waiting = this.#waiting;
    if (waiting?.owner !== session || waiting.persist !== undefined || waiting.overdue) return;
    this.#options.tell({ kind: 'confirmed-commit', event: 'cancel', session });
    await this.#giveUp(waiting, session);
  }

  /**
   * "If the device reboots for any reason before the confirm timeout expires, the server MUST restore the configuration
   * to its state before the confirmed commit was issued." (§8.4.1)
   */
  async restarted(): Promise<void> {
    if (this.#options.engine.held.revertTo === undefined) return;
    const waiting = { owner: undefined, persist: undefined, overdue: false, clock: new AbortController() };
    this.#waiting = waiting;
    await this.#giveUp(waiting, undefined);
  }

  close(): void {
    this.#waiting?.clock.abort();
  }

  #end(): void {
    this.#waiting?.clock.abort();
    this.#waiting = undefined;
  }

  /** "A confirmed <commit> operation MUST be reverted if a confirming commit is not issued within the timeout period" (§8.4.1). */
  async #expire(waiting: Waiting, seconds: number): Promise<void> {
    for (let left = seconds * 1000; left > 0; left -= LONGEST_SLEEP) {
      if (!(await this.#slept(Math.min(left, LONGEST_SLEEP), waiting))) return;
    }
    await this.#options.turns.take(async () => {
      if (this.#waiting !== waiting) return;
      this.#options.log.warn('a confirmed commit was not confirmed in time: the configuration before it is restored');
      this.#options.tell({ kind: 'confirmed-commit', event: 'timeout', session: undefined });
      await this.#giveUp(waiting, undefined);
    });
  }

  async #revert(session: Session | undefined): Promise<Result<unknown, readonly RpcError[]>> {
    const { engine } = this.#options;
    const { running, revertTo } = engine.held;
    const reason = { purpose: 'revert', session } as const;
    const done = await engine.commit({ running: revertTo ?? running, revertTo: undefined }, reason);
    if (done.ok) this.#end();
    return done;
  }

  /** Takes it back. Where that is refused it stays saved as what is to be restored, and is tried again. */
  async #giveUp(waiting: Waiting, session: Session | undefined): Promise<void> {
    const done = await this.#revert(session);
    if (done.ok) return;
    waiting.clock.abort();
    const overdue = { ...waiting, overdue: true, clock: new AbortController() };
    this.#waiting = overdue;
    this.#refused(done.failure);
    this.#unattended(this.#tryAgain(overdue));
  }

  async #tryAgain(overdue: Waiting): Promise<void> {
    for (let attempt = 0; this.#waiting === overdue; attempt++) {
      if (!(await this.#slept(backoffDelay(AGAIN, attempt), overdue))) return;
      await this.#options.turns.take(async () => {
        // Whoever has the lock is left alone: its <commit> may end this.
        if (this.#waiting !== overdue || this.#options.locked()) return;
        const done = await this.#revert(undefined);
        if (!done.ok) this.#refused(done.failure);
      });
    }
  }

  /** Nobody waits for it: what it throws is our own bug, and goes to the log. */
  #unattended(work: Promise<void>): void {
    work.catch((error: unknown) => this.#options.log.error({ err: error }, 'the end of a confirmed commit failed'));
  }

  #refused(errors: readonly RpcError[]): void {
    const { log, tell } = this.#options;
    const why = errors.map(({ tag, message }) => `${tag}: ${message ?? ''}`);
    log.error({ why }, 'a commit that nobody confirmed cannot be taken back: it is tried again; a <commit> ends it');
    tell({ kind: 'revert-refused', errors });
  }

  /** False where the waiting has ended. */
  async #slept(duration: number, { clock }: Waiting): Promise<boolean> {
    try {
      await this.#options.clock.sleep(milliseconds(duration), clock.signal);
      return true;
    } catch {
      return false;
    }
  }
}
