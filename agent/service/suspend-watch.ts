import { type Clock, type Milliseconds, milliseconds } from '@sublane/basics';

/** What the two clocks may differ by beside a suspend: one of them is read in hundredths of a second. */
const SLACK = milliseconds(500);

/**
 * Notices that the machine stood still: time since boot went on without the monotonic clock. Costs two readings of a
 * clock, so that it can be asked at every event.
 */
export class SuspendWatch {
  readonly #clock: Clock;
  readonly #monotonic: () => Milliseconds;
  #apart: number;

  /** `monotonic`: a clock that stands still in suspend (CLOCK_MONOTONIC), from any start. */
  constructor(clock: Clock, monotonic: () => Milliseconds) {
    this.#clock = clock;
    this.#monotonic = monotonic;
    this.#apart = this.#difference();
  }

  /** For how long it stood still since this was asked last; 0: it did not. */
  slept(): Milliseconds {
    const difference = this.#difference();
    const slept = difference - this.#apart;
    if (slept < SLACK) return milliseconds(0);
    this.#apart = difference;
    return milliseconds(slept);
  }

  #difference(): number {
    return this.#clock.sinceBoot() - this.#monotonic();
  }
}
