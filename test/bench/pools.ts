import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { milliseconds, unwrap } from '@sublane/basics';
import { openSqliteStore } from '../../headend/store/index.ts';
import type { Store } from '../../headend/store/store.ts';
import { cacheFolder } from './cache-folder.ts';
import { type Benchmark, type Figure, percentile } from './measure.ts';
import { GROUPS, halfFullStore, hostsOf, laneOf } from './pool-store.ts';

const IN_FLIGHT = 64;
/** Batches of a round that take more; what they take is fewer than the small pool has free. */
const TAKING = 7;
const CHANGING = 2;
const ROUNDS = 24;
/** Within a fifth of the small one. */
const SHARE = 0.8;

/**
 * The headend's store alone: leases taken from a pool of ten million addresses and from one of a thousand, each half
 * full with every second address held, by hosts picked from five million. Each answer is durable. They take turns, so
 * that what else the machine does falls on all.
 *
 * Leases given back anywhere among five million lie on pages of their own; those of a thousand share theirs. That is the
 * disk's difference and not the pool's, so it is shown without a goal, as is that to a store with nothing else in it.
 */
export const pools: Benchmark = {
  name: 'pools',
  async run(progress) {
    const folder = mkdtempSync(join(cacheFolder(), 'pools-'));
    try {
      const both = unwrap(await openSqliteStore({ path: await halfFullStore(folder, ['large', 'small'], progress) }));
      const one = unwrap(await openSqliteStore({ path: await halfFullStore(folder, ['small'], progress) }));
      const [large, small, alone] = [new Subject(both, 'large'), new Subject(both, 'small'), new Subject(one, 'small')];
      progress('taking and giving back');
      const subjects = [large, small, alone];
      for (let round = 0; round < ROUNDS; round++) {
        await inTurns(subjects, TAKING, (subject) => subject.take());
        for (const subject of subjects) await subject.giveBack();
        await inTurns(subjects, CHANGING, (subject) => subject.change());
      }
      await Promise.all([both.close(), one.close()]);
      const beside = 'a pool of 1,000 in this store';
      const single = 'a pool of 1,000 in a store of its own';
      return [
        figure('durable leases from a pool of 10,000,000', large.taken, small.taken, beside, SHARE),
        figure('lease given back, wherever in it, and taken again', large.changed, small.changed, beside),
        figure('durable leases from it, in a store of 5,000,000 leases', large.taken, alone.taken, single),
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Batch by batch, so that what else the machine does, and what the disk still has to do, falls on all. */
async function inTurns(
  subjects: readonly Subject[],
  batches: number,
  work: (subject: Subject) => Promise<void>,
): Promise<void> {
  for (let batch = 0; batch < batches; batch++) for (const subject of subjects) await work(subject);
}

function figure(
  what: string,
  large: readonly number[],
  small: readonly number[],
  name: string,
  share?: number,
): Figure {
  const [ours, peer] = [large, small].map(median) as [number, number];
  return {
    what,
    unit: '/s',
    ours,
    peer: { name, value: peer },
    ...(share !== undefined && { goal: peer * share }),
    note: `${IN_FLIGHT} in flight, the median of ${large.length} batches in turns; SQLite, WAL, an fsync for each batch`,
  };
}

const median = (rates: readonly number[]): number =>
  percentile(
    rates.toSorted((a, b) => a - b),
    0.5,
  );

/** One pool of a store, and what was measured of it: leases per second, batch by batch. */
class Subject {
  readonly taken: number[] = [];
  readonly changed: number[] = [];
  readonly #store: Store;
  readonly #groups: (typeof GROUPS)['large' | 'small'];
  readonly #takers: readonly string[];
  readonly #holders: readonly string[];
  #before: string[] = [];
  #taker = 0;
  #holder = 0;

  constructor(store: Store, pool: 'large' | 'small') {
    this.#store = store;
    this.#groups = GROUPS[pool];
    // Others for each: a host's own place in the indexes must be as cold for one as for the other.
    const parity = pool === 'large' ? 0 : 1;
    this.#takers = shuffled(hostsOf('large').filter((_, at) => at % 2 === parity));
    this.#holders = shuffled(hostsOf(pool));
  }

  async take(): Promise<void> {
    const hosts = Array.from({ length: IN_FLIGHT }, () => this.#takers[this.#taker++ % this.#takers.length] ?? '');
    this.#before.push(...hosts);
    this.taken.push(await perSecond(() => this.#take(hosts, this.#groups.another)));
  }

  async giveBack(): Promise<void> {
    await this.#giveBack(this.#before, this.#groups.another);
    this.#before = [];
  }

  /** Each gives back where it was put at the beginning, anywhere in the pool, and takes the lowest that is free. */
  async change(): Promise<void> {
    const hosts = Array.from({ length: IN_FLIGHT }, () => this.#holders[this.#holder++ % this.#holders.length] ?? '');
    this.changed.push(
      await perSecond(async () => {
        await this.#giveBack(hosts, this.#groups.held);
        await this.#take(hosts, this.#groups.held);
      }),
    );
  }

  async #take(hosts: readonly string[], group: number): Promise<void> {
    const { leases } = this.#store;
    for (const answer of await Promise.all(hosts.map((host) => leases.reserve(laneOf(host, group, this.#groups.pool)))))
      unwrap(answer);
  }

  async #giveBack(hosts: readonly string[], group: number): Promise<void> {
    const { leases } = this.#store;
    const at = milliseconds(Date.now());
    for (const answer of await Promise.all(hosts.map((actor) => leases.release(actor, [group], { actor, at }))))
      unwrap(answer);
  }
}

async function perSecond(work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await work();
  return (IN_FLIGHT * 1000) / (performance.now() - begin);
}

/** The same order every time, and none to be seen. */
function shuffled(hosts: readonly string[]): readonly string[] {
  let state = 1;
  const next = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state;
  };
  return hosts
    .map((host) => ({ host, key: next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ host }) => host);
}
