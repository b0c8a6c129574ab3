import { type Clock, type Milliseconds, milliseconds } from '@sublane/basics';

/** How exactly times are kept: so coarse that thousands of requests cost one look at the clock. */
const GRAIN = milliseconds(50);

/** Alarms of thousands of requests by one sleeper, which sleeps only while there are alarms. */
export class Timers {
  readonly #clock: Clock;
  readonly #alarms = new Set<{ readonly at: number; readonly ring: () => void }>();
  readonly #end = new AbortController();
  #now: Milliseconds | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds since boot, as of the last look at the clock. */
  now(): Milliseconds {
    return this.#now ?? this.#clock.sinceBoot();
  }

  /** Calls `ring` once, `delay` from now or a little later; not any more after what is returned was called. */
  after(delay: number, ring: () => void): () => void {
    const alarm = { at: this.now() + delay, ring };
    if (this.#end.signal.aborted) return () => {};
    this.#alarms.add(alarm);
    if (this.#now === undefined) void this.#run();
    return () => void this.#alarms.delete(alarm);
  }

  /** No alarm rings any more. */
  close(): void {
    this.#alarms.clear();
    this.#end.abort();
  }

  async #run(): Promise<void> {
    this.#now = this.#clock.sinceBoot();
    while (this.#alarms.size > 0) {
      try {
        await this.#clock.sleep(GRAIN, this.#end.signal);
      } catch {
        return; // closed
      }
      this.#now = this.#clock.sinceBoot();
      for (const alarm of [...this.#alarms]) {
        if (alarm.at <= this.#now && this.#alarms.delete(alarm)) alarm.ring();
      }
    }
    this.#now = undefined;
  }
}
