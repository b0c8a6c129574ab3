import { type Clock, type Milliseconds, milliseconds } from '@sublane/basics';
import { secretDigest } from '@sublane/enrolment';
import { type Identity, type Session, sourceOf } from 'netconf-server';
import { AttemptLimit } from '../aaa/attempt-limit.ts';
import type { InvitationStore } from '../store/store.ts';
import { enrolIdentity } from './roles.ts';

export interface EnrolDoorParts {
  readonly invitations: Pick<InvitationStore, 'find'>;
  readonly clock: Clock;
}

/** An enrolment is one question and its answer. */
const SESSION_TIME: Milliseconds = milliseconds(30_000);
/** A secret of 128 bits is not guessed; this is so that nobody makes work by trying. */
const FAILURES = { failures: 20, window: milliseconds(10 * 60_000), names: 100_000 };

/**
 * The SSH user `enrol`: lets in whoever has the secret of an invitation, also of one that was used or is over, to be told
 * so. Right or wrong, it costs one SHA-256 and one look into an index of digests, and a wrong one learns nothing by it.
 */
export class EnrolDoor {
  readonly #parts: EnrolDoorParts;
  readonly #bySource = new AttemptLimit(FAILURES);

  constructor(parts: EnrolDoorParts) {
    this.#parts = parts;
  }

  async enter(secret: string, address: string): Promise<Identity | undefined> {
    const { invitations, clock } = this.#parts;
    const source = sourceOf(address);
    if (this.#bySource.begin(source, clock.now()) !== undefined) return undefined;
    const digest = secretDigest(secret);
    const invitation = await invitations.find(digest);
    if (invitation === undefined) return undefined;
    this.#bySource.succeeded(source);
    return enrolIdentity(invitation.id, digest);
  }

  /** Ends it when its time is over. */
  opened(session: Session): void {
    void this.#parts.clock.sleep(SESSION_TIME).then(() => session.close(`an enrolment has ${SESSION_TIME / 1000} s`));
  }
}
