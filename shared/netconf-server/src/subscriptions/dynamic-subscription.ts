import type { XmlElement } from '@sublane/netconf';
import type { DataFilter } from '../filter/data-filter.ts';
import type { NotifiedSession } from '../notifications/outlet.ts';
import type { EventTest } from './selection.ts';
import type { TerminatedReason } from './state-notifications.ts';
import type { PushTerms, StreamTerms, Terms } from './subscription-terms.ts';

/** A subscription's terms with its filter ready for use, and as it is written; undefined where there is none. */
export interface StreamOrder {
  readonly terms: StreamTerms;
  readonly filter: XmlElement | undefined;
  readonly passes: EventTest | undefined;
}

export interface PushOrder {
  readonly terms: PushTerms;
  readonly filter: XmlElement | undefined;
  readonly selects: DataFilter | undefined;
}

export type Order = StreamOrder | PushOrder;

export const isPush = (order: Order): order is PushOrder => order.terms.kind === 'datastore';

/** A subscription by establish-subscription (RFC 8639 §2.4): of one session, for as long as that lasts. */
export interface DynamicSubscription {
  readonly id: number;
  readonly session: NotifiedSession;
  readonly order: Order;
  /** RFC 8639 §2.4.1. */
  readonly suspended: boolean;
  /** Event records, or updates, sent. */
  readonly sent: number;
  /** Event records that the filter or access control held back. */
  readonly excluded: number;
  /** Begins to send: the subscriber has its answer. */
  start(): void;
  /** What has not been sent yet goes by this order, of the same kind. A suspended one goes on. */
  modify(order: Order): void;
  /** Ends it; the reason is told to the subscriber where there is one. */
  end(reason?: TerminatedReason): void;
}

export const termsOf = ({ order }: DynamicSubscription): Terms => order.terms;

/** Told once, when a subscription is over. */
export type Over = (subscription: DynamicSubscription) => void;
