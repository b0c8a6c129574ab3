import { failed, ok, type Result } from '@sublane/basics';
import { type RpcError, rpcError } from '@sublane/netconf';
import type { DatastoreName, Locks } from './datastores.ts';
import type { Session } from './session.ts';

/** Who holds which datastore. */
export class LockTable implements Locks {
  readonly #held = new Map<DatastoreName, { readonly session: Session; readonly since: Date }>();
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  holder(name: DatastoreName) {
    return this.#held.get(name);
  }

  /** "If the lock is already held, the <error-tag> element will be "lock-denied" and the <error-info> element will
   * include the <session-id> of the lock owner." (RFC 6241 §7.5) */
  take(name: DatastoreName, session: Session): Result<undefined, RpcError> {
    const holder = this.#held.get(name);
    if (holder !== undefined) {
      const message = `${name} is locked by session ${holder.session.id}`;
      return failed(rpcError.lockDenied(holder.session.id, { message }));
    }
    this.#held.set(name, { session, since: new Date() });
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

  releaseAll(session: Session): void {
    for (const [name, holder] of this.#held) if (holder.session === session) this.release(name, session);
  }
}
