import { type Milliseconds, type Seconds, seconds } from '@sublane/basics';

export interface RequestLimitSettings {
  /** What one host may ask for in a minute, all the time; it may change under way. At least 1. */
  readonly perMinute: () => number;
  /** Hosts remembered at most; the one that asked longest ago is forgotten first. */
  readonly hosts: number;
}

/** In sixty-thousandths of a request, so that a millisecond brings a whole number of them, and sums are exact. */
const REQUEST = 60_000;

/** Of what a host may ask in a minute, what it may ask at once. */
const AT_ONCE = 1 / 3;

interface Bucket {
  /** Below 0: more was asked at once than fits in. */
  readonly level: number;
  readonly at: Milliseconds;
}

/**
 * A token bucket for each host: full, it lets a third of a minute's requests through at once, and fills again in as long.
 * What is larger than a bucket passes a full one and leaves it in debt, so that it is not refused for ever.
 * Never more than the burst (or the largest thing asked at once) and what the time since has brought.
 */
export class RequestLimit {
  readonly #settings: RequestLimitSettings;
  /** Those that are not full. A Map keeps the order of insertion: every use puts its host last. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(settings: RequestLimitSettings) {
    this.#settings = settings;
  }

  /** Hosts that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Undefined: go ahead, it is counted. Else how long to wait; nothing is counted then. `count`: a whole number from 1. */
  take(host: string, count: number, now: Milliseconds): Seconds | undefined {
    this.#forgetFull(now);
    const level = this.#levelOf(this.#buckets.get(host), now);
    const needed = Math.min(count * REQUEST, this.#capacity());
    const passes = level >= needed;
    this.#buckets.delete(host);
    this.#buckets.set(host, { level: passes ? level - count * REQUEST : level, at: now });
    if (this.#buckets.size > this.#settings.hosts) this.#forgetOldest();
    if (passes) return undefined;
    return seconds(Math.ceil((needed - level) / this.#settings.perMinute() / 1000));
  }

  #capacity(): number {
    return Math.max(1, Math.floor(this.#settings.perMinute() * AT_ONCE)) * REQUEST;
  }

  /** Wall time that goes back brings nothing and takes nothing. */
  #levelOf(bucket: Bucket | undefined, now: Milliseconds): number {
    const capacity = this.#capacity();
    if (bucket === undefined) return capacity;
    return Math.min(capacity, bucket.level + Math.max(0, now - bucket.at) * this.#settings.perMinute());
  }

  /** Each use adds one host at most, so this is as little work over time. */
  #forgetFull(now: Milliseconds): void {
    const capacity = this.#capacity();
    for (const [host, bucket] of this.#buckets) {
      if (this.#levelOf(bucket, now) < capacity) return;
      this.#buckets.delete(host);
    }
  }

  #forgetOldest(): void {
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}
