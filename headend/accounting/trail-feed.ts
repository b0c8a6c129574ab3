import { backoffDelay, type Clock, type Log, type Milliseconds, milliseconds } from '@sublane/basics';
import type { AuditRow } from '../store/records.ts';
import type { Store } from '../store/store.ts';

/** Something that a row of the trail asks to be told. */
export interface FeedItem<T> {
  /** What has the same key is told in its order, one after the other. */
  readonly key: string;
  readonly what: T;
}

/** `told`: it need not be told again. `away`: nobody could be told. `refused`: this one was not taken, perhaps later. */
export type Told = 'told' | 'away' | 'refused';

export interface TrailFeedParts<T> {
  /** Its place in the trail is kept by this name. */
  readonly name: string;
  readonly store: Pick<Store, 'feeds' | 'audit'>;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 (included) to 1 (not). */
  readonly random: () => number;
  /** What is to be told of a row, in order. */
  readonly read: (row: AuditRow) => readonly FeedItem<T>[];
  readonly tell: (what: T) => Promise<Told>;
  /** Told at once. */
  readonly inFlight: number;
}

interface Waiting<T> extends FeedItem<T> {
  readonly sequence: number;
  underWay: boolean;
  /** How often nobody answered, since somebody answered anything. */
  tries: number;
  /** How often it was not taken while others were. */
  refusals: number;
  notBefore: Milliseconds;
}

const POLL: Milliseconds = milliseconds(250);
const PAGE = 500;
const LAG = 30_000;
/** Kept in memory; what is behind them is only counted. */
const WINDOW = 512;
const BACKOFF = { first: milliseconds(500), longest: milliseconds(30_000) };
/** One that was not taken so often, while others were, never will be; the rest must not wait for it. */
const REFUSALS_MAX = 20;
/** Rows without anything to tell are passed over again after a crash, and no more than these. */
const SKIP = 1_000;

/**
 * Reads the trail and tells somebody what it says, from where it stopped, however the program ended: its place advances
 * when what is before it was told. What was told just before a crash may be told twice.
 */
export class TrailFeed<T> {
  readonly #parts: TrailFeedParts<T>;
  readonly #ending = new AbortController();
  readonly #waiting: Waiting<T>[] = [];
  /** Done with, durably. */
  #place = 0;
  /** Read into `#waiting`. */
  #read = 0;
  /** Counted, beyond what was read. */
  #counted = 0;
  /** When it had read all there was. */
  #caughtUpAt = milliseconds(0);
  #beyond = 0;
  #underWay = 0;
  #failures = 0;
  #pausedUntil = milliseconds(0);
  #unsaved = false;
  #savedAt = milliseconds(0);
  #running: Promise<void> | undefined;
  #wake: () => void = () => {};

  constructor(parts: TrailFeedParts<T>) {
    this.#parts = parts;
  }

  start(): void {
    this.#running ??= this.#run().catch((error: unknown) => {
      if (!this.#ending.signal.aborted) throw error;
    });
  }

  /** How many wait to be told. */
  waiting(): number {
    return this.#waiting.length + this.#beyond;
  }

  /** Whether something of this key, of half a minute ago or before, may still be untold. */
  owes(key: string): boolean {
    const lags = this.#parts.clock.now() > this.#caughtUpAt + LAG;
    return lags || this.#waiting.some((one) => one.key === key);
  }

  /** Stops telling; what is under way is waited for, and the rest stays in the trail. */
  async close(): Promise<void> {
    this.#ending.abort();
    this.#wake();
    await this.#running;
    await this.#save();
  }

  async #run(): Promise<void> {
    const { store, name, clock, log } = this.#parts;
    const { signal } = this.#ending;
    for (let attempt = 0; ; attempt++) {
      const opened = await store.feeds.open(name);
      if (opened.ok) {
        this.#place = this.#read = this.#counted = opened.value;
        break;
      }
      log.error({ feed: name, refusal: opened.failure.kind }, 'the place of a feed cannot be kept');
      await clock.sleep(backoffDelay(BACKOFF, attempt, this.#parts.random), signal);
    }
    while (!signal.aborted) {
      await this.#fill();
      this.#tellNext();
      await this.#save();
      await this.#pause();
    }
    while (this.#underWay > 0) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** Until something was told, or there may be news. */
  async #pause(): Promise<void> {
    const pause = new AbortController();
    const { signal } = this.#ending;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (signal.aborted) return resolve();
      this.#parts.clock.sleep(POLL, pause.signal).then(resolve, () => {});
    });
    pause.abort();
  }

  /** Reads on where there is room, and counts what is behind. */
  async #fill(): Promise<void> {
    const { store, read, clock } = this.#parts;
    const tail = store.feeds.tail();
    while (this.#waiting.length < WINDOW && this.#read < tail && !this.#ending.signal.aborted) {
      const { items } = await store.audit.list({}, { limit: PAGE, cursor: String(this.#read) });
      if (items.length === 0) return;
      for (const row of items) {
        const found = read(row);
        for (const item of found)
          this.#waiting.push({
            ...item,
            sequence: row.sequence,
            underWay: false,
            tries: 0,
            refusals: 0,
            notBefore: milliseconds(0),
          });
        this.#read = row.sequence;
        if (row.sequence <= this.#counted) this.#beyond -= found.length;
      }
      this.#counted = Math.max(this.#counted, this.#read);
      // Between pages everything else has its turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (this.#read >= tail) this.#caughtUpAt = clock.now();
    if (this.#counted >= tail) return;
    const { items } = await store.audit.list({}, { limit: PAGE, cursor: String(this.#counted) });
    for (const row of items) {
      this.#beyond += read(row).length;
      this.#counted = row.sequence;
    }
  }

  /** As many as may be at once; while nobody answers, one at a time, now and then. */
  #tellNext(): void {
    const { clock, inFlight } = this.#parts;
    const now = clock.now();
    if (this.#ending.signal.aborted || now < this.#pausedUntil) return;
    if (this.#failures === 0) {
      for (const one of this.#ready(now, inFlight - this.#underWay)) void this.#tell(one);
      return;
    }
    if (this.#underWay > 0) return;
    // Should it be one of them that is never answered, another is tried before it.
    const [one] = this.#ready(now, Number.POSITIVE_INFINITY).sort((a, b) => a.tries - b.tries);
    if (one !== undefined) void this.#tell(one);
  }

  /** The first of each key, where it may be told now; at most so many. */
  #ready(now: Milliseconds, most: number): Waiting<T>[] {
    const keys = new Set<string>();
    const ready: Waiting<T>[] = [];
    for (const one of this.#waiting) {
      if (ready.length >= most) break;
      if (keys.has(one.key)) continue;
      keys.add(one.key);
      if (!one.underWay && now >= one.notBefore) ready.push(one);
    }
    return ready;
  }

  async #tell(one: Waiting<T>): Promise<void> {
    one.underWay = true;
    this.#underWay += 1;
    const told = await this.#parts.tell(one.what);
    one.underWay = false;
    this.#underWay -= 1;
    if (told === 'away') this.#noteAway(one);
    else this.#noteAnswer(one, told);
    this.#tellNext();
    this.#wake();
  }

  #noteAway(one: Waiting<T>): void {
    const { clock, log, name, random } = this.#parts;
    one.tries += 1;
    // Those that were under way with the first of them say nothing new.
    if (clock.now() < this.#pausedUntil) return;
    if (this.#failures === 0)
      log.warn({ feed: name, waiting: this.waiting() }, 'nobody answers; what is to be told waits');
    this.#pausedUntil = milliseconds(clock.now() + backoffDelay(BACKOFF, this.#failures, random));
    this.#failures += 1;
  }

  #noteAnswer(one: Waiting<T>, told: 'told' | 'refused'): void {
    const { log, name } = this.#parts;
    if (told === 'told') this.#remove(one);
    else this.#noteRefusal(one);
    if (this.#failures === 0) return;
    log.info({ feed: name, waiting: this.waiting() }, 'answered again');
    this.#failures = 0;
    this.#pausedUntil = milliseconds(0);
    // Somebody is there: what was not answered may be at fault itself.
    for (const other of this.#waiting.filter(({ tries, underWay }) => tries > 0 && !underWay)) this.#noteRefusal(other);
  }

  #noteRefusal(one: Waiting<T>): void {
    const { clock, log, name, random } = this.#parts;
    one.tries = 0;
    one.notBefore = milliseconds(clock.now() + backoffDelay(BACKOFF, one.refusals, random));
    one.refusals += 1;
    if (one.refusals < REFUSALS_MAX) return;
    log.error({ feed: name, row: one.sequence }, 'it was not taken however often; it is told no more');
    this.#remove(one);
  }

  #remove(one: Waiting<T>): void {
    const at = this.#waiting.indexOf(one);
    if (at >= 0) this.#waiting.splice(at, 1);
    this.#unsaved = true;
  }

  /** One write for all that was told meanwhile: the more is told, the more each write is good for. */
  async #save(): Promise<void> {
    const now = this.#parts.clock.now();
    if (now < this.#savedAt + POLL && !this.#ending.signal.aborted) return;
    const first = this.#waiting[0]?.sequence;
    const place = first === undefined ? this.#read : first - 1;
    if (place <= this.#place || !(this.#unsaved || place - this.#place >= SKIP)) return;
    this.#unsaved = false;
    this.#savedAt = now;
    const saved = await this.#parts.store.feeds.advance(this.#parts.name, place);
    if (saved.ok) this.#place = place;
    else this.#unsaved = true;
  }
}
