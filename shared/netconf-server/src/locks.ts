import { failed, ok, type Result } from '@sublane/basics';
import { type RpcError, rpcError } from '@sublane/netconf';
import type { DatastoreName } from './datastores.ts';
import type { Session } from './session.ts';

export interface Lock {
  readonly session: Session;
  readonly since: Date;
}

/** Who holds which datastore. */
export class LockTable {
  readonly #held = new Map<DatastoreName, Lock>();
  readonly #changed: () => void;
  readonly #now: () => number;

  constructor(changed: () => void, now: () => number) {
    this.#changed = changed;
    this.#now = now;
  }

  holder(name: DatastoreName): Lock | undefined {
    return this.#held.get(name);
  }

  /** Why it may not be changed now. The application itself, which has no session, is held up by nobody. */
  refusal(name: DatastoreName, session: Session | undefined): RpcError | undefined {
    const holder = this.#held.get(name);
    if (holder === undefined || session === undefined || holder.session === session) return undefined;
    return rpcError.inUse('protocol', { message: `${name} is locked by session ${holder.session.id}` });
  }

  /**
   * "If the lock is already held, the <error-tag> element will be "lock-denied" and the <error-info> element will
   * include the <session-id> of the lock owner." (RFC 6241 §7.5)
   */
  take(name: DatastoreName, session: Session): Result<undefined, RpcError> {
    const holder = this.#held.get(name);
    if (holder !== undefined) {
      const message = `${name} is locked by session ${holder.session.id}`;
      return failed(rpcError.lockDenied(holder.session.id, { message }));
    }
    this.#held.set(name, { session, since: new Date(this.#now()) });
    this.#changed();
    return ok();
  }

  /** "The server MUST NOT allow an <unlock> of a lock that was not obtained by the same session" (RFC 6241 §7.6). */
  release(name: DatastoreName, session: Session): Result<undefined, RpcError> {
    const holder = this.#held.get(name);
    if (holder?.session !== session) {
      const message = holder === undefined ? `${name} is not locked` : `session ${holder.session.id} holds the lock`;
      return failed(rpcError.operationFailed('protocol', { message: `${name}: ${message}` }));
    }
    this.#held.delete(name);
    this.#changed();
    return ok();
  }

  heldBy(session: Session): readonly DatastoreName[] {
    return [...this.#held].filter(([, lock]) => lock.session === session).map(([name]) => name);
  }
}
