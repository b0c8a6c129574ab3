import type { Result } from '@sublane/basics';
import type { RpcError } from '@sublane/netconf';
import type { Commit, CommitOptions, ConfigEdit, ConfigSnapshot, Datastore } from './datastore.ts';
import type { Session } from './session.ts';

/** The configuration datastores (RFC 6241 §5.1, RFC 8342 §5.1) that <source> and <target> name. */
export type DatastoreName = 'running' | 'candidate' | 'startup';

/** All configuration datastores of a server, and who holds them. */
export interface Datastores {
  /** What the device works by. */
  readonly running: Datastore;
  /** RFC 6241 §8.3; undefined where it is not offered. */
  readonly candidate?: Candidate;
  /** RFC 6241 §8.7; undefined where running is what the device starts with. */
  readonly startup?: Startup;
  readonly locks: Locks;
  /** Tells of every change from here on, in order. Returns what stops it. */
  watch(told: (event: DatastoreEvent) => void): () => void;
  /** To be called once for a session that has ended: its locks go, and what it alone could confirm is taken back. */
  sessionEnded(session: Session): void;
}

/** The one candidate, which all sessions share. What is in it need not be valid until it is committed. */
export interface Candidate {
  read(): ConfigSnapshot;
  /** Does it differ from what running was when it was last made equal? */
  readonly modified: boolean;
  edit(edit: ConfigEdit, options?: CommitOptions): Promise<Result<ConfigSnapshot, readonly RpcError[]>>;
  /** Makes it equal to running again (RFC 6241 §8.3.4.2). */
  discard(): Promise<void>;
  /** Makes running what the candidate is (RFC 6241 §8.3.4.1, §8.4.5.1); confirms what waits for it. */
  commit(options: CandidateCommit): Promise<Result<ConfigSnapshot, readonly RpcError[]>>;
  /** Takes back a confirmed commit (RFC 6241 §8.4.4.1). */
  cancel(options: { readonly session?: Session; readonly persistId?: string }): Promise<Result<undefined, RpcError>>;
}

export interface CandidateCommit extends CommitOptions {
  /** Taken back after `timeout` seconds unless it is confirmed. */
  readonly confirmed?: { readonly timeout: number; readonly persist?: string };
  /** Names the confirmed commit that this one continues or confirms. */
  readonly persistId?: string;
}

/** What the device starts with, where that is not running. */
export interface Startup {
  read(): ConfigSnapshot;
  replace(edit: ConfigEdit, options?: CommitOptions): Promise<Result<ConfigSnapshot, readonly RpcError[]>>;
  delete(options?: CommitOptions): Promise<Result<undefined, readonly RpcError[]>>;
}

/** Global locks (RFC 6241 §7.5). */
export interface Locks {
  holder(name: DatastoreName): { readonly session: Session; readonly since: Date } | undefined;
  take(name: DatastoreName, session: Session): Result<undefined, RpcError>;
  release(name: DatastoreName, session: Session): Result<undefined, RpcError>;
}

export type DatastoreEvent =
  | { readonly kind: 'changed'; readonly datastore: 'running' | 'startup'; readonly commit: Commit }
  /** RFC 6470 §2.2's `netconf-confirmed-commit`. `timeout` in seconds with start and extend. */
  | {
      readonly kind: 'confirmed-commit';
      readonly event: 'start' | 'cancel' | 'timeout' | 'extend' | 'complete';
      readonly session: Session | undefined;
      readonly timeout?: number;
    }
  /** RFC 6022 §2.1.3: somebody took or released a lock. */
  | { readonly kind: 'locks' };
