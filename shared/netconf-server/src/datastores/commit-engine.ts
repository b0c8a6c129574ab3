import { failed, type Log, ok, type Result } from '@sublane/basics';
import { type RpcError, rpcError } from '@sublane/netconf';
import type {
  Commit,
  CommitPurpose,
  ConfigChange,
  ConfigSnapshot,
  Participant,
  Persistence,
  Saved,
} from '../datastore.ts';
import type { Session } from '../session.ts';
import type { ConfigReader } from './config-reader.ts';

/** What is saved, as configurations. */
export interface Held {
  readonly running: ConfigSnapshot;
  readonly revertTo: ConfigSnapshot | undefined;
  /** Undefined where it is not offered. */
  readonly startup: ConfigSnapshot | undefined;
}

export interface CommitReason {
  readonly purpose: CommitPurpose;
  readonly session: Session | undefined;
}

export interface EngineOptions {
  readonly reader: ConfigReader;
  readonly participants: readonly Participant[];
  readonly persistence: Persistence | undefined;
  readonly log: Log;
  /** Called once it is so, durably. */
  readonly committed: (commit: Commit) => void;
}

/** No configuration at all. */
const EMPTY: ConfigSnapshot = { xml: '', elements: [], json: {} };

type Answer = Result<unknown, readonly RpcError[]>;

/**
 * Makes one configuration another, with all who have a say in it: at every instant what is held is what is saved. Knows
 * nothing of turns: one call at a time.
 */
export class CommitEngine {
  #held: Held;
  readonly #options: EngineOptions;

  constructor(held: Held, options: EngineOptions) {
    this.#held = held;
    this.#options = options;
  }

  get held(): Held {
    return this.#held;
  }

  /** May running become so? Changes nothing. */
  async validate(
    running: ConfigSnapshot,
    session: Session | undefined,
  ): Promise<Result<undefined, readonly RpcError[]>> {
    const changes = this.#options.reader.changes(this.#held.running, running);
    if (changes.length === 0) return ok();
    const reason = { purpose: 'edit', session } as const;
    return this.#validated(commitOf('running', this.#held, { ...this.#held, running }, changes, reason));
  }

  /** Running, and what of it a start would take back. */
  async commit(
    wanted: Pick<Held, 'running' | 'revertTo'>,
    reason: CommitReason,
  ): Promise<Result<ConfigSnapshot, readonly RpcError[]>> {
    const before = this.#held;
    const changes = this.#options.reader.changes(before.running, wanted.running);
    // What is equal stays the same object.
    const running = changes.length === 0 ? before.running : wanted.running;
    const next = { ...before, running, revertTo: wanted.revertTo };
    if (running === before.running && next.revertTo === before.revertTo) return ok(running);
    const commit = commitOf('running', before, next, changes, reason);
    const participants = running === before.running ? [] : this.#options.participants;
    if (running !== before.running) {
      const valid = await this.#validated(commit);
      if (!valid.ok) return valid;
    }
    const applied: Participant[] = [];
    for (const participant of participants) {
      const answer = await this.#ask(participant, 'apply', commit);
      if (!answer.ok) return this.#undo(applied, commit, answer.failure);
      applied.push(participant);
    }
    const saved = await this.#save(commit);
    if (!saved.ok) return this.#undo(applied, commit, saved.failure);
    this.#held = next;
    for (const participant of participants) await this.#tell(participant, 'confirm', commit);
    if (running !== before.running) this.#options.committed(commit);
    return ok(running);
  }

  /** What the next start takes; no participant has a say in it until then. */
  async commitStartup(
    startup: ConfigSnapshot,
    session: Session | undefined,
  ): Promise<Result<undefined, readonly RpcError[]>> {
    const next = { ...this.#held, startup };
    const changes = this.#options.reader.changes(this.#held.startup ?? EMPTY, startup);
    if (changes.length === 0) return ok();
    const commit = commitOf('startup', this.#held, next, changes, { purpose: 'edit', session });
    const saved = await this.#save(commit);
    if (!saved.ok) return saved;
    this.#held = next;
    this.#options.committed(commit);
    return ok();
  }

  async #save(commit: Commit): Promise<Result<undefined, readonly RpcError[]>> {
    try {
      await this.#options.persistence?.save(commit.saves, commit);
      return ok();
    } catch (error) {
      this.#options.log.error({ err: error }, 'the configuration could not be saved');
      return failed([rpcError.operationFailed('application', { message: 'the configuration could not be saved' })]);
    }
  }

  async #undo(applied: readonly Participant[], commit: Commit, errors: readonly RpcError[]) {
    const left: RpcError[] = [];
    for (const participant of applied.toReversed()) {
      if (await this.#tell(participant, 'undo', commit)) continue;
      const message = `${participant.name} could not take back what it had applied`;
      left.push(rpcError.rollbackFailed('application', { message }));
    }
    return failed([...errors, ...left]);
  }

  async #validated(commit: Commit): Promise<Result<undefined, readonly RpcError[]>> {
    for (const participant of this.#options.participants) {
      const answer = await this.#ask(participant, 'validate', commit);
      if (!answer.ok) return answer;
    }
    return ok();
  }

  async #ask(participant: Participant, step: 'validate' | 'apply', commit: Commit): Promise<Answer> {
    try {
      return (await participant[step]?.(commit)) ?? ok();
    } catch (error) {
      this.#options.log.error({ err: error, participant: participant.name, step }, 'a commit participant failed');
      const message = `${participant.name} failed to ${step} the configuration`;
      return failed([rpcError.operationFailed('application', { message })]);
    }
  }

  async #tell(participant: Participant, step: 'confirm' | 'undo', commit: Commit): Promise<boolean> {
    try {
      await participant[step]?.(commit);
      return true;
    } catch (error) {
      this.#options.log.error({ err: error, participant: participant.name, step }, 'a commit participant failed');
      return false;
    }
  }
}

function commitOf(
  datastore: Commit['datastore'],
  before: Held,
  after: Held,
  changes: readonly ConfigChange[],
  { purpose, session }: CommitReason,
): Commit {
  const saves: Saved = {
    running: after.running.xml,
    ...(after.revertTo !== undefined && { revertTo: after.revertTo.xml }),
    ...(after.startup !== undefined && { startup: after.startup.xml }),
  };
  const [from, to] = [before[datastore] ?? EMPTY, after[datastore] ?? EMPTY];
  return { datastore, purpose, before: from, after: to, changes, session, saves };
}
