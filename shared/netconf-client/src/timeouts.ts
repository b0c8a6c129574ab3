import { type Clock, type Milliseconds, milliseconds } from '@sublane/basics';

/**
 * Many timeouts at the price of one timer, which runs only while there are any. They fire on time or up to one tick
 * late.
 */
export class Timeouts {
  readonly #clock: Clock;
  readonly #tick: Milliseconds;
  readonly #due = new Map<number, Set<() => void>>();
  #now = 0;
  #count = 0;
  #running = false;

  constructor(clock: Clock, tick: Milliseconds = milliseconds(100)) {
    this.#clock = clock;
    this.#tick = tick;
  }

  /** Calls `expire` after `timeout`, unless the returned function is called before. */
  start(timeout: Milliseconds, expire: () => void): () => void {
    // The tick that runs already is not a whole one.
    const at = this.#now + Math.max(1, Math.ceil(timeout / this.#tick)) + (this.#running ? 1 : 0);
    const others = this.#due.get(at) ?? new Set();
    this.#due.set(at, others.add(expire));
    this.#count++;
    if (!this.#running) void this.#run();
    return () => {
      if (others.delete(expire)) this.#count--;
    };
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#count > 0) {
      await this.#clock.sleep(this.#tick);
      this.#now++;
      const due = this.#due.get(this.#now) ?? new Set();
      this.#due.delete(this.#now);
      for (const expire of due) {
        // Out of the set first: whoever stops it from now on, even in `expire`, stops nothing.
        due.delete(expire);
        this.#count--;
        expire();
      }
    }
    this.#due.clear();
    this.#running = false;
  }
}
