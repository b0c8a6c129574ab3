import type { EventLog, EventPage, EventQuery, LoggedEvent, ServerEvent } from './event.ts';

export interface MemoryEventLogOptions {
  /** How many events it keeps; 10,000 unless given. */
  readonly events?: number;
  /** How old they may become, in milliseconds; without end unless given. */
  readonly age?: number;
}

/** The newest events, for as long as the process lives. */
export class MemoryEventLog implements EventLog {
  readonly createdAt = new Date();
  readonly #most: number;
  readonly #age: number;
  /** A ring: an event has its place by its number. */
  readonly #ring: LoggedEvent[] = [];
  #last = 0;
  /** The highest number that is gone. */
  #aged = 0;
  #agedAt: Date | undefined;

  constructor({ events = 10_000, age = Number.POSITIVE_INFINITY }: MemoryEventLogOptions = {}) {
    this.#most = Math.max(1, events);
    this.#age = age;
  }

  get last(): number {
    return this.#last;
  }

  append(event: ServerEvent): Promise<number> {
    if (this.#last - this.#aged === this.#most) this.#drop();
    const sequence = ++this.#last;
    this.#ring[sequence % this.#most] = { ...event, sequence };
    this.#dropOld();
    return Promise.resolve(sequence);
  }

  read({ after, since, until, about, limit }: EventQuery): Promise<EventPage> {
    this.#dropOld();
    const events: LoggedEvent[] = [];
    for (let sequence = Math.max(after, this.#aged) + 1; sequence <= this.#last && events.length < limit; sequence++) {
      const event = this.#ring[sequence % this.#most]!;
      if (since !== undefined && event.at < since) continue;
      if (until !== undefined && event.at > until) continue;
      if (about !== undefined && event.about !== about) continue;
      events.push(event);
    }
    return Promise.resolve({ events, agedThrough: this.#aged });
  }

  agedAt(): Promise<Date | undefined> {
    this.#dropOld();
    return Promise.resolve(this.#agedAt);
  }

  #dropOld(): void {
    if (this.#age === Number.POSITIVE_INFINITY) return;
    const oldest = Date.now() - this.#age;
    while (this.#aged < this.#last && this.#ring[(this.#aged + 1) % this.#most]!.at.getTime() < oldest) this.#drop();
  }

  #drop(): void {
    this.#aged++;
    this.#agedAt = this.#ring[this.#aged % this.#most]!.at;
  }
}
