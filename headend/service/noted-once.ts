import type { Milliseconds } from '@sublane/basics';

/** Names that are forgotten when more come, the longest unnoted first. */
const REMEMBERED_MAX = 10_000;

/** What would be noted again and again is noted once in a while, or so many times: who repeats itself cannot fill the store. */
export class NotedOnce {
  readonly #while: Milliseconds;
  readonly #times: number;
  readonly #noted = new Map<string, { readonly at: Milliseconds; times: number; since: number }>();

  constructor(whileOf: Milliseconds, times = 1) {
    this.#while = whileOf;
    this.#times = times;
  }

  /** How often it was left out since it was noted last; undefined: it was noted often enough, and is left out. */
  note(name: string, at: Milliseconds): number | undefined {
    const before = this.#noted.get(name);
    if (before !== undefined && at < before.at + this.#while) {
      if (before.times < this.#times) {
        before.times++;
        return 0;
      }
      before.since++;
      return undefined;
    }
    this.#noted.delete(name);
    this.#noted.set(name, { at, times: 1, since: 0 });
    if (this.#noted.size > REMEMBERED_MAX) {
      const [oldest] = this.#noted.keys();
      if (oldest !== undefined) this.#noted.delete(oldest);
    }
    return before?.since ?? 0;
  }
}
