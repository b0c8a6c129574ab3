import { ok, type Result } from '@sublane/basics';
import { childElement, childElements } from '@sublane/netconf';
import { childText } from './child-text.ts';
import type { RpcFailure } from './failures.ts';
import type { NetconfClient } from './netconf-client.ts';
import { type NotificationEvent, type NotificationHandler, NotificationQueue } from './notification-queue.ts';
import { SUBSCRIBED_NAMESPACE, YANG_PUSH_NAMESPACE } from './operations/dynamic-subscriptions.ts';
import type { EstablishSubscription, SubscribeOptions } from './operations.ts';
import { ReplayCursor } from './replay-cursor.ts';

/** What of a stream may be lost. `message` is a whole sentence for a person. */
export interface Gap {
  /** RFC 3339: from then on. */
  readonly from: string;
  /** RFC 3339: until then, where the server says so. */
  readonly until?: string;
  readonly message: string;
}

export interface LiveSubscribeOptions {
  /**
   * Whether a new session has what was missed replayed; default true. `overlap`: how many milliseconds before the last
   * event it begins, default 2000; what came before is not handled twice.
   */
  readonly replay?: boolean | { readonly overlap: number };
  /** Told when the server cannot replay all that was missed. */
  readonly onGap?: (gap: Gap) => void;
  /** Events that wait for the handler, over all sessions; more are dropped, and it is told how many. Default 65,536. */
  readonly waiting?: number;
}

/** One handler's subscription, over the sessions of a live client. */
export interface LiveSubscription {
  /** Subscribes on a new session; `ended`: there is nothing more to come. */
  begin(client: NetconfClient): Promise<Result<unknown, RpcFailure>>;
  readonly over: boolean;
  stop(): void;
}

interface Surroundings {
  readonly now: () => number;
  readonly report: (reason: unknown) => void;
}

const STREAMS_NAMESPACE = 'urn:ietf:params:xml:ns:netmod:notification';

abstract class Subscription implements LiveSubscription {
  readonly #queue: NotificationQueue;
  readonly #options: LiveSubscribeOptions;
  readonly #now: () => number;
  readonly cursor: ReplayCursor;
  readonly #overlap: number;
  /** When it was first asked for. */
  #begun: number | undefined;
  over = false;

  constructor(handler: NotificationHandler, options: LiveSubscribeOptions, { now, report }: Surroundings) {
    this.#options = options;
    this.#now = now;
    this.#overlap = typeof options.replay === 'object' ? options.replay.overlap : 2000;
    this.cursor = new ReplayCursor(this.#overlap);
    // One queue for all sessions: events keep their order over a break, and are handled one at a time.
    this.#queue = new NotificationQueue(handler, options.waiting ?? 65_536, report);
  }

  stop(): void {
    this.over = true;
  }

  async begin(client: NetconfClient): Promise<Result<unknown, RpcFailure>> {
    const { replay = true } = this.#options;
    const again = this.#begun !== undefined;
    this.#begun ??= this.#now();
    this.cursor.end();
    if (!again || replay === false) return this.ask(client, undefined);
    const from = this.cursor.startTime ?? this.firstStart ?? new Date(this.#begun - this.#overlap).toISOString();
    this.cursor.begin(from);
    const reply = await this.ask(client, from);
    if (reply.ok || reply.failure.kind !== 'refused') return reply;
    this.cursor.end();
    const plain = await this.ask(client, undefined);
    if (plain.ok) this.gap({ from, message: `${client.name} does not replay: ${reply.failure.message}.` });
    return plain;
  }

  /** Where the caller wants the first session to begin. */
  protected abstract readonly firstStart: string | undefined;
  protected abstract ask(client: NetconfClient, from: string | undefined): Promise<Result<unknown, RpcFailure>>;

  protected get wantsGaps(): boolean {
    return this.#options.onGap !== undefined;
  }

  protected gap(gap: Gap): void {
    this.#options.onGap?.(gap);
  }

  /** The server has no events from before `until`: did any happen that were not heard? */
  protected gapUntil(until: string | undefined, name: string): void {
    const heard = this.cursor.latest ?? this.#begun!;
    if (until === undefined || !(Date.parse(until) > heard)) return;
    this.gap({ from: new Date(heard).toISOString(), until, message: `${name} has no events from before ${until}.` });
  }

  /** An event of the stream itself. */
  protected take(event: NotificationEvent): void {
    // Where nothing is ever replayed, nothing need be remembered.
    if (this.#options.replay !== false && !this.cursor.take(event.eventTime, event.xml)) return;
    this.hand(event);
  }

  protected hand({ eventTime, content, xml }: NotificationEvent): void {
    if (!this.over) this.#queue.push({ eventTime, content, xml });
  }
}

/** By create-subscription (RFC 5277). */
export class StreamSubscription extends Subscription {
  readonly #subscribe: SubscribeOptions;

  constructor(
    handler: NotificationHandler,
    options: SubscribeOptions & LiveSubscribeOptions,
    surroundings: Surroundings,
  ) {
    super(handler, options, surroundings);
    const { stream, filter, startTime, stopTime } = options;
    this.#subscribe = {
      ...(stream !== undefined && { stream }),
      ...(filter !== undefined && { filter }),
      ...(startTime !== undefined && { startTime }),
      ...(stopTime !== undefined && { stopTime }),
    };
  }

  protected override get firstStart(): string | undefined {
    return this.#subscribe.startTime;
  }

  protected override async ask(client: NetconfClient, from: string | undefined) {
    if (from !== undefined && this.wantsGaps) await this.#tellGap(client);
    return client.subscribe((event) => this.#notification(event), {
      ...this.#subscribe,
      ...(from !== undefined && { startTime: from }),
    });
  }

  #notification(event: NotificationEvent): void {
    const { content } = event;
    if (content.namespace === STREAMS_NAMESPACE && content.name === 'replayComplete' && this.cursor.replaying) {
      // The caller asked for no replay: this one is ours.
      this.cursor.end();
      return;
    }
    // RFC 5277 §3.3.2: the stop time has come.
    const complete = content.namespace === STREAMS_NAMESPACE && content.name === 'notificationComplete';
    if (complete) this.hand(event);
    else this.take(event);
    if (complete) this.stop();
  }

  /** RFC 5277 §3.3.1: the log may not reach back so far. */
  async #tellGap(client: NetconfClient): Promise<void> {
    const name = this.#subscribe.stream ?? 'NETCONF';
    const subtree = `<netconf xmlns="${STREAMS_NAMESPACE}"><streams/></netconf>`;
    const reply = await client.get({ filter: { subtree } });
    if (!reply.ok) return;
    const netconf = childElement(reply.value.data, 'netconf', STREAMS_NAMESPACE);
    const streams = netconf && childElement(netconf, 'streams');
    const stream = streams && childElements(streams).find((one) => childText(one, 'name') === name);
    const until = stream && (childText(stream, 'replayLogAgedTime') ?? childText(stream, 'replayLogCreationTime'));
    this.gapUntil(until, `"${name}" of ${client.name}`);
  }
}

/** By establish-subscription (RFC 8639, RFC 8641). */
export class EstablishedSubscription extends Subscription {
  readonly #establish: EstablishSubscription;
  #id: number | undefined;

  constructor(
    handler: NotificationHandler,
    establish: EstablishSubscription,
    options: LiveSubscribeOptions,
    surroundings: Surroundings,
  ) {
    // A datastore is told anew as a whole: there is nothing to replay.
    super(handler, 'stream' in establish ? options : { ...options, replay: false }, surroundings);
    this.#establish = establish;
  }

  protected override get firstStart(): string | undefined {
    return 'stream' in this.#establish ? this.#establish.replayStartTime : undefined;
  }

  protected override async ask(client: NetconfClient, from: string | undefined) {
    this.#id = undefined;
    // Those that come right behind the reply are held until it has been read.
    let held: NotificationEvent[] | undefined = [];
    const stop = client.listen((event) => {
      if (held === undefined) this.#notification(client, event);
      else held.push(event);
    });
    const reply = await client.establishSubscription(
      'stream' in this.#establish && from !== undefined
        ? { ...this.#establish, replayStartTime: from }
        : this.#establish,
    );
    if (!reply.ok) {
      stop();
      return reply;
    }
    this.#id = reply.value.id;
    if (from !== undefined) this.gapUntil(reply.value.replayStartTimeRevision, client.name);
    for (const event of held) this.#notification(client, event);
    held = undefined;
    return ok(reply.value);
  }

  #notification(client: NetconfClient, event: NotificationEvent): void {
    const { content } = event;
    const ofState = content.namespace === SUBSCRIBED_NAMESPACE || content.namespace === YANG_PUSH_NAMESPACE;
    if (!ofState) {
      // Events of a stream do not say which subscription they are for (RFC 8640 §5).
      if ('stream' in this.#establish) this.take(event);
      return;
    }
    if (childText(content, 'id') !== String(this.#id)) return;
    if (content.name === 'replay-completed' && this.cursor.replaying) {
      this.cursor.end();
      return;
    }
    this.hand(event);
    // The stop time has come (RFC 8639 §2.7.6); without the feature `configured` a server has no other word than the next.
    const { stopTime } = this.#establish;
    const stopped = stopTime !== undefined && Date.parse(event.eventTime) >= Date.parse(stopTime);
    if (content.name === 'subscription-completed' || stopped) this.stop();
    // §2.7.3: the server ends it, and it is asked for anew.
    else if (content.name === 'subscription-terminated') client.destroy();
  }
}
