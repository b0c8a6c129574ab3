import { type Clock, failed, ok } from '@sublane/basics';
import type { SubscriberStore } from '../store/store.ts';
import { type AuthenticationRequest, type Authenticator, EMBEDDED } from './grant.ts';
import { HashingTurns } from './hashing-turns.ts';
import { PasswordAttempts } from './password-attempts.ts';
import { hashPassword, SCRYPT_COST, verifyPassword } from './password-hash.ts';
import type { ScryptCost } from './phc-text.ts';
import { VerifiedPasswords } from './verified-passwords.ts';

export interface EmbeddedParts {
  readonly subscribers: SubscriberStore;
  readonly clock: Clock;
  /** Those of all authorities; its own by default. */
  readonly attempts?: PasswordAttempts;
  /** Those of the whole headend; its own by default. */
  readonly turns?: HashingTurns;
  /** What an unknown name costs to refuse where no subscriber near it has a password. */
  readonly cost?: ScryptCost;
  readonly verify?: typeof verifyPassword;
}

/** Few enough that looking costs nothing beside a hash. */
const NEIGHBOURS = 16;

/**
 * The AAA inside the headend. A host acts for the subscriber it was enrolled for by its key alone, and for any other by
 * that subscriber's password. A password that is sent is checked, needed or not.
 */
export async function createEmbeddedAuthenticator(parts: EmbeddedParts): Promise<Authenticator> {
  const { subscribers, clock, attempts = new PasswordAttempts(clock), turns = new HashingTurns(), cost } = parts;
  const { verify = verifyPassword } = parts;
  const verified = new VerifiedPasswords();
  const nobodys = await hashPassword('', cost ?? SCRYPT_COST);

  /**
   * What a name without a password of its own is checked by: the hash of the next name that has one. So it takes as long
   * as some known name does, the same each time, whatever their hashes cost: time tells nothing.
   */
  const decoy = async (name: string): Promise<string> => {
    const { items } = await subscribers.list({ limit: NEIGHBOURS, cursor: name });
    return items.find(({ passwordHash }) => passwordHash !== undefined)?.passwordHash ?? nobodys;
  };

  const check = async (name: string, password: string, { source }: AuthenticationRequest) => {
    const before = await subscribers.find(name);
    const stored = before?.passwordHash;
    const instead = await decoy(name);
    if (stored !== undefined && verified.has(password, stored, clock.now())) return ok(before);

    const attempt = { subscriber: name, source };
    const begun = attempts.begin(attempt);
    if (!begun.ok) return begun;
    const checked = await turns.check(() => verify(password, stored ?? instead));
    if (!checked.ok) {
      attempts.noFailure(attempt);
      return checked;
    }
    // Meanwhile it may have been suspended, removed, or given another password.
    const subscriber = await subscribers.find(name);
    if (subscriber === undefined) return failed({ kind: 'unknown-subscriber', subscriber: name } as const);
    const right = checked.value && stored !== undefined && subscriber.passwordHash === stored;
    if (!right) return failed({ kind: 'wrong-password', subscriber: name } as const);
    attempts.noFailure(attempt);
    verified.add(password, stored, clock.now());
    return ok(subscriber);
  };

  return {
    async authenticate(request) {
      const { enrolledFor, userName: name = enrolledFor, password } = request;
      if (password === undefined && name !== enrolledFor) {
        return failed({ kind: 'password-required', subscriber: name });
      }
      const found = password === undefined ? ok(await subscribers.find(name)) : await check(name, password, request);
      if (!found.ok) return found;
      const subscriber = found.value;
      if (subscriber === undefined) return failed({ kind: 'unknown-subscriber', subscriber: name });
      if (subscriber.suspended) return failed({ kind: 'subscriber-suspended', subscriber: name });
      return ok({ subscriber: name, plan: subscriber.plan, authority: EMBEDDED });
    },
  };
}
