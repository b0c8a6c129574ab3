import type { Log } from '@sublane/basics';
import type { AccessControl, Identity } from '../access.ts';
import type { Limits } from '../limits.ts';
import type { SchemaIndex } from '../schema-index.ts';
import type { EventLog, EventStream, ServerEvent } from './event.ts';
import { EventMessage } from './notification-message.ts';
import type { NotifiedSession } from './outlet.ts';
import { mayReceiveEvent } from './receive-access.ts';
import { type EventFilter, Subscription, type SubscriptionRequest } from './subscription.ts';

/** How a server tells of events (RFC 5277); with it the server offers :notification and :interleave. */
export interface NotificationOptions {
  /** Streams besides `NETCONF`. */
  readonly streams?: readonly EventStream[];
  /** With it events can be replayed, and slow subscribers catch up. Without one they are dropped when their queue is full. */
  readonly log?: EventLog;
  /**
   * Whom an identity stands for, where it may hear of nobody else: it gets only events about that party. Undefined: it
   * gets events about anybody and nobody. What the server itself tells of a session is about its identity's party.
   */
  readonly party?: (identity: Identity) => string | undefined;
}

/** "This stream contains all NETCONF XML event notifications supported by the NETCONF server." (RFC 5277 §3.2.3) */
export const NETCONF_STREAM: EventStream = {
  name: 'NETCONF',
  description: 'all events of this server',
  includes: () => true,
};

/** Leads what happens to those who subscribed to it. */
export class EventHub {
  readonly streams: ReadonlyMap<string, EventStream>;
  readonly eventLog: EventLog | undefined;
  readonly limits: Limits;
  readonly log: Log;
  readonly party: (identity: Identity) => string | undefined;
  /** How a session has subscribed: RFC 5277's and RFC 8639's ways exclude each other (RFC 8640 §3). Kept by both. */
  readonly subscribed = new Map<NotifiedSession, 'create-subscription' | 'establish-subscription'>();
  readonly #access: AccessControl;
  readonly #schema: SchemaIndex | undefined;
  readonly #ofEverybody = new Set<Subscription>();
  readonly #ofParty = new Map<string, Set<Subscription>>();
  #head: number;
  readonly #stopWatching: (() => void) | undefined;
  /** Events on their way through the log. */
  #last: Promise<void> = Promise.resolve();

  constructor(
    options: NotificationOptions,
    home: {
      readonly access: AccessControl;
      readonly limits: Limits;
      readonly log: Log;
      /** Without one, every notification is taken for one at the top of its module. */
      readonly schema?: SchemaIndex;
    },
  ) {
    this.streams = new Map([NETCONF_STREAM, ...(options.streams ?? [])].map((stream) => [stream.name, stream]));
    this.eventLog = options.log;
    this.limits = home.limits;
    this.log = home.log;
    this.party = options.party ?? (() => undefined);
    this.#access = home.access;
    this.#schema = home.schema;
    this.#head = options.log?.last ?? 0;
    this.#stopWatching = options.log?.watch?.((event) => this.#tell(new EventMessage(event, event.sequence)));
  }

  /** The number of the newest event that has been told of. */
  get head(): number {
    return this.#head;
  }

  /** How many subscriptions there are. */
  get size(): number {
    let size = this.#ofEverybody.size;
    for (const { size: ofOne } of this.#ofParty.values()) size += ofOne;
    return size;
  }

  /** A subscription that has not begun: `start` it when the subscriber has its answer. */
  subscribe(request: SubscriptionRequest): Subscription {
    const party = this.party(request.session.identity);
    const subscription = new Subscription(this, request, party);
    if (party === undefined) this.#ofEverybody.add(subscription);
    else {
      const others = this.#ofParty.get(party);
      if (others === undefined) this.#ofParty.set(party, new Set([subscription]));
      else others.add(subscription);
    }
    return subscription;
  }

  /** The subscription's call: it has ended. */
  forget(subscription: Subscription): void {
    const { party } = subscription;
    if (party === undefined) {
      this.#ofEverybody.delete(subscription);
      return;
    }
    const others = this.#ofParty.get(party);
    others?.delete(subscription);
    if (others?.size === 0) this.#ofParty.delete(party);
  }

  /**
   * Tells of an event: once it is in the log, where there is one, and in the order of the calls. Resolves then; an event
   * that the log does not take is told of all the same, and logged as an error.
   */
  publish(event: ServerEvent): Promise<void> {
    if (this.eventLog === undefined) {
      this.#tell(new EventMessage(event, undefined));
      return Promise.resolve();
    }
    const appended = this.eventLog.append(event).catch((error: unknown) => {
      this.log.error({ err: error, event: `${event.module}:${event.name}` }, 'an event could not be logged');
      return undefined;
    });
    const told = this.#last
      .then(() => appended)
      .then((sequence) => {
        if (sequence === undefined || this.#stopWatching === undefined) this.#tell(new EventMessage(event, sequence));
      });
    this.#last = told;
    return told;
  }

  /** Tells of nothing more that the log has from elsewhere. What has been published is in the log when it resolves. */
  async close(): Promise<void> {
    await this.#last;
    this.#stopWatching?.();
  }

  /** Resolves when what has been published until now has been told of. */
  settled(): Promise<void> {
    return this.#last;
  }

  #tell(message: EventMessage): void {
    if (message.sequence !== undefined) this.#head = message.sequence;
    const { about } = message.event;
    for (const subscription of this.#ofEverybody) this.#offer(subscription, message);
    if (about === undefined) return;
    for (const subscription of this.#ofParty.get(about) ?? []) this.#offer(subscription, message);
  }

  /** The fault of one reaches nobody else, least of all the log that tells. */
  #offer(subscription: Subscription, message: EventMessage): void {
    try {
      subscription.offer(message);
    } catch (error) {
      this.log.error({ err: error, session: subscription.session.id }, 'a subscription failed');
    }
  }

  /** The subscription's question. */
  verdict({ stream, party, session }: Subscription, message: EventMessage, filter: EventFilter | undefined): Verdict {
    const { event } = message;
    try {
      if ((party !== undefined && event.about !== party) || !stream.includes(event)) return 'not-in-stream';
      if (!this.#mayReceive(session.identity, message)) return 'denied';
      return filter === undefined || filter(message) ? 'wanted' : 'filtered';
    } catch (error) {
      this.log.error({ err: error, stream: stream.name, session: session.id }, 'a stream or filter failed');
      return 'filtered';
    }
  }

  #mayReceive(identity: Identity, message: EventMessage): boolean {
    const { module, name } = message.event;
    if (this.#schema === undefined) return this.#access.mayReceive(identity, module, name).permit;
    return mayReceiveEvent(this.#access, identity, message, this.#schema);
  }

  /** The subscription's call, once for an event that is `denied` to it. */
  denied(): void {
    this.#access.refused?.('receive');
  }
}

export type Verdict = 'wanted' | 'denied' | 'filtered' | 'not-in-stream';
