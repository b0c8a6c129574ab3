import type { Log } from '@sublane/basics';
import { writeXml, type XmlElement } from '@sublane/netconf';
import type { Limits } from '../limits.ts';
import { EncodedNotification } from '../notifications/notification-message.ts';
import type { NotifiedSession } from '../notifications/outlet.ts';
import { type DynamicSubscription, isPush, type Order, type Over, type PushOrder } from './dynamic-subscription.ts';
import { PUSH_NAMESPACE } from './names.ts';
import type { PushReader } from './push-reader.ts';
import { type SuspendedReason, stateNotification, type TerminatedReason } from './state-notifications.ts';
import type { PushTerms } from './subscription-terms.ts';

export interface PushHome {
  readonly reader: PushReader;
  readonly limits: Limits;
  readonly log: Log;
  readonly over: Over;
}

/** The longest time a timer can wait. */
export const LONGEST_TIMER = 0x7fff_ffff;

/** Updates of a datastore to one subscriber (RFC 8641): what periodic ones and those on change have in common. */
export abstract class PushSubscription implements DynamicSubscription {
  readonly id: number;
  readonly session: NotifiedSession;
  excluded = 0;
  sent = 0;
  protected readonly home: PushHome;
  #order: PushOrder;
  #suspended: SuspendedReason | undefined;
  #ended = false;
  #stopTimer: NodeJS.Timeout | undefined;
  readonly #forgetSession: () => void;

  constructor(id: number, session: NotifiedSession, order: PushOrder, home: PushHome) {
    this.id = id;
    this.session = session;
    this.home = home;
    this.#order = order;
    this.#forgetSession = session.whenEnded(() => this.end());
  }

  get order(): PushOrder {
    return this.#order;
  }

  protected get terms(): PushTerms {
    return this.#order.terms;
  }

  get suspended(): boolean {
    return this.#suspended !== undefined;
  }

  protected get ended(): boolean {
    return this.#ended;
  }

  start(): void {
    if (this.#ended) return;
    this.#setStopTimer();
    this.begin();
  }

  modify(order: Order): void {
    if (this.#ended || !isPush(order)) return;
    this.#order = order;
    this.#suspended = undefined;
    this.#setStopTimer();
    this.begin();
  }

  end(reason?: TerminatedReason): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#stopTimer);
    this.halt();
    this.#forgetSession();
    if (reason !== undefined) this.session.send(stateNotification.terminated(this.id, reason));
    this.home.over(this);
  }

  /** Begins, or begins anew with other terms. */
  protected abstract begin(): void;
  /** Lets go of timers. */
  protected abstract halt(): void;

  /** Sends an update that is not larger than it may be, and a suspended subscription goes on with it. */
  protected push(notification: 'push-update' | 'push-change-update', inside: string): boolean {
    const xml = pushXml(notification, this.id, inside);
    if (isTooBig(xml, this.home.limits)) {
      this.suspend('update-too-big');
      return false;
    }
    this.resume();
    if (this.home.reader.maySend(notification, this.session)) {
      this.session.send(new EncodedNotification(new Date(), xml));
      this.sent++;
    } else this.excluded++;
    return true;
  }

  protected suspend(reason: SuspendedReason): void {
    if (this.#suspended === undefined) this.session.send(stateNotification.suspended(this.id, reason));
    this.#suspended = reason;
  }

  protected resume(): void {
    if (this.#suspended === undefined) return;
    this.#suspended = undefined;
    this.session.send(stateNotification.resumed(this.id));
  }

  #setStopTimer(): void {
    clearTimeout(this.#stopTimer);
    const { stop } = this.terms;
    if (stop === undefined) return;
    const left = stop.at.getTime() - Date.now();
    // As with a stream's, see StreamSubscription.
    const due = () => (left > LONGEST_TIMER ? this.#setStopTimer() : this.end('no-such-subscription'));
    this.#stopTimer = setTimeout(due, Math.max(0, Math.min(left, LONGEST_TIMER)));
  }
}

export function pushXml(notification: string, id: number, inside: string): string {
  return `<${notification} xmlns="${PUSH_NAMESPACE}"><id>${id}</id>${inside}</${notification}>`;
}

/**
 * What a push-update holds. `incomplete`: "not all datastore nodes subscribed to are included with this update" (RFC 8641
 * §5).
 */
export function contentsXml(nodes: readonly XmlElement[], incomplete = false): string {
  const contents = `<datastore-contents>${nodes.map(writeXml).join('')}</datastore-contents>`;
  return incomplete ? `${contents}<incomplete-update/>` : contents;
}

export function isTooBig(xml: string, { pushUpdate }: Limits): boolean {
  return Buffer.byteLength(xml) > pushUpdate;
}
