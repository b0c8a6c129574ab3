import type { Result } from '@sublane/basics';
import type { StoreRefusal } from '../refusal/refusal.ts';
import type { AuditEntry, Timestamp } from './records.ts';

/** Something that those who subscribed to it are told. */
export interface StoredEvent {
  readonly at: Timestamp;
  /** Of the YANG notification. */
  readonly module: string;
  readonly name: string;
  /** Its element. */
  readonly xml: string;
  /** The host whose business it is; absent: nobody's but the staff's. */
  readonly about?: string;
}

/** Numbers rise and never come again. */
export interface LoggedEvent extends StoredEvent {
  readonly sequence: number;
}

/** What is told of a row of the audit trail; undefined: nothing. Pure. */
export type EventOf = (entry: AuditEntry) => StoredEvent | undefined;

/**
 * The newest events, so many and so old, for those who come later. What `EventOf` makes of a row of the audit trail is
 * logged with the row, in its transaction. Sessions that come and go have room of their own: they drive out nothing else.
 */
export interface EventStore {
  append(event: StoredEvent): Promise<Result<number, StoreRefusal>>;
  /** The next events behind `after`, and the highest number that had been dropped then (0: none). */
  read(query: {
    readonly after: number;
    readonly since?: Timestamp;
    readonly until?: Timestamp;
    readonly about?: string;
    readonly limit: number;
  }): Promise<{ readonly events: readonly LoggedEvent[]; readonly agedThrough: number }>;
  /**
   * Tells of every event once it is durable, in the order of numbers, before the write that brought it is answered. Returns
   * what stops it.
   */
  watch(told: (event: LoggedEvent) => void): () => void;
  /** The number given last, 0 where none was. */
  readonly last: number;
  readonly createdAt: Timestamp;
  /** When the newest event happened that was dropped; undefined: none was. */
  agedAt(): Promise<Timestamp | undefined>;
}
