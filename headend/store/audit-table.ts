import { ok } from '@sublane/basics';
import type { Database } from 'better-sqlite3';
import { sql } from 'kysely';
import { CHAIN_START, chainHash, hex } from './audit-chain.ts';
import type { CommitParticipant, GroupCommit } from './group-commit.ts';
import { pageOf } from './pages.ts';
import type { AuditDetail, AuditEntry, AuditEvent, AuditRow, Timestamp } from './records.ts';
import { prepare, query } from './statement.ts';
import type { AuditFilter, AuditStore } from './store.ts';

/** The append-only trail. Other tables write through `append`, inside their own job. */
export class AuditTable implements CommitParticipant {
  readonly #insert;
  readonly #tail;
  readonly #all;
  readonly #ofHost;
  readonly #ofSubscriber;
  readonly #ofBoth;
  readonly #subscriberOf;
  readonly #firstSince;
  readonly #noted: (entry: AuditEntry) => void;
  #sequence = 0;
  #hash = CHAIN_START;

  /** @param noted is told of each row inside its job */
  constructor(db: Database, noted: (entry: AuditEntry) => void = () => {}) {
    this.#noted = noted;
    this.#insert = prepare(
      db,
      (p: {
        sequence: number;
        at: number;
        event: string;
        actor: string;
        hostId: string | null;
        groupId: number | null;
        detail: string;
        hash: Uint8Array;
      }) =>
        query.insertInto('audit').values({
          sequence: p.sequence,
          at: p.at,
          event: p.event,
          actor: p.actor,
          host_id: p.hostId,
          group_id: p.groupId,
          detail: p.detail,
          hash: p.hash,
        }),
    );
    this.#tail = prepare(db, (_: object) =>
      query.selectFrom('audit').select(['sequence', 'hash']).orderBy('sequence', 'desc').limit(1),
    );
    this.#all = prepare(db, (p: { after: number; limit: number }) =>
      query.selectFrom('audit').selectAll().where('sequence', '>', p.after).orderBy('sequence').limit(p.limit),
    );
    this.#ofHost = prepare(db, (p: { hostId: string; after: number; limit: number }) =>
      query
        .selectFrom('audit')
        .selectAll()
        .where('host_id', '=', p.hostId)
        .where('sequence', '>', p.after)
        .orderBy('sequence')
        .limit(p.limit),
    );
    this.#ofSubscriber = prepare(db, (p: { subscriber: string; after: number; limit: number }) =>
      query
        .selectFrom('audit')
        .selectAll()
        .where('subscriber', '=', p.subscriber)
        .where('sequence', '>', p.after)
        .orderBy('sequence')
        .limit(p.limit),
    );
    this.#ofBoth = prepare(db, (p: { hostId: string; subscriber: string; after: number; limit: number }) =>
      query
        .selectFrom('audit')
        .selectAll()
        .where('host_id', '=', p.hostId)
        // Behind a plus, so that the index of the host is taken: a subscriber may have many.
        .where(sql<string>`+subscriber`, '=', p.subscriber)
        .where('sequence', '>', p.after)
        .orderBy('sequence')
        .limit(p.limit),
    );
    this.#subscriberOf = prepare(db, (p: { hostId: string }) =>
      query.selectFrom('hosts').select('subscriber').where('host_id', '=', p.hostId),
    );
    this.#firstSince = prepare(db, (p: { since: number }) =>
      query
        .selectFrom('audit')
        .select((e) => e.fn.min('sequence').as('sequence'))
        .where('at', '>=', p.since),
    );
    this.afterRollback();
  }

  /** The last row's number. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Adds a row. Only inside a job of the group commit. */
  append(entry: AuditEntry): void {
    const row = {
      sequence: this.#sequence + 1,
      at: entry.at,
      event: entry.event,
      actor: entry.actor,
      hostId: entry.hostId ?? null,
      groupId: entry.groupId ?? null,
      detail: JSON.stringify(this.#detailOf(entry)),
    };
    const hash = chainHash(this.#hash, row);
    this.#insert.run({ ...row, hash });
    this.#sequence = row.sequence;
    this.#hash = hash;
    this.#noted(entry);
  }

  beforeCommit(): void {}

  afterRollback(): void {
    const tail = this.#tail.get({});
    this.#sequence = tail?.sequence ?? 0;
    this.#hash = tail?.hash ?? CHAIN_START;
  }

  store(commits: GroupCommit): AuditStore {
    return {
      append: (entries) =>
        commits.write(() => {
          for (const entry of entries) this.append(entry);
          return ok();
        }),
      list: async (filter, page) => {
        const after = Math.max(Number(page.cursor ?? 0) || 0, this.#before(filter.since));
        const limit = page.limit + 1;
        const rows = this.#rows(filter, { after, limit });
        return pageOf(rows.map(readRow), page.limit, (row) => String(row.sequence));
      },
    };
  }

  #rows({ hostId, subscriber }: AuditFilter, page: { readonly after: number; readonly limit: number }) {
    if (hostId !== undefined && subscriber !== undefined) return this.#ofBoth.all({ hostId, subscriber, ...page });
    if (hostId !== undefined) return this.#ofHost.all({ hostId, ...page });
    return subscriber === undefined ? this.#all.all(page) : this.#ofSubscriber.all({ subscriber, ...page });
  }

  /** What concerns a host concerns the subscriber whose it is at this time. */
  #detailOf({ hostId, detail }: AuditEntry): AuditDetail {
    if (hostId === undefined || detail.subscriber !== undefined) return detail;
    const subscriber = this.#subscriberOf.get({ hostId })?.subscriber;
    return subscriber === undefined ? detail : { ...detail, subscriber };
  }

  /** The number before the first row of this time or later. */
  #before(since: Timestamp | undefined): number {
    if (since === undefined) return 0;
    return (this.#firstSince.get({ since })?.sequence ?? this.#sequence + 1) - 1;
  }
}

function readRow(row: {
  sequence: number;
  at: number;
  event: string;
  actor: string;
  host_id: string | null;
  group_id: number | null;
  detail: string;
  hash: Uint8Array;
}): AuditRow {
  return {
    sequence: row.sequence,
    at: row.at as Timestamp,
    event: row.event as AuditEvent,
    actor: row.actor,
    ...(row.host_id !== null && { hostId: row.host_id }),
    ...(row.group_id !== null && { groupId: row.group_id }),
    detail: JSON.parse(row.detail) as AuditDetail,
    hash: hex(row.hash),
  };
}
