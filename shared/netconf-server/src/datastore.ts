import type { JsonObject, Result } from '@sublane/basics';
import type { RpcError, XmlElement } from '@sublane/netconf';
import type { WriteOperation } from './access.ts';
import type { Session } from './session.ts';

/** A whole configuration; valid by the schema, unless it is a candidate's. Immutable. */
export interface ConfigSnapshot {
  /** Its top-level nodes in libyang's canonical form; defaults only where they were set. */
  readonly xml: string;
  readonly elements: readonly XmlElement[];
  /** The same by RFC 7951. */
  readonly json: JsonObject;
}

/** One node that a commit changes. */
export interface ConfigChange {
  readonly operation: WriteOperation;
  /** `/module:node/list[key='value']/leaf`. */
  readonly path: string;
}

/**
 * Why a configuration becomes another (RFC 6241 §8.4). `confirmed`: taken back unless it is confirmed; `confirm`: nothing
 * is taken back any more; `revert`: what was confirmed by nobody is taken back.
 */
export type CommitPurpose = 'edit' | 'confirmed' | 'confirm' | 'revert';

export interface Commit {
  readonly datastore: 'running' | 'startup';
  readonly purpose: CommitPurpose;
  readonly before: ConfigSnapshot;
  readonly after: ConfigSnapshot;
  /** Parents before children. Empty where only what is saved beside the configuration changes. */
  readonly changes: readonly ConfigChange[];
  /** Undefined where the application itself commits, and where the time of a confirmed commit has run out. */
  readonly session: Session | undefined;
  /** What persistence is given once every participant has applied it. */
  readonly saves: Saved;
}

/**
 * Who has a say in what running becomes: validate → apply → (persist) → confirm, or undo. All of one step are asked
 * before any of the next, in order; undone in reverse. One that throws counts as refusing with operation-failed. None is
 * asked where nothing changes. A refused `revert` is tried again until nobody refuses it.
 */
export interface Participant {
  readonly name: string;
  /** May the configuration become so? Changes nothing. */
  validate?(commit: Commit): ParticipantAnswer;
  /** Makes it so, or refuses and leaves everything as it was. */
  apply?(commit: Commit): ParticipantAnswer;
  /** It is so, durably. */
  confirm?(commit: Commit): void | Promise<void>;
  /** Takes back what `apply` did. */
  undo?(commit: Commit): void | Promise<void>;
}

type ParticipantAnswer = Result<unknown, readonly RpcError[]> | Promise<Result<unknown, readonly RpcError[]>>;

/** What outlives the process, each the XML of a configuration's top-level nodes. */
export interface Saved {
  readonly running: string;
  /** Running as it was before a confirmed commit that still waits: what a start restores (RFC 6241 §8.4.1). */
  readonly revertTo?: string;
  /** Absent where it is not offered. */
  readonly startup?: string;
}

/** Where configurations outlive the process. */
export interface Persistence {
  /** What was saved last; undefined where nothing was. */
  load(): Promise<Saved | undefined>;
  /** Durable, the whole of it or nothing, when it resolves. `commit` is why. */
  save(saved: Saved, commit: Commit): Promise<void>;
}

/** The configuration wanted, by the one there is: XML of its top-level nodes. */
export type ConfigEdit = (current: ConfigSnapshot) => Result<string, readonly RpcError[]>;

export interface CommitOptions {
  readonly session?: Session;
  /** Everything but making it so. */
  readonly testOnly?: boolean;
  /**
   * Delete the nodes that stand there and whose "when" the change makes false (RFC 7950 §8.2), as of an edit; else they
   * are refused, as of a complete configuration.
   */
  readonly prune?: boolean;
}

/** Running (RFC 8342 §5.1.3). */
export interface Datastore {
  read(): ConfigSnapshot;
  /**
   * Commits go one after another; a refused one changes nothing. With a session: `in-use` where another has the lock.
   * Straight into running, whether or not peers may (`writable-running`).
   */
  commit(edit: ConfigEdit, options?: CommitOptions): Promise<Result<ConfigSnapshot, readonly RpcError[]>>;
}
