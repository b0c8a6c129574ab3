import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Milliseconds } from '@sublane/basics';

/** Hosts send the password with every request, and scrypt is slow by design: what it found right is remembered so long. */
const KEPT: number = 3_600_000;
const ENTRIES_MAX = 10_000;

/**
 * Passwords that were found right, as keyed digests: the key lives and dies with the process, and an entry counts only
 * beside the very hash it was verified by, so that a changed password is asked for at once.
 */
export class VerifiedPasswords {
  readonly #key = randomBytes(32);
  readonly #entries = new Map<string, { readonly digest: Buffer; readonly until: number }>();

  has(password: string, storedHash: string, now: Milliseconds): boolean {
    const entry = this.#entries.get(storedHash);
    if (entry === undefined || now >= entry.until) return false;
    return timingSafeEqual(entry.digest, this.#digest(password));
  }

  add(password: string, storedHash: string, now: Milliseconds): void {
    this.#entries.delete(storedHash);
    this.#entries.set(storedHash, { digest: this.#digest(password), until: now + KEPT });
    if (this.#entries.size <= ENTRIES_MAX) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  #digest(password: string): Buffer {
    return createHmac('sha256', this.#key).update(password).digest();
  }
}
