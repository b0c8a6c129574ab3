/** The longest time that work is done at a stretch, in milliseconds; requests of sessions come in between. */
const STRETCH = 5;

/** Work that many wait for at once, such as an update for each who subscribed: done one after another, others let in. */
export class FairTurns {
  readonly #waiting = new Set<() => void>();
  #booked = false;

  /** Has it done in its turn, once however often it is asked for meanwhile. It must not throw. */
  book(work: () => void): void {
    this.#waiting.add(work);
    if (this.#booked) return;
    this.#booked = true;
    setImmediate(() => this.#run());
  }

  cancel(work: () => void): void {
    this.#waiting.delete(work);
  }

  #run(): void {
    const end = performance.now() + STRETCH;
    for (const work of this.#waiting) {
      this.#waiting.delete(work);
      work();
      if (performance.now() >= end) break;
    }
    this.#booked = this.#waiting.size > 0;
    if (this.#booked) setImmediate(() => this.#run());
  }
}
