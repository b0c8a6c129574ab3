/** Something that happened, for those who subscribed (RFC 5277 §2.2). */
export interface ServerEvent {
  /** `eventTime`. */
  readonly at: Date;
  readonly module: string;
  /** Of the notification in that module. */
  readonly name: string;
  /** The notification's element, with its namespace declared on itself. */
  readonly xml: string;
  /** Whom it is about, in the application's own words: what `audience` goes by. A host's id, say. */
  readonly about?: string;
}

/** An event with its place in the log: numbers rise and never come again. */
export interface LoggedEvent extends ServerEvent {
  readonly sequence: number;
}

/** Keeps events so that they can be replayed (RFC 5277 §3.3), also after a restart. */
export interface EventLog {
  /** Durable when it resolves; in the order of the calls. */
  append(event: ServerEvent): Promise<number>;
  /** The next events behind `after`, oldest first, at most `limit`. `since` and `until` are event times. */
  read(query: {
    readonly after?: number;
    readonly since?: Date;
    readonly until?: Date;
    readonly limit: number;
  }): Promise<readonly LoggedEvent[]>;
  /** `replayLogCreationTime`. */
  readonly createdAt: Date;
  /** `replayLogAgedTime`: of the newest event that was dropped for lack of room; undefined where none was. */
  agedAt(): Promise<Date | undefined>;
}

/** A stream (RFC 5277 §3.2.5): a choice among all events. The stream `NETCONF`, which is always there, has them all. */
export interface EventStream {
  readonly name: string;
  readonly description: string;
  includes(event: ServerEvent): boolean;
}
