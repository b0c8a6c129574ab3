import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Milliseconds, milliseconds } from './units.ts';

/** Time is an argument, so that tests need not wait for it. */
export interface Clock {
  /** Wall time: milliseconds since 1970 UTC. For people and for the store; it may jump. */
  now(): Milliseconds;
  /** Milliseconds since boot, suspend included (CLOCK_BOOTTIME); never goes back. Lifetimes count by it. */
  sinceBoot(): Milliseconds;
  /** Resolves after `duration`, or rejects with the signal's reason. Does not keep the process alive by itself. */
  sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => milliseconds(Date.now()),
  // /proc/uptime is CLOCK_BOOTTIME in hundredths of a second; Node offers only CLOCK_MONOTONIC, which stops in suspend.
  sinceBoot: () => milliseconds(Math.round(Number(readFileSync('/proc/uptime', 'latin1').split(' ', 1)[0]) * 1000)),
  sleep: (duration, signal) => delay(duration, undefined, { ref: false, ...(signal && { signal }) }),
};

/** A clock that moves when told to. Sleepers wake in order of their time. */
export class ManualClock implements Clock {
  #now: number;
  #sleepers: { at: number; wake: () => void }[] = [];

  constructor(now = 1_800_000_000_000) {
    this.#now = now;
  }

  now(): Milliseconds {
    return milliseconds(this.#now);
  }

  sinceBoot(): Milliseconds {
    return milliseconds(this.#now - 1_799_000_000_000);
  }

  sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = { at: this.#now + duration, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason);
      });
    });
  }

  /** Moves time on and wakes who is due, letting promises settle in between. */
  async advance(duration: Milliseconds): Promise<void> {
    const end = this.#now + duration;
    for (;;) {
      await settle();
      const due = this.#sleepers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#sleepers = this.#sleepers.filter((other) => other !== due);
      this.#now = Math.max(this.#now, due.at);
      due.wake();
    }
    this.#now = end;
    await settle();
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
