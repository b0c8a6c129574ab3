import {
  type Clock,
  failed,
  type Log,
  ok,
  type Result,
  type Seconds,
  seconds,
  systemClock,
  Turns,
} from '@sublane/basics';
import { type RpcError, rpcError } from '@sublane/netconf';
import type { Context } from 'libyang-wasm';
import type {
  CommitOptions,
  ConfigEdit,
  ConfigSnapshot,
  Datastore,
  Participant,
  Persistence,
  Saved,
} from './datastore.ts';
import { SharedCandidate } from './datastores/candidate.ts';
import { CommitEngine, type Held } from './datastores/commit-engine.ts';
import { ConfigReader } from './datastores/config-reader.ts';
import { ConfirmedCommits } from './datastores/confirmed-commits.ts';
import { SavedStartup } from './datastores/startup.ts';
import type { UrlSchemes } from './datastores/url-scheme.ts';
import type { DatastoreEvent, DatastoreName, Datastores, Locks } from './datastores.ts';
import { LockTable } from './locks.ts';
import type { Session } from './session.ts';

/** `uint32 { range "1..max"; }` (ietf-netconf, confirm-timeout) */
const LONGEST_TRIAL = seconds(0xffff_ffff);

export interface DatastoreOptions {
  readonly schema: Context;
  readonly log: Log;
  /** XML of the configuration where nothing is saved yet. */
  readonly initial?: string;
  readonly participants?: readonly Participant[];
  readonly persistence?: Persistence;
  /** May peers write running directly (RFC 6241 §8.2)? True unless said otherwise. */
  readonly writableRunning?: boolean;
  /** Offer a candidate and confirmed commits (RFC 6241 §8.3, §8.4). */
  readonly candidate?: boolean;
  /**
   * While a commit waits to be confirmed, others can commit nothing. A longer <confirm-timeout> than this is refused;
   * unless said otherwise, whatever the standard allows.
   */
  readonly longestTrial?: Seconds;
  /** Offer a configuration of its own for the next start (RFC 6241 §8.7). */
  readonly startup?: boolean;
  /** What <url> may name (RFC 6241 §8.8). */
  readonly url?: UrlSchemes;
  readonly clock?: Clock;
}

/** What was saved, or `initial`, is not valid by the schema; or a participant refuses what the start must restore. */
export interface DatastoreFailure {
  readonly kind: 'invalid' | 'refused';
  readonly errors: readonly RpcError[];
}

/**
 * Opens the datastores over what `persistence` holds. A confirmed commit that waited is taken back first; with `startup`
 * running becomes what that is. The participants are asked for both as for any commit.
 */
export async function openDatastores(options: DatastoreOptions): Promise<Result<Datastores, DatastoreFailure>> {
  const reader = new ConfigReader(options.schema);
  const held = await load(options, reader);
  if (!held.ok) return failed({ kind: 'invalid', errors: held.failure });
  const home = new OpenDatastores(held.value, reader, options);
  const started = await home.start();
  return started.ok ? ok(home) : failed({ kind: 'refused', errors: started.failure });
}

async function load(
  { initial = '', persistence, startup: offered = false }: DatastoreOptions,
  reader: ConfigReader,
): Promise<Result<Held, readonly RpcError[]>> {
  const saved: Saved = (await persistence?.load()) ?? { running: initial };
  const running = reader.valid(saved.running);
  const revertTo = saved.revertTo === undefined ? undefined : reader.valid(saved.revertTo);
  if (revertTo?.ok === false) return revertTo;
  // What nobody has confirmed need not be valid by the schema of today: it goes.
  const now = running.ok ? running : (revertTo ?? running);
  if (!now.ok) return now;
  // Where startup was not offered before, the device started with running.
  const startup = saved.startup === undefined ? (revertTo ?? now) : reader.valid(saved.startup);
  if (offered && !startup.ok) return startup;
  const next = offered && startup.ok ? startup.value : undefined;
  return ok({ running: now.value, revertTo: revertTo?.value, startup: next });
}

class OpenDatastores implements Datastores {
  readonly running: Datastore;
  readonly writableRunning: boolean;
  readonly candidate?: SharedCandidate;
  readonly startup?: SavedStartup;
  readonly url?: UrlSchemes;
  readonly locks: Locks;
  readonly #listeners = new Set<(event: DatastoreEvent) => void>();
  readonly #turns = new Turns();
  readonly #engine: CommitEngine;
  readonly #reader: ConfigReader;
  readonly #locks: LockTable;
  readonly #confirmed: ConfirmedCommits;
  readonly #ended = new WeakSet<Session>();
  readonly #options: DatastoreOptions;

  constructor(held: Held, reader: ConfigReader, options: DatastoreOptions) {
    const { participants = [], persistence, log, clock = systemClock } = options;
    const tell = (event: DatastoreEvent) => this.#tell(event);
    const turns = this.#turns;
    this.#options = options;
    this.#reader = reader;
    const engine = new CommitEngine(held, {
      reader,
      participants,
      persistence,
      log,
      committed: (commit) => tell({ kind: 'changed', datastore: commit.datastore, commit }),
    });
    this.#engine = engine;
    const locks = new LockTable(
      () => tell({ kind: 'locks' }),
      () => clock.now(),
    );
    this.#locks = locks;
    const hasEnded = (session: Session) => this.#ended.has(session);
    const locked = () => locks.holder('running') !== undefined;
    const confirmed = new ConfirmedCommits({ engine, turns, clock, log, tell, hasEnded, locked });
    this.#confirmed = confirmed;
    const refusal = (name: DatastoreName, session: Session | undefined) => this.#refusal(name, session);
    this.writableRunning = options.writableRunning ?? true;
    this.running = {
      read: () => engine.held.running,
      commit: (edit, more) => turns.take(() => this.#commit(edit, more)),
    };
    if (options.candidate)
      this.candidate = new SharedCandidate({
        engine,
        reader,
        refusal,
        turns,
        confirmed,
        longestTrial: options.longestTrial ?? LONGEST_TRIAL,
      });
    const initial = () => reader.valid(options.initial ?? '');
    if (options.startup) this.startup = new SavedStartup({ engine, reader, refusal, turns, initial });
    if (options.url !== undefined) this.url = options.url;
    this.locks = {
      holder: (name) => locks.holder(name),
      take: (name, session) => turns.take(() => this.#lock(name, session)),
      release: (name, session) => turns.take(() => this.#unlock(name, session)),
    };
  }

  /** "The startup configuration is loaded by the device when it boots." (RFC 6241 §8.7.1) */
  async start(): Promise<Result<unknown, readonly RpcError[]>> {
    const { startup } = this.#engine.held;
    if (startup !== undefined) {
      const reason = { purpose: 'revert', session: undefined } as const;
      return this.#engine.commit({ running: startup, revertTo: undefined }, reason);
    }
    await this.#confirmed.restarted();
    return ok();
  }

  watch(told: (event: DatastoreEvent) => void): () => void {
    this.#listeners.add(told);
    return () => void this.#listeners.delete(told);
  }

  sessionEnded(session: Session): void {
    this.#ended.add(session);
    const done = this.#turns.take(async () => {
      for (const name of this.#locks.heldBy(session)) this.#unlock(name, session);
      await this.#confirmed.sessionEnded(session);
    });
    done.catch((error: unknown) => this.#options.log.error({ err: error }, 'the end of a session was not followed'));
  }

  settled(): Promise<void> {
    return this.#turns.take(() => {});
  }

  async close(): Promise<void> {
    await this.settled();
    this.#confirmed.close();
  }

  async #commit(
    edit: ConfigEdit,
    { session, testOnly = false, prune = false }: CommitOptions = {},
  ): Promise<Result<ConfigSnapshot, readonly RpcError[]>> {
    const refused = testOnly ? undefined : this.#refusal('running', session);
    if (refused !== undefined) return failed([refused]);
    const { running, revertTo } = this.#engine.held;
    const wanted = edit(running);
    if (!wanted.ok) return wanted;
    const after = prune ? this.#reader.validAfter(running, wanted.value) : this.#reader.valid(wanted.value);
    if (!after.ok) return after;
    // While a confirmed commit waits others may edit: its end takes theirs back too, "unless the configuration locking
    // feature is used" (RFC 6241 §8.4.1).
    if (!testOnly) return this.#engine.commit({ running: after.value, revertTo }, { purpose: 'edit', session });
    const valid = await this.#engine.validate(after.value, session);
    return valid.ok ? ok(running) : valid;
  }

  #lock(name: DatastoreName, session: Session): Result<undefined, RpcError> {
    const refusal = this.#absent(session);
    if (refusal !== undefined) return failed(refusal);
    const holder = this.#locks.holder(name);
    if (holder === undefined) {
      // "A lock MUST NOT be granted if … the target configuration is <candidate>, it has already been modified, and these
      // changes have not been committed or rolled back" (RFC 6241 §7.5).
      if (name === 'candidate' && this.candidate?.modified) {
        const message = 'candidate: it has changes that are neither committed nor discarded';
        return failed(rpcError.lockDenied(0, { message }));
      }
      const waiting = name === 'running' ? this.#confirmed.lockRefusal(session) : undefined;
      if (waiting !== undefined) return failed(waiting);
    }
    return this.#locks.take(name, session);
  }

  #unlock(name: DatastoreName, session: Session): Result<undefined, RpcError> {
    const released = this.#locks.release(name, session);
    // "any outstanding changes are discarded when the lock is released, whether explicitly with the <unlock> operation or
    // implicitly from session failure" (RFC 6241 §8.3.5.2)
    if (released.ok && name === 'candidate') this.candidate?.follow();
    return released;
  }

  /** Why the session may not change the datastore now. */
  #refusal(name: DatastoreName, session: Session | undefined): RpcError | undefined {
    return this.#absent(session) ?? this.#locks.refusal(name, session);
  }

  /** "it will abort any operations currently in process" (<kill-session>, RFC 6241 §7.9): none begins for who has ended. */
  #absent(session: Session | undefined): RpcError | undefined {
    if (session === undefined || !this.#ended.has(session)) return undefined;
    return rpcError.operationFailed('protocol', { message: 'the session has ended' });
  }

  #tell(event: DatastoreEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#options.log.error({ err: error }, 'a listener of datastore events failed');
      }
    }
  }
}
