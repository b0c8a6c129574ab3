import { failed, ok, type Result } from '@sublane/basics';
import type { Database } from 'better-sqlite3';
import { sql } from 'kysely';
import { type AddressBytes, formatAddress, indexFrom, parseAddress, prefixContains } from '../pools/ip-address.ts';
import { mayGive } from '../pools/pool-shape.ts';
import type { RefusalOf } from '../refusal/refusal.ts';
import type { AuditTable } from './audit-table.ts';
import type { GroupCommit } from './group-commit.ts';
import { pageOf } from './pages.ts';
import type { PoolEntry, PoolTable } from './pool-table.ts';
import type { AuditDetail, Lease, Page, PageRequest, Quarantine, Timestamp } from './records.ts';
import type { Schema } from './schema.ts';
import { prepare, query } from './statement.ts';
import type { Deed, QuarantineFilter, QuarantineStore } from './store.ts';

type QuarantineRow = {
  [C in keyof Schema['quarantine']]: C extends 'quarantine_id' ? number : Schema['quarantine'][C];
};

/** Kept back until then. */
interface Kept {
  readonly until: number;
}

/**
 * Addresses withheld because another device uses them. They count by themselves, not by pool and index: a pool that is
 * laid out anew, or removed and added again, does not give them either.
 */
export class QuarantineTable {
  readonly #queries;
  readonly #pools: PoolTable;
  readonly #audit: AuditTable;

  constructor(db: Database, pools: PoolTable, audit: AuditTable) {
    this.#queries = prepareQueries(db);
    this.#pools = pools;
    this.#audit = audit;
  }

  store(commits: GroupCommit): QuarantineStore {
    return {
      release: (address, deed) => commits.write(() => this.#release(address, deed)),
      expire: (at, limit) => commits.write(() => ok(this.#expire(at, limit))),
      list: async (filter, page) => this.#list(filter, page),
    };
  }

  /** Whether one of a lane's addresses is here: then nobody gets the pair. */
  holds(ipv4: AddressBytes | null, ipv6: AddressBytes | null): boolean {
    return this.#queries.withAddress.get({ ipv4, ipv6 }) !== undefined;
  }

  find(address: string): Quarantine | undefined {
    const row = this.#find(address);
    return row && readQuarantine(row);
  }

  /** What this host's reports keep back of a pool, the first to end first. */
  ofHost(hostId: string, pool: string): readonly Kept[] {
    return this.#queries.ofHost.all({ hostId, pool });
  }

  /** What those of all hosts do in this subscriber's name. */
  ofSubscriber(subscriber: string, pool: string): readonly Kept[] {
    return this.#queries.ofSubscriber.all({ subscriber, pool });
  }

  /** Takes the addresses of a lease that is being ended, inside the same job; they must not be given back. */
  add(lease: Lease, about: Pick<Quarantine, 'conflicts' | 'reason' | 'since' | 'until'>): void {
    const bytes = (text: string | undefined) => (text === undefined ? null : (parseAddress(text) ?? null));
    this.#queries.insert.run({
      pool: lease.pool,
      ipv4: bytes(lease.ipv4),
      ipv6: bytes(lease.ipv6),
      conflicts: JSON.stringify(about.conflicts),
      hostId: lease.hostId,
      subscriber: lease.subscriber,
      groupId: lease.groupId,
      leaseId: Number(lease.id),
      reason: about.reason ?? null,
      since: about.since,
      until: about.until,
    });
  }

  /** How many indexes of each pool, as it is laid out now, cannot be given. */
  countByPool(): ReadonlyMap<string, number> {
    const indexes = new Map<string, Set<number>>();
    for (const row of this.#queries.all.all({}))
      for (const { pool, index } of this.#placesOf(row)) {
        const of = indexes.get(pool.shape.name) ?? new Set();
        indexes.set(pool.shape.name, of.add(index));
      }
    return new Map([...indexes].map(([pool, { size }]) => [pool, size]));
  }

  #release(text: string, deed: Deed): Result<Quarantine, RefusalOf<'record-unknown'>> {
    const row = this.#find(text);
    if (row === undefined) return failed({ kind: 'record-unknown', record: 'quarantine', name: text });
    return ok(this.#lift(row, 'quarantine-released', deed));
  }

  #expire(at: Timestamp, limit: number): Quarantine[] {
    const ended = this.#queries.ended.all({ at, limit });
    return ended.map((row) => this.#lift(row, 'quarantine-ended', { actor: 'headend', at }));
  }

  #lift(row: QuarantineRow, event: 'quarantine-released' | 'quarantine-ended', { actor, at }: Deed): Quarantine {
    this.#queries.delete.run({ id: row.quarantine_id });
    for (const { pool, index } of this.#placesOf(row)) this.#pools.giveBack(pool, index);
    const quarantine = readQuarantine(row);
    const { hostId, groupId } = quarantine;
    this.#audit.append({ at, event, actor, hostId, groupId, detail: quarantineDetail(quarantine) });
    return quarantine;
  }

  /** Where the pools of now have these addresses: one place, unless a pool was laid out anew meanwhile. */
  #placesOf({ ipv4, ipv6 }: QuarantineRow): readonly { readonly pool: PoolEntry; readonly index: number }[] {
    const places: { pool: PoolEntry; index: number }[] = [];
    for (const [family, address] of Object.entries({ ipv4, ipv6 }) as ['ipv4' | 'ipv6', AddressBytes | null][])
      for (const pool of address === null ? [] : this.#pools.all()) {
        const prefix = pool.shape[family];
        if (prefix === undefined || !prefixContains(prefix, address!)) continue;
        const index = indexFrom(prefix.base, address!);
        if (index === undefined || !mayGive(pool.shape, index)) continue;
        if (!places.some((place) => place.pool === pool && place.index === index)) places.push({ pool, index });
      }
    return places;
  }

  #find(text: string): QuarantineRow | undefined {
    const address = parseAddress(text);
    if (address === undefined) return undefined;
    const [ipv4, ipv6] = address.length === 4 ? [address, null] : [null, address];
    return this.#queries.withAddress.get({ ipv4, ipv6 });
  }

  #list({ hostId, pool, address }: QuarantineFilter, page: PageRequest): Page<Quarantine> {
    const fits = (row: QuarantineRow) =>
      (hostId === undefined || row.host_id === hostId) && (pool === undefined || row.pool === pool);
    if (address !== undefined) {
      const row = this.#find(address);
      return { items: row !== undefined && fits(row) ? [readQuarantine(row)] : [] };
    }
    const after = Number.parseInt(page.cursor ?? '0', 10) || 0;
    const rows = this.#queries.page.all({
      after,
      limit: page.limit + 1,
      hostId: hostId ?? null,
      pool: pool ?? null,
    });
    return pageOf(rows.map(readQuarantine), page.limit, ({ id }) => id);
  }
}

function prepareQueries(db: Database) {
  const rows = () => query.selectFrom('quarantine').selectAll();
  return {
    all: prepare(db, (_: object) => rows()),
    /** Comparing with null is never true: what is not asked for is not found. */
    withAddress: prepare(db, (p: { ipv4: Uint8Array | null; ipv6: Uint8Array | null }) =>
      rows()
        .where((e) => e.or([e('ipv4', '=', p.ipv4), e('ipv6', '=', p.ipv6)]))
        .limit(sql.lit(1)),
    ),
    ofHost: prepare(db, (p: { hostId: string; pool: string }) =>
      query
        .selectFrom('quarantine')
        .select('until')
        .where('host_id', '=', p.hostId)
        .where('pool', '=', p.pool)
        .orderBy('until'),
    ),
    ofSubscriber: prepare(db, (p: { subscriber: string; pool: string }) =>
      query
        .selectFrom('quarantine')
        .select('until')
        .where('subscriber', '=', p.subscriber)
        .where('pool', '=', p.pool)
        .orderBy('until'),
    ),
    ended: prepare(db, (p: { at: number; limit: number }) =>
      rows().where('until', '<=', p.at).orderBy('until').limit(p.limit),
    ),
    page: prepare(db, (p: { after: number; limit: number; hostId: string | null; pool: string | null }) =>
      rows()
        .where('quarantine_id', '>', p.after)
        .where((e) => e.or([e(sql.val(p.hostId), 'is', null), e('host_id', '=', p.hostId as string)]))
        .where((e) => e.or([e(sql.val(p.pool), 'is', null), e('pool', '=', p.pool as string)]))
        .orderBy('quarantine_id')
        .limit(p.limit),
    ),
    insert: prepare(
      db,
      (p: {
        pool: string;
        ipv4: Uint8Array | null;
        ipv6: Uint8Array | null;
        conflicts: string;
        hostId: string;
        subscriber: string;
        groupId: number;
        leaseId: number;
        reason: string | null;
        since: number;
        until: number;
      }) =>
        query.insertInto('quarantine').values({
          pool: p.pool,
          ipv4: p.ipv4,
          ipv6: p.ipv6,
          conflicts: p.conflicts,
          host_id: p.hostId,
          subscriber: p.subscriber,
          group_id: p.groupId,
          lease_id: p.leaseId,
          reason: p.reason,
          since: p.since,
          until: p.until,
        }),
    ),
    delete: prepare(db, (p: { id: number }) => query.deleteFrom('quarantine').where('quarantine_id', '=', p.id)),
  };
}

function readQuarantine(row: QuarantineRow): Quarantine {
  return {
    id: String(row.quarantine_id),
    pool: row.pool,
    ...(row.ipv4 !== null && { ipv4: formatAddress(row.ipv4) }),
    ...(row.ipv6 !== null && { ipv6: formatAddress(row.ipv6) }),
    conflicts: JSON.parse(row.conflicts) as string[],
    hostId: row.host_id,
    groupId: row.group_id,
    leaseId: String(row.lease_id),
    ...(row.reason !== null && { reason: row.reason }),
    since: row.since as Timestamp,
    until: row.until as Timestamp,
  };
}

function quarantineDetail({ id, pool, ipv4, ipv6, leaseId }: Quarantine): AuditDetail {
  return {
    quarantine: id,
    ...(ipv4 !== undefined && { ipv4 }),
    ...(ipv6 !== undefined && { ipv6 }),
    pool,
    lease: leaseId,
  };
}
