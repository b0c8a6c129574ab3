import { type Clock, type Milliseconds, milliseconds, type Seconds } from '@sublane/basics';
import type { Lease } from '../store/records.ts';
import type { LeaseStore } from '../store/store.ts';

export interface InterimRoundsParts {
  readonly authority: string;
  /** Where the lease names no interval of its own. */
  readonly interval: Seconds;
  readonly leases: Pick<LeaseStore, 'ofAuthority'>;
  readonly clock: Clock;
  /** Whether the authority has heard of the lane's start. */
  readonly started: (lease: Lease) => boolean;
  /** Tells; what is not heard is not told again, since the next one says more. */
  readonly tell: (lease: Lease) => Promise<unknown>;
}

const STEP: Milliseconds = milliseconds(1_000);
/** How long it takes at most to look at every lease once, and how many are looked at in a step at least. */
const ROUND_STEPS = 60;
const PAGE_MIN = 200;
const PAGE_MAX = 1_000;
/** Told in one step at least, where more are due; twice the steady rate is the most. */
const TOLD_MIN = 10;

/**
 * Walks over an authority's live leases, a page a second, and tells of those whose interval is over. Many that are due
 * at once are told one after the other, and from then on are due one after the other.
 */
export class InterimRounds {
  readonly #parts: InterimRoundsParts;
  readonly #ending = new AbortController();
  /** By lease: when it was told of last. */
  readonly #told = new Map<string, Milliseconds>();
  #cursor: string | undefined;
  #seen = new Set<string>();
  #total = 0;
  #running: Promise<void> | undefined;

  constructor(parts: InterimRoundsParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    for (;;) {
      const slept = await this.#parts.clock.sleep(STEP, signal).then(
        () => true,
        () => false,
      );
      if (!slept) return;
      await this.#step();
    }
  }

  async #step(): Promise<void> {
    const { authority, leases, clock, interval, started, tell } = this.#parts;
    const steady = Math.ceil(this.#total / interval) * 2;
    let left = Math.max(TOLD_MIN, steady);
    const pages = Math.min(PAGE_MAX, Math.max(PAGE_MIN, Math.ceil(this.#total / ROUND_STEPS)));
    const { items, next } = await leases.ofAuthority(authority, {
      limit: pages,
      ...(this.#cursor !== undefined && { cursor: this.#cursor }),
    });
    const now = clock.now();
    const due: Lease[] = [];
    for (const lease of items) {
      this.#seen.add(lease.id);
      if (left === 0 || lease.validUntil <= now || !this.#isDue(lease, now) || !started(lease)) continue;
      left -= 1;
      this.#told.set(lease.id, now);
      due.push(lease);
    }
    this.#cursor = next;
    if (next === undefined) this.#endRound();
    await Promise.all(due.map((lease) => tell(lease)));
  }

  #isDue(lease: Lease, now: Milliseconds): boolean {
    const interval = lease.accounting?.interimInterval ?? this.#parts.interval;
    // A lease that moved began anew.
    const last = Math.max(this.#told.get(lease.id) ?? 0, lease.placedAt);
    return now - last >= interval * 1000;
  }

  /** Forgets the leases that are no more. */
  #endRound(): void {
    for (const id of this.#told.keys()) if (!this.#seen.has(id)) this.#told.delete(id);
    this.#total = this.#seen.size;
    this.#seen = new Set();
  }
}
