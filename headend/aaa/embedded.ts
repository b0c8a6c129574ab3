import { type Clock, failed, ok } from '@sublane/basics';
import type { SubscriberStore } from '../store/store.ts';
import { type AuthenticationRequest, type Authenticator, EMBEDDED } from './grant.ts';
import { PasswordAttempts } from './password-attempts.ts';
import { hashPassword, SCRYPT_COST, type ScryptCost, verifyPassword } from './password-hash.ts';
import { VerifiedPasswords } from './verified-passwords.ts';

export interface EmbeddedParts {
  readonly subscribers: SubscriberStore;
  readonly clock: Clock;
  /** Those of all authorities; its own by default. */
  readonly attempts?: PasswordAttempts;
  /** What an unknown name costs to refuse: that of the stored hashes, so that time tells nothing. */
  readonly cost?: ScryptCost;
}

/**
 * The AAA inside the headend. A host acts for the subscriber it was enrolled for by its key alone, and for any other by
 * that subscriber's password. A password that is sent is checked, needed or not.
 */
export async function createEmbeddedAuthenticator(parts: EmbeddedParts): Promise<Authenticator> {
  const { subscribers, clock, attempts = new PasswordAttempts(clock), cost } = parts;
  const verified = new VerifiedPasswords();
  const nobodys = await hashPassword('', cost ?? SCRYPT_COST);

  const check = async (name: string, password: string, { source }: AuthenticationRequest) => {
    const subscriber = await subscribers.find(name);
    const stored = subscriber?.passwordHash;
    if (stored !== undefined && verified.has(password, stored, clock.now())) return ok(subscriber);

    const attempt = { subscriber: name, source };
    const begun = attempts.begin(attempt);
    if (!begun.ok) return begun;
    const right = await verifyPassword(password, stored ?? nobodys);
    if (subscriber === undefined) return failed({ kind: 'unknown-subscriber', subscriber: name } as const);
    if (stored === undefined || !right) return failed({ kind: 'wrong-password', subscriber: name } as const);
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
