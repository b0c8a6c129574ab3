import { type Clock, failed, milliseconds, ok, type Result } from '@sublane/basics';
import type { RefusalOf } from '../refusal/refusal.ts';
import { AttemptLimit } from './attempt-limit.ts';

const WINDOW = milliseconds(10 * 60_000);

/** A password about to be tried. */
export interface Attempt {
  readonly subscriber: string;
  /** Where it comes from. */
  readonly source: string;
}

/** Failed attempts of all authorities together, by subscriber and by source: who guesses gains nothing by another realm. */
export class PasswordAttempts {
  readonly #bySubscriber = new AttemptLimit({ failures: 10, window: WINDOW, names: 100_000 });
  readonly #bySource = new AttemptLimit({ failures: 20, window: WINDOW, names: 100_000 });
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts as failed until it is said to have been none. */
  begin({ subscriber, source }: Attempt): Result<undefined, RefusalOf<'rate-limited'>> {
    const now = this.#clock.now();
    const wait = this.#bySource.begin(source, now) ?? this.#bySubscriber.begin(subscriber, now);
    return wait === undefined ? ok() : failed({ kind: 'rate-limited', retryAfter: wait });
  }

  /** The password was right, or nobody could say. */
  noFailure({ subscriber, source }: Attempt): void {
    this.#bySource.succeeded(source);
    this.#bySubscriber.succeeded(subscriber);
  }
}
