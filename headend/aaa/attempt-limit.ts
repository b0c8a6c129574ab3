import { type Milliseconds, type Seconds, seconds } from '@sublane/basics';

export interface AttemptLimitSettings {
  /** Failures allowed within the window. */
  readonly failures: number;
  readonly window: Milliseconds;
  /** Names remembered at most; the one seen longest ago is forgotten first. */
  readonly names: number;
}

/**
 * Counts failed attempts by name. An attempt counts as failed from its beginning, until it is told that it succeeded, so
 * that many at once gain nothing.
 */
export class AttemptLimit {
  readonly #settings: AttemptLimitSettings;
  /** A Map keeps the order of insertion: every use puts its name last. */
  readonly #windows = new Map<string, { readonly start: number; failures: number }>();

  constructor(settings: AttemptLimitSettings) {
    this.#settings = settings;
  }

  /** Undefined: go ahead. Else how long to wait. */
  begin(name: string, now: Milliseconds): Seconds | undefined {
    const { failures, window, names } = this.#settings;
    const known = this.#windows.get(name);
    const current = known !== undefined && now < known.start + window ? known : { start: now, failures: 0 };
    this.#windows.delete(name);
    this.#windows.set(name, current);
    if (this.#windows.size > names) {
      const [oldest] = this.#windows.keys();
      if (oldest !== undefined) this.#windows.delete(oldest);
    }
    if (current.failures >= failures) return seconds(Math.ceil((current.start + window - now) / 1000));
    current.failures += 1;
    return undefined;
  }

  /** It was no failure after all. */
  succeeded(name: string): void {
    const current = this.#windows.get(name);
    if (current !== undefined && current.failures > 0) current.failures -= 1;
  }
}
