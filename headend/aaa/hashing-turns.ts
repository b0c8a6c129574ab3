import { failed, ok, type Result, type Seconds, seconds } from '@sublane/basics';
import type { RefusalOf } from '../refusal/refusal.ts';

export interface HashingTurnsSettings {
  /** Hashes under way at once. Each takes a thread of Node's pool, which has four for files and all else. */
  readonly atOnce: number;
  /** Hosts that may wait for their turn; more are told to come later. */
  readonly waiting: number;
  /** What those are told. */
  readonly retryAfter: Seconds;
}

const DEFAULTS: HashingTurnsSettings = { atOnce: 2, waiting: 200, retryAfter: seconds(10) };

/** Who hashes when: however many hosts come at once, the rest of the headend goes on. First come, first served. */
export class HashingTurns {
  readonly #settings: HashingTurnsSettings;
  readonly #queue: (() => void)[] = [];
  #underWay = 0;

  constructor(settings: Partial<HashingTurnsSettings> = {}) {
    this.#settings = { ...DEFAULTS, ...settings };
  }

  /** A check that a host causes. */
  async check<T>(work: () => Promise<T>): Promise<Result<T, RefusalOf<'authentication-busy'>>> {
    const { atOnce, waiting, retryAfter } = this.#settings;
    if (this.#underWay >= atOnce && this.#queue.length >= waiting) {
      return failed({ kind: 'authentication-busy', retryAfter });
    }
    return ok(await this.#take(work));
  }

  /** A hash that an operator causes: it waits as long as it takes. */
  make<T>(work: () => Promise<T>): Promise<T> {
    return this.#take(work);
  }

  async #take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#underWay >= this.#settings.atOnce) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#underWay++;
    try {
      return await work();
    } finally {
      // Handed on, the place stays taken: nobody slips in between.
      const next = this.#queue.shift();
      if (next === undefined) this.#underWay--;
      else next();
    }
  }
}
