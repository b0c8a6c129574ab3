import { createHash } from 'node:crypto';

/** Events that are remembered at most, to be told apart from the same ones replayed. */
const REMEMBERED = 16_384;

/**
 * Where a subscriber is in a stream of events, so that a new session goes on from there: with a replay from a little
 * before the last event (RFC 5277 §3.3: by time, and events of one moment may come on either side of a break), of which
 * those seen before are dropped.
 */
export class ReplayCursor {
  readonly #overlap: number;
  /** Of the last while, oldest first. */
  #seen: { readonly at: number; readonly print: string }[] = [];
  #latest: number | undefined;
  /** While a replay goes on: what of it was seen before, and how often. */
  #expected: Map<string, number> | undefined;
  #from = 0;

  /** @param overlap milliseconds that a replay begins before the last event */
  constructor(overlap: number) {
    this.#overlap = overlap;
  }

  /** Where to replay from; `undefined` where nothing was seen yet. RFC 3339. */
  get startTime(): string | undefined {
    if (this.#latest === undefined) return undefined;
    // Where not all of the overlap is remembered, the replay begins with what is.
    const whole = this.#seen.length < REMEMBERED;
    return new Date(whole ? this.#latest - this.#overlap : this.#seen[0]!.at).toISOString();
  }

  /** Of the last event; milliseconds since 1970 UTC. */
  get latest(): number | undefined {
    return this.#latest;
  }

  get replaying(): boolean {
    return this.#expected !== undefined;
  }

  /** A replay begins, from `startTime` or another. */
  begin(from: string): void {
    this.#from = Date.parse(from);
    this.#expected = new Map();
    for (const { print } of this.#seen) this.#expected.set(print, (this.#expected.get(print) ?? 0) + 1);
  }

  /** All that was to be replayed has come. */
  end(): void {
    this.#expected = undefined;
  }

  /** Takes an event; false: it was seen before. */
  take(eventTime: string, xml: string): boolean {
    const at = Date.parse(eventTime);
    const print = createHash('sha256').update(xml).digest('base64url').slice(0, 22);
    if (this.#expected !== undefined) {
      const times = this.#expected.get(print) ?? 0;
      if (times > 0) this.#expected.set(print, times - 1);
      // A server may begin earlier than it was asked to.
      if (times > 0 || at < this.#from) return false;
    }
    if (Number.isNaN(at)) return true;
    this.#latest = Math.max(at, this.#latest ?? at);
    this.#seen.push({ at, print });
    if (this.#seen.length > REMEMBERED || this.#seen[0]!.at < this.#latest - this.#overlap) this.#forget();
    return true;
  }

  #forget(): void {
    const oldest = this.#latest! - this.#overlap;
    // Not with each event: copying costs.
    if (this.#seen.length < REMEMBERED && this.#seen.length % 64 !== 0) return;
    this.#seen = this.#seen.filter(({ at }) => at >= oldest).slice(-REMEMBERED);
  }
}
