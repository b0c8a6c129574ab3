import type { Clock } from '@sublane/basics';
import type { Session } from 'netconf-server';
import type { Timestamp } from '../store/records.ts';

/** Which host has a session, and when each was last seen; since the start of the program. */
export class HostSessions {
  readonly #open = new Map<string, Session>();
  readonly #lastSeen = new Map<string, Timestamp>();
  readonly #behindNat = new Map<string, boolean>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  opened(session: Session): void {
    const { user } = session.identity;
    this.#open.set(user, session);
    this.#behindNat.delete(user);
    this.#lastSeen.set(user, this.#clock.now());
  }

  closed(session: Session): void {
    const { user } = session.identity;
    // Not the one that took its place.
    if (this.#open.get(user) === session) this.#open.delete(user);
  }

  of(hostId: string): Session | undefined {
    return this.#open.get(hostId);
  }

  /** What the host's addresses, which it told in a request, say of its session's; undefined: nothing. */
  noteNat({ identity: { user } }: Session, behindNat: boolean | undefined): void {
    if (behindNat === undefined) this.#behindNat.delete(user);
    else this.#behindNat.set(user, behindNat);
  }

  /** Of the session it has, or had last. */
  behindNat(hostId: string): boolean | undefined {
    return this.#behindNat.get(hostId);
  }

  lastSeen(hostId: string): Timestamp | undefined {
    return this.#lastSeen.get(hostId);
  }

  get size(): number {
    return this.#open.size;
  }
}
