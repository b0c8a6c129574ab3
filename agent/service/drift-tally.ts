import { type Clock, type Milliseconds, milliseconds } from '@sublane/basics';
import type { DriftLimits } from '../config/surroundings-config.ts';
import type { Drift } from '../lanes/inspection.ts';

/** Repairs since the start, of one kind of object of one lane. */
export interface RepairCount {
  /** Absent: of what all lanes share. */
  readonly groupId?: number;
  readonly kind: Drift['kind'];
  readonly repairs: number;
}

/** An object that somebody else changes again and again: left as it is until it is tried again. */
export interface Contest {
  readonly drift: Drift;
  /** How often in a row it was left alone. */
  readonly pauses: number;
  readonly retryAt: Milliseconds;
}

interface Entry {
  readonly drift: Drift;
  /** When it was put right lately. */
  readonly times: readonly Milliseconds[];
  readonly pauses: number;
  /** Left alone until then. */
  readonly retryAt?: Milliseconds;
  /** Tried again since then. */
  readonly triedAt?: Milliseconds;
}

const LONGEST_PAUSE = milliseconds(15 * 60_000);

/** Counts what was put right, and says of what it is better left alone: two programs must not fight over a host. */
export class DriftTally {
  readonly #clock: Clock;
  readonly #limits: DriftLimits;
  readonly #entries = new Map<string, Entry>();
  readonly #counts = new Map<string, RepairCount>();

  constructor(clock: Clock, limits: DriftLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Of all that differs now: what is to be put right now, and what has just been given up. */
  sort(drift: readonly Drift[]): { readonly due: readonly Drift[]; readonly givenUp: readonly Contest[] } {
    const now = this.#clock.sinceBoot();
    const objects = new Set(drift.map(({ object }) => object));
    for (const [object, entry] of this.#entries) if (!objects.has(object)) this.#settle(object, entry, now);
    const due: Drift[] = [];
    const givenUp: Contest[] = [];
    for (const one of drift) {
      const entry = this.#entries.get(one.object) ?? { drift: one, times: [], pauses: 0 };
      if (entry.retryAt !== undefined) {
        if (now < entry.retryAt) continue;
        this.#entries.set(one.object, { drift: one, times: [], pauses: entry.pauses, triedAt: now });
        due.push(one);
      } else if (this.#isTooMuch(entry, now)) {
        const pauses = entry.pauses + 1;
        const pause = Math.min(LONGEST_PAUSE, this.#limits.within * 2 ** (pauses - 1));
        const contest = { drift: one, pauses, retryAt: milliseconds(now + pause) };
        this.#entries.set(one.object, { ...contest, times: [] });
        givenUp.push(contest);
      } else due.push(one);
    }
    return { due, givenUp };
  }

  /** These were put right. */
  repaired(drift: readonly Drift[]): void {
    const now = this.#clock.sinceBoot();
    for (const one of drift) {
      const entry = this.#entries.get(one.object) ?? { drift: one, times: [], pauses: 0 };
      this.#entries.set(one.object, { ...entry, times: [...this.#recent(entry, now), now] });
      const key = `${one.groupId ?? ''} ${one.kind}`;
      const { repairs = 0 } = this.#counts.get(key) ?? {};
      const { groupId, kind } = one;
      this.#counts.set(key, { kind, repairs: repairs + 1, ...(groupId !== undefined && { groupId }) });
    }
  }

  /** What is left alone now. */
  get contests(): readonly Contest[] {
    return [...this.#entries.values()].flatMap(({ drift, pauses, retryAt }) =>
      retryAt === undefined ? [] : [{ drift, pauses, retryAt }],
    );
  }

  get counts(): readonly RepairCount[] {
    return [...this.#counts.values()];
  }

  #isTooMuch(entry: Entry, now: Milliseconds): boolean {
    // After a pause, once more is too much.
    if (entry.triedAt !== undefined) return now - entry.triedAt < this.#limits.within;
    return this.#recent(entry, now).length >= this.#limits.repairs;
  }

  #recent({ times }: Entry, now: Milliseconds): readonly Milliseconds[] {
    return times.filter((time) => now - time < this.#limits.within);
  }

  /** It is as it should be. What was contested has to stay so for a while before it is as if nothing had been. */
  #settle(object: string, entry: Entry, now: Milliseconds): void {
    if (entry.retryAt !== undefined)
      this.#entries.set(object, { drift: entry.drift, times: [], pauses: entry.pauses, triedAt: now });
    else if (this.#recent(entry, now).length === 0 && now - (entry.triedAt ?? 0) >= this.#limits.within)
      this.#entries.delete(object);
  }
}
