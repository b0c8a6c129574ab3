/**
 * What the store is meant to do, as plainly as it can be said: lists, looked through from the beginning each time.
 * Times are seconds.
 */

export interface ModelPool {
  readonly class: string;
  /** Where its prefixes begin, counted from where they begin at first; so are all indexes here, wherever they begin. */
  readonly begin: number;
  /** Of its IPv4 prefix: all between its first and its last address are lanes. */
  readonly length: number;
  readonly excluded: readonly number[];
  readonly reserved: readonly ModelReservation[];
  readonly rest: number;
  readonly state: 'open' | 'draining' | 'moving';
  /** Where leases of a moving one go. */
  readonly successor?: string;
}

export interface ModelReservation {
  readonly index: number;
  readonly subscriber: string;
  readonly host?: string;
}

/** Was given back, and is kept for who had it last. */
export interface ModelRest {
  readonly pool: string;
  readonly index: number;
  readonly host: string;
  readonly group: number;
  readonly until: number;
}

export interface ModelLocation {
  readonly parent?: string;
  readonly upld?: number;
  readonly dnld?: number;
}

export interface ModelTerms {
  readonly class: string;
  readonly upld: number;
  readonly dnld: number;
  readonly guaranteed: boolean;
}

export interface ModelWish extends ModelTerms {
  readonly group: number;
}

export interface ModelLease extends ModelWish {
  readonly host: string;
  readonly subscriber: string;
  readonly plan: string;
  readonly location: string | undefined;
  readonly pool: string;
  readonly index: number;
  readonly validUntil: number;
  readonly recalled: boolean;
  readonly reported: boolean;
}

export interface ModelQuarantine {
  readonly pool: string;
  readonly index: number;
  readonly host: string;
  readonly group: number;
  readonly until: number;
}

export const GROUPS_MAX = 4;
export const QUARANTINE_TIME = 60;
export const QUARANTINED_PER_HOST = 2;
export const QUARANTINED_PER_SUBSCRIBER = 3;

const DIRECTIONS = ['upld', 'dnld'] as const;

export class StoreModel {
  now = 0;
  leases: readonly ModelLease[] = [];
  quarantine: readonly ModelQuarantine[] = [];
  resting: readonly ModelRest[] = [];
  readonly pools = new Map<string, ModelPool>();
  readonly locations = new Map<string, ModelLocation>();
  /** Whose each host is, and how often it was enrolled. */
  readonly hosts = new Map<string, { readonly subscriber: string; readonly keys: number; readonly revoked: boolean }>();
  readonly subscribers = new Map<string, { readonly plan: string; readonly suspended: boolean }>();
  /** What the trail must say next: event, host and group. */
  trail: string[] = [];
  /** How often each refusal was answered and each event came: a walk that meets nothing proves nothing. */
  readonly met: Map<string, number>;
  /** The store's own number of each lease, by host and group; none is used twice. */
  readonly ids = new Map<string, string>();
  readonly usedIds = new Set<string>();

  constructor(met: Map<string, number> = new Map()) {
    this.met = met;
  }

  meet(what: string): void {
    this.met.set(what, (this.met.get(what) ?? 0) + 1);
  }

  leaseOf(host: string, group: number): ModelLease | undefined {
    return this.leases.find((one) => one.host === host && one.group === group);
  }

  isLive({ validUntil }: ModelLease): boolean {
    return validUntil > this.now;
  }

  /** All but network, broadcast and what is excluded. */
  lanes(name: string): readonly number[] {
    const pool = this.pools.get(name)!;
    return indexesOf(pool).filter((index) => !pool.excluded.includes(index));
  }

  /** What everybody may have. */
  givable(name: string): readonly number[] {
    const { reserved } = this.pools.get(name)!;
    return this.lanes(name).filter((index) => !reserved.some((one) => one.index === index));
  }

  /** What this host may have by its name: first what is reserved for itself, then what is for its subscriber. */
  reservedFor(name: string, host: string): readonly number[] {
    const { subscriber } = this.hosts.get(host)!;
    const { reserved } = this.pools.get(name)!;
    const own = reserved.filter((one) => one.subscriber === subscriber);
    return [...own.filter((one) => one.host === host), ...own.filter((one) => one.host === undefined)].map(
      ({ index }) => index,
    );
  }

  isTaken(name: string, index: number): boolean {
    return [...this.leases, ...this.quarantine].some((one) => one.pool === name && one.index === index);
  }

  /** What nobody has, lowest first. */
  free(name: string): readonly number[] {
    const rests = this.resting.filter((one) => one.pool === name).map(({ index }) => index);
    return this.givable(name).filter((index) => !this.isTaken(name, index) && !rests.includes(index));
  }

  poolsOf(service: string, states: readonly ModelPool['state'][]): readonly string[] {
    return [...this.pools]
      .filter(([, one]) => one.class === service && states.includes(one.state))
      .map(([name]) => name);
  }

  /** Where the leases of a moving pool end up. */
  successor(name: string): string {
    const { state, successor } = this.pools.get(name)!;
    return state === 'moving' && successor !== undefined ? this.successor(successor) : name;
  }

  /** The location, what it is a part of, and so on. */
  around(location: string | undefined): readonly string[] {
    const own = location === undefined ? undefined : this.locations.get(location);
    return location === undefined || own === undefined ? [] : [location, ...this.around(own.parent)];
  }

  guaranteed(location: string, direction: 'upld' | 'dnld', leases = this.leases): number {
    return leases
      .filter((one) => one.guaranteed && this.around(one.location).includes(location))
      .reduce((sum, one) => sum + one[direction], 0);
  }

  standing(host: string): 'unknown-host' | 'subscriber-suspended' | undefined {
    const known = this.hosts.get(host);
    if (known === undefined || known.revoked) return 'unknown-host';
    return this.subscribers.get(known.subscriber)!.suspended ? 'subscriber-suspended' : undefined;
  }

  /** The leases after this request, or the kinds of its refusals. Nothing is changed yet. */
  request(
    host: string,
    wishes: readonly ModelWish[],
    location: string | undefined,
    validUntil: number,
  ):
    | {
        readonly after: readonly ModelLease[];
        readonly resting: readonly ModelRest[];
        readonly trail: readonly string[];
      }
    | { readonly refused: Set<string> } {
    const standing = this.standing(host);
    if (standing !== undefined) return { refused: new Set([standing]) };
    const { subscriber } = this.hosts.get(host)!;
    const { plan } = this.subscribers.get(subscriber)!;
    const live = this.leases.filter((one) => one.host === host && this.isLive(one));
    const more = wishes.filter(({ group }) => !live.some((one) => one.group === group));
    const refused = new Set<string>();
    if (live.length + more.length > GROUPS_MAX) refused.add('too-many-groups');

    let { leases } = this;
    const trail: string[] = [];
    const proposed: string[] = [];
    for (const wish of wishes) {
      const row = this.leaseOf(host, wish.group);
      const place = this.#place(host, wish, row, proposed);
      if (typeof place === 'string') {
        refused.add(place);
        continue;
      }
      proposed.push(`${place.pool} ${place.index}`);
      const stays = row !== undefined && this.isLive(row) && place === row;
      const ends = stays && this.pools.get(row.pool)!.state === 'draining' ? row.validUntil : validUntil;
      const terms = { ...wish, host, subscriber, plan, location };
      const same = stays && !row.recalled && sameTerms(row, terms);
      const lease: ModelLease = {
        ...terms,
        pool: place.pool,
        index: place.index,
        validUntil: ends,
        recalled: false,
        reported: stays && row.reported,
      };
      leases = [...leases.filter((one) => one !== row), lease];
      if (row !== undefined && this.isLive(row)) {
        if (!same) trail.push(`lease-changed ${host} ${wish.group}`);
      } else {
        if (row !== undefined) trail.push(`lease-expired ${host} ${wish.group}`);
        trail.push(`lease-granted ${host} ${wish.group}`);
      }
    }
    if (this.#exceeds(host, wishes, leases)) refused.add('capacity-exceeded');
    if (refused.size > 0) return { refused };
    const left = this.leases
      .filter((one) => one.host === host && !leases.includes(one))
      .filter(({ pool, index }) => leases.every((one) => one.pool !== pool || one.index !== index));
    const resting = this.#afterRest(left, this.now).filter(
      ({ pool, index }) => !leases.some((one) => one.pool === pool && one.index === index),
    );
    return { after: leases, resting, trail };
  }

  /** Some sum that this message makes larger is then more than the capacity. */
  #exceeds(host: string, wishes: readonly ModelWish[], after: readonly ModelLease[]): boolean {
    return [...this.locations].some(([name, capacity]) =>
      DIRECTIONS.some((direction) => {
        const limit = capacity[direction];
        if (limit === undefined || this.guaranteed(name, direction, after) <= limit) return false;
        return wishes.some(({ group }) => {
          const of = (leases: readonly ModelLease[]) =>
            leases.filter((one) => one.host === host && one.group === group);
          return this.guaranteed(name, direction, of(after)) > this.guaranteed(name, direction, of(this.leases));
        });
      }),
    );
  }

  /** Where a wish is put, or why nowhere. */
  #place(
    host: string,
    wish: ModelWish,
    row: ModelLease | undefined,
    proposed: readonly string[],
  ): { readonly pool: string; readonly index: number } | 'pool-empty' | 'pool-draining' {
    const same = row !== undefined && row.class === wish.class;
    const keep = this.poolsOf(wish.class, ['open', 'draining']);
    if (same && this.isLive(row) && keep.includes(row.pool)) return row;
    const open = this.poolsOf(wish.class, ['open']);
    const moving = row !== undefined && this.poolsOf(wish.class, ['moving']).includes(row.pool);
    const pools = moving ? open.filter((name) => name === this.successor(row.pool)) : open;
    const mayTake = (pool: string, index: number) => !proposed.includes(`${pool} ${index}`);

    // Where it was.
    if (same && !this.isLive(row) && pools.includes(row.pool) && mayTake(row.pool, row.index)) {
      const { pool, index } = row;
      if (this.givable(pool).includes(index) || this.reservedFor(pool, host).includes(index)) return { pool, index };
    }
    const kept = this.resting
      .filter((one) => one.host === host && one.group === wish.group)
      .sort((one, other) => other.until - one.until);
    const oldest = [...this.resting].sort((one, other) => one.until - other.until || one.index - other.index);
    const choices = [
      ...pools.map((pool) => this.reservedFor(pool, host).map((index) => ({ pool, index }))),
      ...pools.map((pool) => kept.filter((one) => one.pool === pool)),
      ...pools.map((pool) => this.free(pool).map((index) => ({ pool, index }))),
      ...pools.map((pool) => oldest.filter((one) => one.pool === pool)),
    ].flat();
    const found = choices.find(({ pool, index }) => !this.isTaken(pool, index) && mayTake(pool, index));
    if (found !== undefined) return { pool: found.pool, index: found.index };
    return pools.length > 0 ? 'pool-empty' : 'pool-draining';
  }

  /** What rests once these have been given back. */
  #afterRest(ended: readonly ModelLease[], now: number): readonly ModelRest[] {
    const more = ended
      .filter(({ pool, index }) => this.pools.get(pool)!.rest > 0 && this.givable(pool).includes(index))
      .map(({ pool, index, host, group }) => ({ pool, index, host, group, until: now + this.pools.get(pool)!.rest }));
    return [...this.resting, ...more];
  }

  /** Whoever asks for it may have what has rested long enough, the longest first; so many of each pool. */
  endRests(limit: number): void {
    for (const pool of this.pools.keys()) {
      const over = this.resting
        .filter((one) => one.pool === pool && one.until <= this.now)
        .sort((one, other) => one.until - other.until || one.index - other.index)
        .slice(0, limit);
      this.resting = this.resting.filter((one) => !over.includes(one));
    }
  }

  /** What is not everybody's any more, or not there, does not rest. */
  forgetRests(): void {
    this.resting = this.resting.filter(({ pool, index }) => this.pools.has(pool) && this.givable(pool).includes(index));
  }

  /** Ends leases; `quarantined`: their addresses do not come back. */
  end(ended: readonly ModelLease[], event: (lease: ModelLease) => string, quarantined = false): void {
    for (const lease of ended) this.trail.push(`${event(lease)} ${lease.host} ${lease.group}`);
    if (!quarantined) this.resting = this.#afterRest(ended, this.now);
    this.leases = this.leases.filter((one) => !ended.includes(one));
  }

  /** Answers how many were not recalled before. */
  recall(fits: (lease: ModelLease) => boolean): number {
    const called = this.leases.filter((one) => fits(one) && this.isLive(one) && !one.recalled);
    for (const one of called) this.trail.push(`lease-recalled ${one.host} ${one.group}`);
    this.leases = this.leases.map((one) => (called.includes(one) ? { ...one, recalled: true } : one));
    return called.length;
  }

  /** One that is over already has expired, whoever ends it. */
  readonly released = (lease: ModelLease): string => (this.isLive(lease) ? 'lease-released' : 'lease-expired');
}

function sameTerms(
  one: ModelLease,
  other: Omit<ModelLease, 'pool' | 'index' | 'validUntil' | 'recalled' | 'reported'>,
) {
  const names = ['subscriber', 'plan', 'location', 'class', 'upld', 'dnld', 'guaranteed'] as const;
  return names.every((name) => one[name] === other[name]);
}

/** All but the first and the last, which are no lane's. */
export const indexesOf = ({ begin, length }: Pick<ModelPool, 'begin' | 'length'>): readonly number[] =>
  Array.from({ length: 2 ** (32 - length) - 2 }, (_, at) => begin + at + 1);
