import { ok } from '@sublane/basics';
import type { Database } from 'better-sqlite3';
import type { EventOf, EventStore, LoggedEvent, StoredEvent } from './event-store.ts';
import type { CommitParticipant, GroupCommit } from './group-commit.ts';
import type { AuditEntry, Timestamp } from './records.ts';
import { prepare, query } from './statement.ts';

export interface EventBounds {
  /** Events kept that are no session's beginning or end. */
  readonly events: number;
  /** Beginnings and ends of sessions kept. */
  readonly sessions: number;
  /** How much older than the newest an event may be, in milliseconds. */
  readonly age: number;
}

export const EVENT_BOUNDS: EventBounds = { events: 100_000, sessions: 20_000, age: 30 * 24 * 3_600_000 };

const OTHER = 0;
const SESSION = 1;
/** Events between two looks at what is too much. */
const PRUNE_EVERY = 256;
/** Dropped at a time for their age. */
const PRUNE_OLD = 1024;

interface LogRow {
  readonly created_at: number;
  readonly last: number;
  readonly aged_through: number;
  readonly aged_at: number | null;
}

/** The log of events. Other tables write through `noted`, inside their own job. */
export class EventTable implements CommitParticipant {
  readonly #bounds: EventBounds;
  readonly #eventOf: EventOf;
  readonly #insert;
  readonly #page;
  readonly #pageAbout;
  readonly #log;
  readonly #setLog;
  readonly #newest;
  readonly #oldest;
  readonly #dropKind;
  readonly #drop;
  readonly #watchers = new Set<(event: LoggedEvent) => void>();
  /** Written in the transaction under way. */
  #fresh: LoggedEvent[] = [];
  #last = 0;
  #agedThrough = 0;
  #agedAt: number | null = null;
  #sincePruned = 0;
  #createdAt: Timestamp;

  constructor(db: Database, eventOf: EventOf, bounds: EventBounds = EVENT_BOUNDS) {
    this.#bounds = bounds;
    this.#eventOf = eventOf;
    this.#insert = prepare(db, (p: Row) =>
      query.insertInto('events').values({
        sequence: p.sequence,
        kind: p.kind,
        at: p.at,
        module: p.module,
        name: p.name,
        xml: p.xml,
        about: p.about,
      }),
    );
    const page = (p: PageBounds) =>
      query
        .selectFrom('events')
        .selectAll()
        .where('sequence', '>', p.after)
        .where('at', '>=', p.since)
        .where('at', '<=', p.until)
        .orderBy('sequence')
        .limit(p.limit);
    this.#page = prepare(db, page);
    this.#pageAbout = prepare(db, (p: PageBounds & { about: string }) => page(p).where('about', '=', p.about));
    this.#log = prepare(db, (_: object) => query.selectFrom('event_log').selectAll());
    this.#setLog = prepare(db, (p: { last: number; agedThrough: number; agedAt: number | null }) =>
      query.updateTable('event_log').set({ last: p.last, aged_through: p.agedThrough, aged_at: p.agedAt }),
    );
    this.#newest = prepare(db, (p: { kind: number; beyond: number }) =>
      query
        .selectFrom('events')
        .select(['sequence', 'at'])
        .where('kind', '=', p.kind)
        .orderBy('sequence', 'desc')
        .limit(1)
        .offset(p.beyond),
    );
    this.#oldest = prepare(db, (p: { limit: number }) =>
      query.selectFrom('events').select(['sequence', 'at']).orderBy('sequence').limit(p.limit),
    );
    this.#dropKind = prepare(db, (p: { kind: number; through: number }) =>
      query.deleteFrom('events').where('kind', '=', p.kind).where('sequence', '<=', p.through),
    );
    this.#drop = prepare(db, (p: { through: number }) => query.deleteFrom('events').where('sequence', '<=', p.through));
    this.#createdAt = this.#reread().created_at as Timestamp;
  }

  /** A row of the trail was written. Only inside a job of the group commit. */
  noted(entry: AuditEntry): void {
    const event = this.#eventOf(entry);
    if (event !== undefined) this.#append(event);
  }

  beforeCommit(): void {
    if (this.#fresh.length === 0) return;
    this.#sincePruned += this.#fresh.length;
    if (this.#sincePruned >= PRUNE_EVERY) this.#prune();
    this.#setLog.run({ last: this.#last, agedThrough: this.#agedThrough, agedAt: this.#agedAt });
  }

  afterRollback(): void {
    this.#fresh = [];
    this.#reread();
  }

  afterCommit(): void {
    if (this.#fresh.length === 0) return;
    const fresh = this.#fresh;
    this.#fresh = [];
    for (const event of fresh) for (const told of this.#watchers) told(event);
  }

  store(commits: GroupCommit): EventStore {
    const table = this;
    return {
      append: (event) => commits.write(() => ok(this.#append(event))),
      read: async ({ after, since = 0, until = Number.MAX_SAFE_INTEGER, about, limit }) => {
        const bounds = { after, since, until, limit };
        const rows = about === undefined ? this.#page.all(bounds) : this.#pageAbout.all({ ...bounds, about });
        return { events: rows.map(readRow), agedThrough: this.#agedThrough };
      },
      watch: (told) => {
        this.#watchers.add(told);
        return () => void this.#watchers.delete(told);
      },
      get last() {
        return table.#last;
      },
      createdAt: this.#createdAt,
      agedAt: async () => (this.#agedAt ?? undefined) as Timestamp | undefined,
    };
  }

  #append(event: StoredEvent): number {
    const sequence = ++this.#last;
    const kind = event.name.startsWith('netconf-session-') ? SESSION : OTHER;
    const { at, module, name, xml, about = null } = event;
    this.#insert.run({ sequence, kind, at, module, name, xml, about });
    this.#fresh.push({ ...event, sequence });
    return sequence;
  }

  #prune(): void {
    this.#sincePruned = 0;
    for (const [kind, most] of [
      [OTHER, this.#bounds.events],
      [SESSION, this.#bounds.sessions],
    ] as const) {
      const last = this.#newest.get({ kind, beyond: most });
      if (last !== undefined && this.#dropKind.run({ kind, through: last.sequence }) > 0) this.#age(last);
    }
    const oldest = (this.#fresh.at(-1)?.at ?? 0) - this.#bounds.age;
    const old = this.#oldest.all({ limit: PRUNE_OLD }).findLast(({ at }) => at < oldest);
    if (old !== undefined && this.#drop.run({ through: old.sequence }) > 0) this.#age(old);
  }

  #age({ sequence, at }: { readonly sequence: number; readonly at: number }): void {
    if (sequence <= this.#agedThrough) return;
    this.#agedThrough = sequence;
    this.#agedAt = at;
  }

  #reread(): LogRow {
    const row = this.#log.get({});
    if (row === undefined) throw new Error('the log of events has lost its row');
    this.#last = row.last;
    this.#agedThrough = row.aged_through;
    this.#agedAt = row.aged_at;
    return row;
  }
}

interface PageBounds {
  readonly after: number;
  readonly since: number;
  readonly until: number;
  readonly limit: number;
}

interface Row {
  readonly sequence: number;
  readonly kind: number;
  readonly at: number;
  readonly module: string;
  readonly name: string;
  readonly xml: string;
  readonly about: string | null;
}

function readRow({ sequence, at, module, name, xml, about }: Row): LoggedEvent {
  return { sequence, at: at as Timestamp, module, name, xml, ...(about !== null && { about }) };
}
