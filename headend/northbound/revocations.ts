import type { Identity } from 'netconf-server';

/** What a session carries that came in by a key. */
export interface KeyClaims {
  /** `Revocations.present` when it began to prove its key. */
  readonly since: number;
}

/**
 * Whose right ended when, since the start of the program. Whoever proved a key before that, and whose session stands only
 * afterwards, comes too late, also where the same name has a new key by then.
 */
export class Revocations {
  readonly #last = new Map<string, number>();
  #present = 0;

  /** Goes on with each revocation. */
  get present(): number {
    return this.#present;
  }

  note(role: 'host' | 'operator', user: string): void {
    this.#last.set(`${role} ${user}`, ++this.#present);
  }

  concern({ role, user, claims }: Identity): boolean {
    const since = (claims as Partial<KeyClaims> | undefined)?.since;
    return since !== undefined && since < (this.#last.get(`${role} ${user}`) ?? 0);
  }
}
