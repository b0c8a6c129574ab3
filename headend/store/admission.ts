import { kilobitsPerSecond, ok } from '@sublane/basics';
import type { Database } from 'better-sqlite3';
import { DIRECTIONS, type Direction } from '../policy/wish.ts';
import type { RefusalOf } from '../refusal/refusal.ts';
import { type AdmissionPlace, type Counted, type Rates, refuseOverCapacity } from './admission-rule.ts';
import type { CommitParticipant, GroupCommit } from './group-commit.ts';
import type { LaneTerms, LocationLoad } from './records.ts';
import { prepare, query } from './statement.ts';
import type { LocationLimits, LocationStore } from './store.ts';

/** The columns of a lease that count. */
export interface CountedRow {
  readonly guaranteed: number;
  readonly location: string | null;
  readonly upld_rate: number | null;
  readonly dnld_rate: number | null;
}

/** As the row of a lease with these terms would have it. */
export function countedOf(
  terms: Pick<LaneTerms, 'guaranteed' | 'upld' | 'dnld'>,
  { location }: { readonly location?: string },
): CountedRow {
  return {
    guaranteed: Number(terms.guaranteed),
    location: location ?? null,
    upld_rate: terms.upld?.rate ?? null,
    dnld_rate: terms.dnld?.rate ?? null,
  };
}

interface Entry extends AdmissionPlace {
  readonly limits: LocationLimits;
  /** Its leases may outlast its configuration. */
  readonly configured: boolean;
  /** Of the leases that are here, not in a part. */
  readonly own: Record<Direction, number>;
  readonly guaranteed: Record<Direction, number>;
  /** Itself, what it is a part of, and so on. */
  chain: readonly Entry[];
}

/**
 * What is guaranteed in each location. The few numbers live in memory and are written once for each commit, so that no
 * lease is looked at: neither for an answer nor at the start.
 */
export class Admission implements CommitParticipant {
  readonly #load;
  readonly #put;
  readonly #delete;
  readonly #entries = new Map<string, Entry>();
  readonly #changed = new Set<string>();

  constructor(db: Database) {
    this.#load = prepare(db, (_: object) => query.selectFrom('locations').selectAll());
    this.#put = prepare(
      db,
      (p: {
        name: string;
        configured: number;
        parent: string | null;
        upldCapacity: number | null;
        dnldCapacity: number | null;
        upld: number;
        dnld: number;
      }) =>
        query.replaceInto('locations').values({
          name: p.name,
          configured: p.configured,
          parent: p.parent,
          upld_capacity: p.upldCapacity,
          dnld_capacity: p.dnldCapacity,
          upld_guaranteed: p.upld,
          dnld_guaranteed: p.dnld,
        }),
    );
    this.#delete = prepare(db, (p: { name: string }) => query.deleteFrom('locations').where('name', '=', p.name));
    this.afterRollback();
  }

  /** Which groups of one message do not fit. Where nobody knows where the host is, nothing is counted. */
  refusals(
    changes: readonly { readonly groupId: number; readonly before?: CountedRow; readonly after: CountedRow }[],
  ): RefusalOf<'capacity-exceeded'>[] {
    return refuseOverCapacity(
      changes.map(({ groupId, before, after }) => ({
        groupId,
        ...(before && { before: this.#counted(before) }),
        after: this.#counted(after),
      })),
    );
  }

  /** Counts a lease that is written, changed or deleted. Only inside a job of the group commit. */
  change(before: CountedRow | undefined, after: CountedRow | undefined): void {
    if (before) this.#add(before, -1);
    if (after) this.#add(after, 1);
  }

  /** All that are configured, from here on. One that is missing keeps counting what is held there. */
  define(locations: readonly LocationLimits[]): undefined {
    const next = new Map(locations.map((location) => [location.name, limitsOf(location)]));
    for (const { name, configured } of [...this.#entries.values()])
      if (configured && !next.has(name)) this.#set({ name }, false);
    for (const limits of next.values()) {
      const entry = this.#entries.get(limits.name);
      if (entry === undefined || !entry.configured || !sameLimits(entry.limits, limits)) this.#set(limits, true);
    }
    this.#sumUp();
  }

  store(commits: GroupCommit): LocationStore {
    return {
      list: async () => this.#list(),
      adopt: async (locations) => (this.#isDefined(locations) ? ok() : commits.write(() => ok(this.define(locations)))),
    };
  }

  #isDefined(locations: readonly LocationLimits[]): boolean {
    const configured = [...this.#entries.values()].filter((entry) => entry.configured);
    return (
      configured.length === locations.length &&
      locations.every((limits) => {
        const entry = this.#entries.get(limits.name);
        return entry?.configured === true && sameLimits(entry.limits, limits);
      })
    );
  }

  #list(): readonly LocationLoad[] {
    return [...this.#entries.values()]
      .filter(({ configured }) => configured)
      .map(({ limits, guaranteed }) => ({ ...limits, guaranteed: { ...guaranteed } }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  beforeCommit(): void {
    for (const name of this.#changed) {
      const entry = this.#entries.get(name);
      if (entry === undefined) continue;
      const { configured, limits, own } = entry;
      if (!configured && own.upld === 0 && own.dnld === 0) {
        this.#delete.run({ name });
        this.#entries.delete(name);
        continue;
      }
      this.#put.run({
        name,
        configured: Number(configured),
        parent: limits.parent ?? null,
        upldCapacity: limits.upldCapacity ?? null,
        dnldCapacity: limits.dnldCapacity ?? null,
        upld: own.upld,
        dnld: own.dnld,
      });
    }
    this.#changed.clear();
  }

  afterRollback(): void {
    this.#changed.clear();
    this.#entries.clear();
    for (const row of this.#load.all({})) {
      const { name, parent, upld_capacity: upld, dnld_capacity: dnld } = row;
      const limits = {
        name,
        ...(parent !== null && { parent }),
        ...(upld !== null && { upldCapacity: kilobitsPerSecond(upld) }),
        ...(dnld !== null && { dnldCapacity: kilobitsPerSecond(dnld) }),
      };
      const own = { upld: row.upld_guaranteed, dnld: row.dnld_guaranteed };
      this.#entries.set(name, entryOf(limits, row.configured === 1, own));
    }
    this.#sumUp();
  }

  #counted(row: CountedRow): Counted {
    const chain = row.location === null ? undefined : this.#entries.get(row.location)?.chain;
    return { rates: ratesOf(row), places: chain ?? [] };
  }

  #add(row: CountedRow, sign: 1 | -1): void {
    const rates = ratesOf(row);
    if (row.location === null || (rates.upld === 0 && rates.dnld === 0)) return;
    const entry = this.#entries.get(row.location) ?? this.#set({ name: row.location }, false);
    for (const direction of DIRECTIONS) {
      entry.own[direction] += sign * rates[direction];
      for (const place of entry.chain) place.guaranteed[direction] += sign * rates[direction];
    }
    this.#changed.add(entry.name);
  }

  #set(limits: LocationLimits, configured: boolean): Entry {
    const own = this.#entries.get(limits.name)?.own ?? { upld: 0, dnld: 0 };
    const entry = entryOf(limits, configured, own);
    this.#entries.set(limits.name, entry);
    this.#changed.add(limits.name);
    return entry;
  }

  /** Who is part of whom may have changed: everything is added up again, from a few numbers for each location. */
  #sumUp(): void {
    for (const entry of this.#entries.values()) {
      const chain: Entry[] = [];
      // A loop, which a commit refuses, ends it.
      for (
        let here: Entry | undefined = entry;
        here !== undefined && !chain.includes(here);
        here = here.limits.parent === undefined ? undefined : this.#entries.get(here.limits.parent)
      )
        chain.push(here);
      entry.chain = chain;
      for (const direction of DIRECTIONS) entry.guaranteed[direction] = 0;
    }
    for (const { own, chain } of this.#entries.values())
      for (const place of chain) for (const direction of DIRECTIONS) place.guaranteed[direction] += own[direction];
  }
}

function entryOf(limits: LocationLimits, configured: boolean, own: Rates): Entry {
  const { name, upldCapacity, dnldCapacity } = limits;
  const capacity = {
    ...(upldCapacity !== undefined && { upld: upldCapacity as number }),
    ...(dnldCapacity !== undefined && { dnld: dnldCapacity as number }),
  };
  const entry: Entry = { name, limits, configured, capacity, own: { ...own }, guaranteed: { ...own }, chain: [] };
  entry.chain = [entry];
  return entry;
}

function limitsOf({ name, parent, upldCapacity, dnldCapacity }: LocationLimits): LocationLimits {
  return {
    name,
    ...(parent !== undefined && { parent }),
    ...(upldCapacity !== undefined && { upldCapacity }),
    ...(dnldCapacity !== undefined && { dnldCapacity }),
  };
}

/** A lane that is only a limit and no promise counts nothing. */
function ratesOf({ guaranteed, upld_rate, dnld_rate }: CountedRow): Rates {
  return guaranteed === 1 ? { upld: upld_rate ?? 0, dnld: dnld_rate ?? 0 } : { upld: 0, dnld: 0 };
}

const sameLimits = (one: LocationLimits, other: LocationLimits) =>
  one.parent === other.parent && one.upldCapacity === other.upldCapacity && one.dnldCapacity === other.dnldCapacity;
