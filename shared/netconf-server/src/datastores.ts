import type { Result, Seconds } from '@sublane/basics';
import type { RpcError } from '@sublane/netconf';
import type { Commit, CommitOptions, ConfigEdit, ConfigSnapshot, Datastore } from './datastore.ts';
import type { UrlSchemes } from './datastores/url-scheme.ts';
import type { Session } from './session.ts';

/** The configuration datastores (RFC 6241 §5.1, RFC 8342 §5.1) that <source> and <target> name. */
export type DatastoreName = 'running' | 'candidate' | 'startup';

/** All configuration datastores of a server, and who holds them. */
export interface Datastores {
  /** What the device works by. */
  readonly running: Datastore;
  /** May peers write running without a candidate (RFC 6241 §8.2)? */
  readonly writableRunning: boolean;
  /** RFC 6241 §8.3; undefined where it is not offered. */
  readonly candidate?: Candidate;
  /** RFC 6241 §8.7; undefined where running is what the device starts with. */
  readonly startup?: Startup;
  /** What <url> may name (RFC 6241 §8.8); undefined where nothing. */
  readonly url?: UrlSchemes;
  readonly locks: Locks;
  /** Tells of every change from here on, in order. Returns what stops it. */
  watch(told: (event: DatastoreEvent) => void): () => void;
  /** To be called once for a session that has ended: its locks go, and what it alone could confirm is taken back. */
  sessionEnded(session: Session): void;
  /** Resolves once all that was asked for before is done. */
  settled(): Promise<void>;
  /** Once what was asked for before is done, stops the clock of a confirmed commit: the next start takes it back. */
  close(): Promise<void>;
}

/** The one candidate, which all sessions share. What is in it need not be valid until it is committed. */
export interface Candidate {
  read(): ConfigSnapshot;
  /** Does it differ from what running was when it was last made equal? Else it follows running. */
  readonly modified: boolean;
  /** The longest time that a commit may wait to be confirmed. */
  readonly longestTrial: Seconds;
  /**
   * Structure and types are checked at once, the rest when it is validated or committed (RFC 7950 §8.3.3). `in-use` where
   * another session has its lock.
   */
  edit(edit: ConfigEdit, options?: CandidateEdit): Promise<Result<ConfigSnapshot, readonly RpcError[]>>;
  /** Makes it equal to running again (RFC 6241 §8.3.4.2). */
  discard(options?: { readonly session?: Session }): Promise<Result<undefined, readonly RpcError[]>>;
  /** Makes running what the candidate is (RFC 6241 §8.3.4.1, §8.4.5.1); confirms what waits for it. */
  commit(options?: CandidateCommit): Promise<Result<ConfigSnapshot, readonly RpcError[]>>;
  /** Takes back a confirmed commit (RFC 6241 §8.4.4.1). */
  cancel(options?: {
    readonly session?: Session;
    readonly persistId?: string;
  }): Promise<Result<undefined, readonly RpcError[]>>;
}

export interface CandidateEdit extends CommitOptions {
  /** Refuse what could not be committed as it is; with `testOnly` that is always so. */
  readonly validate?: boolean;
}

export interface CandidateCommit extends CommitOptions {
  /** Taken back after `timeout` seconds (1 and more) unless it is confirmed. */
  readonly confirmed?: {
    readonly timeout: number;
    /** With it any session may confirm, and the end of this one takes nothing back. */
    readonly persist?: string;
  };
  /** Names the confirmed commit that this one continues or confirms. */
  readonly persistId?: string;
  /** May running become so? Asked with what is really compared, in the commit's own turn. */
  readonly permit?: (before: ConfigSnapshot, after: ConfigSnapshot) => Result<undefined, readonly RpcError[]>;
}

/** What the device starts with, where that is not running. Valid. */
export interface Startup {
  read(): ConfigSnapshot;
  replace(edit: ConfigEdit, options?: CommitOptions): Promise<Result<ConfigSnapshot, readonly RpcError[]>>;
  /** "Resets the device to its factory defaults" (RFC 6241 §8.7.5.1): the next start takes the initial configuration. */
  delete(options?: CommitOptions): Promise<Result<undefined, readonly RpcError[]>>;
}

/** Global locks (RFC 6241 §7.5, §7.6). Taken and released between changes, never during one. */
export interface Locks {
  holder(name: DatastoreName): { readonly session: Session; readonly since: Date } | undefined;
  take(name: DatastoreName, session: Session): Promise<Result<undefined, RpcError>>;
  release(name: DatastoreName, session: Session): Promise<Result<undefined, RpcError>>;
}

export type DatastoreEvent =
  | { readonly kind: 'changed'; readonly datastore: 'running' | 'startup'; readonly commit: Commit }
  /**
   * RFC 6470 §2.2's `netconf-confirmed-commit`. `timeout` in seconds with start and extend. `session`: who did it; of
   * `cancel` by the end of a session, that one; undefined with `timeout` and where the application did it.
   */
  | {
      readonly kind: 'confirmed-commit';
      readonly event: 'start' | 'cancel' | 'timeout' | 'extend' | 'complete';
      readonly session: Session | undefined;
      readonly timeout?: number;
    }
  /** What was not confirmed could not be taken back yet: it is tried again, until that or the next commit succeeds. */
  | { readonly kind: 'revert-refused'; readonly errors: readonly RpcError[] }
  /** RFC 6022 §2.1.3: somebody took or released a lock. */
  | { readonly kind: 'locks' };
