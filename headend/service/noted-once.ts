import type { Milliseconds } from '@sublane/basics';

/** Names that are forgotten when more come, the longest unnoted first. */
const REMEMBERED_MAX = 10_000;

/** What would be noted again and again is noted once in a while: who repeats itself cannot fill the store. */
export class NotedOnce {
  readonly #while: Milliseconds;
  readonly #noted = new Map<string, { readonly at: Milliseconds; since: number }>();

  constructor(whileOf: Milliseconds) {
    this.#while = whileOf;
  }

  /** How often it was left out since it was noted last; undefined: it was noted a moment ago, and is left out. */
  note(name: string, at: Milliseconds): number | undefined {
    const before = this.#noted.get(name);
    if (before !== undefined && at < before.at + this.#while) {
      before.since++;
      return undefined;
    }
    this.#noted.delete(name);
    this.#noted.set(name, { at, since: 0 });
    if (this.#noted.size > REMEMBERED_MAX) {
      const [oldest] = this.#noted.keys();
      if (oldest !== undefined) this.#noted.delete(oldest);
    }
    return before?.since ?? 0;
  }
}
