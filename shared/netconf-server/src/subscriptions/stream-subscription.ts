import type { EventHub } from '../notifications/event-hub.ts';
import type { NotifiedSession } from '../notifications/outlet.ts';
import type { EventFilter, Subscription, SubscriptionEnd } from '../notifications/subscription.ts';
import { type DynamicSubscription, isPush, type Order, type Over, type StreamOrder } from './dynamic-subscription.ts';
import { stateNotification, type TerminatedReason } from './state-notifications.ts';

/** Events of a stream (RFC 8639 §2.4): the hub brings them, here is told what becomes of it. */
export class StreamSubscription implements DynamicSubscription {
  readonly id: number;
  readonly session: NotifiedSession;
  readonly #hub: EventHub;
  readonly #over: Over;
  #order: StreamOrder;
  #events: Subscription;
  #suspended = false;
  #finished = false;
  readonly #forgetSession: () => void;
  /** Counted by earlier subscriptions at the hub, those before a suspension. */
  #sentBefore = 0;
  #excludedBefore = 0;
  /** What the subscriber is to be told when it ends; undefined for nothing. */
  #reason: TerminatedReason | undefined;

  constructor(
    id: number,
    session: NotifiedSession,
    order: StreamOrder,
    home: { readonly hub: EventHub; readonly over: Over },
  ) {
    this.id = id;
    this.session = session;
    this.#order = order;
    this.#hub = home.hub;
    this.#over = home.over;
    // Else, while it is suspended, nobody would notice.
    this.#forgetSession = session.whenEnded(() => this.#finish());
    this.#events = this.#subscribe(order.terms.replayStart?.at);
  }

  get order(): StreamOrder {
    return this.#order;
  }

  get suspended(): boolean {
    return this.#suspended;
  }

  get sent(): number {
    return this.#sentBefore + (this.#suspended ? 0 : this.#events.sent);
  }

  get excluded(): number {
    return this.#excludedBefore + (this.#suspended ? 0 : this.#events.excluded);
  }

  start(): void {
    this.#events.start();
  }

  modify(order: Order): void {
    if (isPush(order)) return;
    this.#order = order;
    // "A successful 'modify-subscription' will return a suspended subscription to the 'active' state" (RFC 8639 §4); its
    // reply says so already.
    if (this.#suspended) this.#goOn();
    else this.#events.modify({ filter: this.#passes, until: order.terms.stop?.at });
  }

  end(reason?: TerminatedReason): void {
    this.#reason = reason;
    if (this.#suspended) this.#finish();
    else this.#events.stop();
  }

  readonly #passes: EventFilter = (message) => this.#order.passes?.(message.element) ?? true;

  #subscribe(replayFrom: Date | undefined): Subscription {
    return this.#hub.subscribe({
      session: this.session,
      stream: this.#order.terms.stream,
      filter: this.#passes,
      replayFrom,
      until: this.#order.terms.stop?.at,
      replayed: () => this.session.send(stateNotification.replayCompleted(this.id)),
      ended: (end) => this.#ended(end),
    });
  }

  #ended(end: SubscriptionEnd): void {
    switch (end.kind) {
      case 'complete':
        // subscription-completed is of the feature `configured` only (RFC 8639 §4): for a dynamic subscription what
        // remains is that there is none of this number any more.
        this.#reason = 'no-such-subscription';
        break;
      case 'lost':
        this.#suspend();
        return;
      case 'failed':
        this.#reason = 'stream-unavailable';
        break;
      case 'stopped':
      case 'session-ended':
        break;
      default:
        end satisfies never;
    }
    this.#finish();
  }

  /** The subscriber did not take what there was: until it does nothing is kept for it. */
  #suspend(): void {
    this.#suspended = true;
    this.#sentBefore += this.#events.sent;
    this.#excludedBefore += this.#events.excluded;
    this.session.send(stateNotification.suspended(this.id, 'unsupportable-volume'));
    this.session.whenReady(() => {
      if (!this.#suspended) return;
      this.session.send(stateNotification.resumed(this.id));
      this.#goOn();
    });
  }

  #goOn(): void {
    this.#suspended = false;
    this.#events = this.#subscribe(undefined);
    this.#events.start();
  }

  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#suspended = false;
    this.#forgetSession();
    if (this.#reason !== undefined) this.session.send(stateNotification.terminated(this.id, this.#reason));
    this.#over(this);
  }
}
