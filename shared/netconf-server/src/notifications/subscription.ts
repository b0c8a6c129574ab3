import type { EventStream } from './event.ts';
import type { EventHub } from './event-hub.ts';
import { EventMessage } from './notification-message.ts';
import type { NotifiedSession } from './outlet.ts';
import { WaitingMessages } from './waiting-messages.ts';

/** Which events of a stream are wanted. An event that passes is sent whole. */
export type EventFilter = (message: EventMessage) => boolean;

export interface SubscriptionRequest {
  readonly session: NotifiedSession;
  readonly stream: EventStream;
  readonly filter?: EventFilter | undefined;
  /** First what the log has of this time and later. Only for a hub that has a log. */
  readonly replayFrom?: Date | undefined;
  /** Events later than this are not wanted; when it has passed the subscription is complete. */
  readonly until?: Date | undefined;
  /** Where `replayFrom` was given: all that the log had at the start has been sent, nothing newer has. */
  replayed?(): void;
  /** Called once, whatever the reason. Everything before has been sent, nothing will be. */
  ended(end: SubscriptionEnd): void;
}

export type SubscriptionEnd =
  /** `until` has passed. */
  | { readonly kind: 'complete' }
  /** The subscriber did not keep up: `count` events or more do not reach it. */
  | { readonly kind: 'lost'; readonly count: number; readonly message: string }
  /** By its owner. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'session-ended' }
  /** The log could not be read; logged. */
  | { readonly kind: 'failed'; readonly message: string };

/** `live`: events come as they happen. `pulling`: they come from the log until the subscriber has caught up. */
type State = 'new' | 'live' | 'pulling' | 'ended';

/** Events read from the log at a time. */
const PAGE = 128;
const turn = () => new Promise((resolve) => setImmediate(resolve));
/** The longest time a timer can wait. */
const LONGEST_TIMER = 0x7fff_ffff;

/**
 * Events on their way to one session, in order, each once. A subscriber that does not take them holds a bounded queue;
 * when that is full it is served from the log where there is one, as fast as it reads, else its subscription ends.
 */
export class Subscription {
  readonly session: NotifiedSession;
  readonly stream: EventStream;
  /** Whom alone its events are about; undefined for everybody. */
  readonly party: string | undefined;
  /** Events sent. */
  sent = 0;
  /** Events of the stream that the filter or access control held back. */
  excluded = 0;
  readonly #hub: EventHub;
  readonly #request: SubscriptionRequest;
  readonly #queue: WaitingMessages;
  #filter: EventFilter | undefined;
  #until: Date | undefined;
  #state: State = 'new';
  /** Everything up to this number has been sent or was not wanted. */
  #position: number;
  /** The highest number looked at: what is excluded is counted once. */
  #looked = 0;
  /** Nothing before `#position` is owed any more; of a replay: not before its first page. */
  #begun: boolean;
  /** A page is being read. */
  #reading = false;
  /** While pulling: does the queue hold all that happened since the page was asked for? */
  #queueIsWhole = false;
  /** The newest event of the replay; undefined where there is none, or when it is over. */
  #replayThrough: number | undefined;
  #awaitsReady = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #forgetSession: () => void;

  /** Made by `EventHub.subscribe`. */
  constructor(hub: EventHub, request: SubscriptionRequest, party: string | undefined) {
    this.#hub = hub;
    this.#request = request;
    this.session = request.session;
    this.stream = request.stream;
    this.party = party;
    this.#filter = request.filter;
    this.#until = request.until;
    this.#queue = new WaitingMessages(this.session.framing);
    this.#begun = request.replayFrom === undefined;
    this.#position = this.#begun ? hub.head : 0;
    this.#forgetSession = this.session.whenEnded(() => this.#end({ kind: 'session-ended' }));
  }

  get active(): boolean {
    return this.#state !== 'ended';
  }

  /** Begins to send: to be called when the subscriber has been told that it is subscribed (`session.afterReply`). */
  start(): void {
    if (this.#state !== 'new') return;
    this.#setTimer();
    if (this.#hub.eventLog === undefined) {
      this.#state = 'live';
      this.#drain();
      return;
    }
    if (this.#request.replayFrom !== undefined) this.#replayThrough = this.#hub.head;
    this.#state = 'pulling';
    this.#catchUp();
  }

  stop(): void {
    this.#end({ kind: 'stopped' });
  }

  /** What has not been sent yet goes by the new terms. */
  modify(terms: { readonly filter?: EventFilter | undefined; readonly until?: Date | undefined }): void {
    if ('filter' in terms) this.#filter = terms.filter;
    if ('until' in terms) this.#until = terms.until;
    this.#setTimer();
  }

  /** The hub's call: this has happened. */
  offer(message: EventMessage): void {
    const { sequence } = message;
    if (this.#state === 'ended' || (sequence !== undefined && sequence <= this.#position)) return;
    if (this.#state === 'live') this.#offerLive(message);
    else if (this.#state === 'pulling') this.#offerWhilePulling(message);
    else if (this.#hub.eventLog === undefined) this.#queueUp(message);
  }

  #offerLive(message: EventMessage): void {
    if (this.#queue.length > 0 || this.session.congested) {
      this.#queueUp(message);
      this.#awaitReady();
    } else this.#handle(message);
  }

  #offerWhilePulling(message: EventMessage): void {
    if (!this.#queueIsWhole) return;
    this.#queue.push(message);
    if (this.#queue.bytes <= this.#hub.limits.queuedNotifications) return;
    this.#queue.clear();
    this.#queueIsWhole = false;
  }

  #queueUp(message: EventMessage): void {
    if (!this.#wants(message)) return;
    this.#queue.push(message);
    if (this.#queue.bytes <= this.#hub.limits.queuedNotifications) return;
    if (this.#queue.unlogged) {
      this.#lose(this.#queue.length);
      return;
    }
    this.#queue.clear();
    this.#queueIsWhole = false;
    this.#state = 'pulling';
    this.#awaitReady();
  }

  /** Sends the queue as far as the session takes it. */
  #drain(): void {
    while (this.#state === 'live' && !this.session.congested) {
      const next = this.#queue.shift();
      if (next === undefined) {
        this.#completeIfDue();
        return;
      }
      // What came while a page was read may have been in it.
      if (next.sequence === undefined || next.sequence > this.#position) this.#handle(next);
    }
    if (this.#state === 'live') this.#awaitReady();
  }

  #catchUp(): void {
    this.#pull().catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#hub.log.error({ err: error, session: this.session.id }, 'a subscription failed');
    this.#end({ kind: 'failed', message: 'the subscription failed inside the server' });
  }

  /** Reads the log from where the subscriber is, until it has all. */
  async #pull(): Promise<void> {
    if (this.#reading) return;
    while (this.#state === 'pulling') {
      if (this.session.congested) {
        this.#awaitReady();
        return;
      }
      const before = this.#hub.head;
      const page = await this.#readPage();
      if (page === undefined || this.#state !== 'pulling') return;
      // At the beginning of a replay what is gone is gone: "the replay will begin with the earliest available
      // notification" (RFC 5277 §2.1.1).
      if (this.#begun && page.agedThrough > this.#position) {
        this.#lose(page.agedThrough - this.#position);
        return;
      }
      this.#begun = true;
      for (const event of page.events) {
        if (this.session.congested) break;
        if (this.#replayThrough !== undefined && event.sequence > this.#replayThrough) {
          this.#endReplay();
          if (this.session.congested) break;
        }
        this.#handle(new EventMessage(event, event.sequence));
        if (this.#state !== 'pulling') return;
      }
      if (page.events.length === PAGE) {
        // A log may answer at once, page after page, and a filter leave all of it out: others have their turn between.
        await turn();
        continue;
      }
      if (this.session.congested) continue;
      // All that had happened when the page was asked for has been seen.
      this.#position = Math.max(this.#position, before);
      this.#endReplay();
      if (!this.#queueIsWhole) continue;
      this.#state = 'live';
      this.#drain();
    }
  }

  async #readPage() {
    this.#reading = true;
    this.#queue.clear();
    this.#queueIsWhole = true;
    try {
      return await this.#hub.eventLog?.read({
        after: this.#position,
        limit: PAGE,
        ...(this.#replayThrough !== undefined && this.#request.replayFrom && { since: this.#request.replayFrom }),
        ...(this.#until && { until: this.#until }),
        ...(this.party !== undefined && { about: this.party }),
      });
    } catch (error) {
      this.#hub.log.error({ err: error, session: this.session.id }, 'the log of events could not be read');
      this.#end({ kind: 'failed', message: 'the log of events could not be read' });
      return undefined;
    } finally {
      this.#reading = false;
    }
  }

  /** One event in its turn. */
  #handle(message: EventMessage): void {
    const { sequence } = message;
    if (this.#wants(message)) {
      this.session.send(message);
      this.sent++;
    }
    if (sequence !== undefined) this.#position = sequence;
  }

  #endReplay(): void {
    if (this.#replayThrough === undefined) return;
    this.#replayThrough = undefined;
    this.#request.replayed?.();
  }

  #wants(message: EventMessage): boolean {
    const { event, sequence } = message;
    if (this.#until !== undefined && event.at > this.#until) return false;
    const verdict = this.#hub.verdict(this, message, this.#filter);
    if (sequence === undefined || sequence > this.#looked) {
      if (verdict === 'denied') this.#hub.denied();
      if (verdict === 'denied' || verdict === 'filtered') this.excluded++;
      if (sequence !== undefined) this.#looked = sequence;
    }
    return verdict === 'wanted';
  }

  #awaitReady(): void {
    if (this.#awaitsReady) return;
    this.#awaitsReady = true;
    this.session.whenReady(() => {
      this.#awaitsReady = false;
      try {
        if (this.#state === 'live') this.#drain();
        else if (this.#state === 'pulling') this.#catchUp();
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#until === undefined || this.#state === 'ended') return;
    const left = this.#until.getTime() - Date.now();
    if (left <= 0) return;
    this.#timer = setTimeout(
      () => {
        this.#setTimer();
        // What happened before may still be on its way through the log.
        void this.#hub.settled().then(() => {
          if (this.#state === 'live') this.#completeIfDue();
        });
      },
      Math.min(left, LONGEST_TIMER),
    );
  }

  #completeIfDue(): void {
    if (this.#until === undefined || this.#queue.length > 0 || Date.now() < this.#until.getTime()) return;
    this.#end({ kind: 'complete' });
  }

  #lose(count: number): void {
    const message = `the subscriber did not take its notifications in time: ${count} or more are lost`;
    this.#end({ kind: 'lost', count, message });
  }

  #end(end: SubscriptionEnd): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    clearTimeout(this.#timer);
    this.#queue.clear();
    this.#forgetSession();
    this.#hub.forget(this);
    this.#request.ended(end);
  }
}
