/** Something that happened, for those who subscribed (RFC 5277 §2.2). */
export interface ServerEvent {
  /** `eventTime`. */
  readonly at: Date;
  readonly module: string;
  /** Of the notification in that module. */
  readonly name: string;
  /** The notification's element, with its namespace declared on itself. */
  readonly xml: string;
  /** Whom it is about, in the application's own words: what `NotificationOptions.party` goes by. A host's id, say. */
  readonly about?: string;
}

/** An event with its place in the log: numbers rise and never come again. */
export interface LoggedEvent extends ServerEvent {
  readonly sequence: number;
}

/** What a log gives of its events. */
export interface EventQuery {
  /** Only those with higher numbers; 0 for all. */
  readonly after: number;
  /** Only those of this time or later. */
  readonly since?: Date;
  /** Only those of this time or earlier. */
  readonly until?: Date;
  /** Only those about this party. */
  readonly about?: string;
  /** At most so many, at least 1. */
  readonly limit: number;
}

export interface EventPage {
  /** In the order of their numbers. */
  readonly events: readonly LoggedEvent[];
  /** The highest number that had been dropped for lack of room when this was read; 0 where none was. */
  readonly agedThrough: number;
}

/** Keeps events so that they can be replayed (RFC 5277 §3.3), also after a restart. */
export interface EventLog {
  /** Resolves with its number when it is durable. Numbers, and what is visible to `read`, go by the order of the calls. */
  append(event: ServerEvent): Promise<number>;
  read(query: EventQuery): Promise<EventPage>;
  /**
   * For a log that also takes events by other ways than `append`, as in a transaction with what they tell of: tells of
   * every event, `append`ed ones too, once it is durable and visible to `read`, in the order of numbers, and before
   * `append` resolves. Returns what stops it.
   */
  watch?(told: (event: LoggedEvent) => void): () => void;
  /** The number given last, 0 where none was: where this server's life begins. */
  readonly last: number;
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
