import { failed, type JsonObject, ok, type Result } from '@sublane/basics';
import { type RpcError, rpcError, writeXml, type XmlElement } from '@sublane/netconf';
import type { ConfigChange } from '../datastore.ts';
import type { DatastoreEvent } from '../datastores.ts';
import type { EventHub } from '../notifications/event-hub.ts';
import type { NotifiedSession } from '../notifications/outlet.ts';
import type { OperationalProvider } from '../operational.ts';
import type { SchemaIndex } from '../schema-index.ts';
import { type DynamicSubscription, isPush, type Order } from './dynamic-subscription.ts';
import { FairTurns } from './fair-turns.ts';
import type { Grounds } from './grounds.ts';
import { SUBSCRIBED_MODULE } from './names.ts';
import { OnChangePush } from './on-change-push.ts';
import { OrderReader, type OrderRequest } from './order-reader.ts';
import { PeriodicPush } from './periodic-push.ts';
import { PushReader } from './push-reader.ts';
import { contentsXml, isTooBig, pushXml } from './push-subscription.ts';
import { stateNotification } from './state-notifications.ts';
import { StreamSubscription } from './stream-subscription.ts';
import { type Asked, type RefusalReason, subscriptionRefusal } from './subscription-refusal.ts';
import { termsXml } from './subscription-terms.ts';

type Answer<Value> = Result<Value, readonly RpcError[]>;

/** Undefined where the schema has not RFC 8639's module. */
export function offerSubscriptions(grounds: Grounds, hub: EventHub): DynamicSubscriptions | undefined {
  return grounds.schema.moduleNamed(SUBSCRIBED_MODULE)?.implemented
    ? new DynamicSubscriptions(grounds, hub)
    : undefined;
}

/** All subscriptions by establish-subscription of a server (RFC 8639 §2.4, RFC 8641 §4.4). */
export class DynamicSubscriptions {
  readonly hub: EventHub;
  readonly #context: Grounds;
  readonly #orders: OrderReader;
  readonly #reader: PushReader;
  readonly #turns = new FairTurns();
  readonly #byId = new Map<number, DynamicSubscription>();
  readonly #ofSession = new Map<NotifiedSession, Set<DynamicSubscription>>();
  readonly #unwatch: readonly ((() => void) | undefined)[];
  #lastId = 0;

  constructor(context: Grounds, hub: EventHub) {
    this.hub = hub;
    this.#context = context;
    this.#orders = new OrderReader(context, hub);
    this.#reader = new PushReader(context);
    this.#unwatch = [
      context.datastores?.watch((event) => this.#datastoreChanged(event)),
      ...context.providers.map((provider) => provider.watch?.(() => this.#stateChanged(provider))),
    ];
  }

  /** Looks at the datastores no more: the server has closed. */
  close(): void {
    for (const stop of this.#unwatch) stop?.();
  }

  all(): Iterable<DynamicSubscription> {
    return this.#byId.values();
  }

  /** Makes a subscription, which begins once its maker has the answer. */
  async establish(request: OrderRequest, signal: AbortSignal): Promise<Answer<DynamicSubscription>> {
    const { session } = request;
    // "A solution MUST reply with the RPC error 'operation-not-supported' if an 'establish-subscription' request has been
    // received on a NETCONF session where the 'create-subscription' RPC has successfully created a subscription" (RFC
    // 8640 §3).
    if (this.hub.subscribed.get(session) === 'create-subscription') {
      const message = 'this session has a subscription by create-subscription; open another session';
      return failed([rpcError.operationNotSupported('protocol', { message })]);
    }
    const order = this.#orders.establish(request);
    if (!order.ok) return order;
    const tooMany = this.#refuseMore(session, order.value);
    if (tooMany !== undefined) return failed([tooMany]);
    const unsendable = await this.#refuseUnsendable(order.value, session, 'establish-datastore', signal);
    if (unsendable !== undefined) return failed([unsendable]);
    if (!session.open) return failed([rpcError.operationFailed('application', { message: 'the session has ended' })]);
    return ok(this.#add(order.value, session));
  }

  /** RFC 8639 §2.4.3. */
  async modify(request: OrderRequest, signal: AbortSignal): Promise<Answer<undefined>> {
    const { session, operation } = request;
    const input = this.#orders.input(operation);
    if (!input.ok) return input;
    const subscription = this.#own(input.value, session);
    if (subscription === undefined) return failed([noSuch('modify-stream', 'no-such-subscription', input.value)]);
    const order = this.#orders.modify(subscription.order, input.value, request);
    if (!order.ok) return order;
    const unsendable = await this.#refuseUnsendable(order.value, session, 'modify-datastore', signal);
    if (unsendable !== undefined) return failed([unsendable]);
    // What is sent before the answer goes by the old terms, what is sent after it by the new ones.
    session.afterReply(() => subscription.modify(order.value));
    return ok();
  }

  /** RFC 8639 §2.4.4: one of the session's own. */
  delete({ operation, session }: OrderRequest): Answer<undefined> {
    const input = this.#orders.input(operation);
    if (!input.ok) return input;
    const subscription = this.#own(input.value, session);
    if (subscription === undefined) return failed([noSuch('delete', 'no-such-subscription', input.value)]);
    subscription.end();
    return ok();
  }

  /** RFC 8639 §2.4.5: anybody's, who is told. */
  kill({ operation }: OrderRequest): Answer<undefined> {
    const input = this.#orders.input(operation);
    if (!input.ok) return input;
    const subscription = this.#byId.get(Number(input.value.id));
    if (subscription === undefined) {
      return failed([noSuch('delete', 'no-such-subscription', input.value, 'this server has')]);
    }
    subscription.end('no-such-subscription');
    return ok();
  }

  /** RFC 8641 §4.4.4. */
  async resync({ operation, session }: OrderRequest, signal: AbortSignal): Promise<Answer<undefined>> {
    const input = this.#orders.input(operation);
    if (!input.ok) return input;
    const subscription = this.#own(input.value, session);
    if (subscription === undefined) return failed([noSuch('resync', 'no-such-subscription-resync', input.value)]);
    const { order } = subscription;
    const syncs = isPush(order) && order.terms.trigger.kind === 'on-change' && order.terms.trigger.syncOnStart;
    if (!syncs || !(subscription instanceof OnChangePush)) {
      const message = 'only a subscription on change with sync-on-start can be synchronised';
      return failed([subscriptionRefusal('resync', 'on-change-sync-unsupported', message)]);
    }
    const { nodes } = await this.#reader.read(order, session, signal);
    const tooBig = this.#tooBig(nodes, 'resync', 'sync-too-big');
    if (tooBig !== undefined) return failed([tooBig]);
    session.afterReply(() => subscription.synchronise());
    return ok();
  }

  #own({ id }: JsonObject, session: NotifiedSession): DynamicSubscription | undefined {
    const subscription = this.#byId.get(Number(id));
    return subscription?.session === session ? subscription : undefined;
  }

  #refuseMore(session: NotifiedSession, order: Order): RpcError | undefined {
    const { subscriptions, subscriptionsPerSession, subscriptionsPerUser } = this.hub.limits;
    const { user } = session.identity;
    let ofUser = 0;
    for (const [other, { size }] of this.#ofSession) if (other.identity.user === user) ofUser += size;
    const has =
      (this.#ofSession.get(session)?.size ?? 0) >= subscriptionsPerSession
        ? `this session has ${subscriptionsPerSession}`
        : ofUser >= subscriptionsPerUser
          ? `${user} has ${subscriptionsPerUser}`
          : this.#byId.size >= subscriptions
            ? `the server has ${subscriptions}`
            : undefined;
    if (has === undefined) return undefined;
    const message = `${has} subscriptions already`;
    const asked = isPush(order) ? 'establish-datastore' : 'establish-stream';
    return subscriptionRefusal(asked, 'insufficient-resources', message);
  }

  /** Would the first update be one that cannot be sent? */
  async #refuseUnsendable(
    order: Order,
    session: NotifiedSession,
    asked: Asked,
    signal: AbortSignal,
  ): Promise<RpcError | undefined> {
    if (!isPush(order)) return undefined;
    const { nodes, missing } = await this.#reader.read(order, session, signal);
    const [first] = missing;
    if (first !== undefined) {
      const { message = 'it asks for more than is given' } = first;
      return subscriptionRefusal(asked, 'filter-unsupported', message, { filterFailure: message });
    }
    const { trigger } = order.terms;
    if (trigger.kind === 'on-change' && !trigger.syncOnStart) return undefined;
    const reason = trigger.kind === 'on-change' ? 'sync-too-big' : 'update-too-big';
    return this.#tooBig(nodes, asked, reason);
  }

  #tooBig(nodes: readonly XmlElement[], asked: Asked, reason: RefusalReason): RpcError | undefined {
    const { limits } = this.hub;
    const xml = pushXml('push-update', 0, contentsXml(nodes));
    if (!isTooBig(xml, limits)) return undefined;
    const kilobytes = (size: number) => Math.ceil(size / 1024);
    const message = `an update would take ${kilobytes(Buffer.byteLength(xml))} KiB; ask for less`;
    return subscriptionRefusal(asked, reason, message, {
      kilobytesEstimate: kilobytes(Buffer.byteLength(xml)),
      kilobytesLimit: kilobytes(limits.pushUpdate),
    });
  }

  #add(order: Order, session: NotifiedSession): DynamicSubscription {
    do this.#lastId = (this.#lastId % 0xffff_ffff) + 1;
    while (this.#byId.has(this.#lastId));
    const subscription = this.#made(this.#lastId, order, session);
    this.#byId.set(subscription.id, subscription);
    const others = this.#ofSession.get(session);
    if (others === undefined) this.#ofSession.set(session, new Set([subscription]));
    else others.add(subscription);
    this.hub.subscribed.set(session, 'establish-subscription');
    session.afterReply(() => subscription.start());
    return subscription;
  }

  #made(id: number, order: Order, session: NotifiedSession): DynamicSubscription {
    const over = (subscription: DynamicSubscription) => this.#remove(subscription);
    if (!isPush(order)) return new StreamSubscription(id, session, order, { hub: this.hub, over });
    const { log, schema } = this.#context;
    const home = { reader: this.#reader, limits: this.hub.limits, log, over, schema, turns: this.#turns };
    return order.terms.trigger.kind === 'periodic'
      ? new PeriodicPush(id, session, order, home)
      : new OnChangePush(id, session, order, home);
  }

  #remove(subscription: DynamicSubscription): void {
    const { session } = subscription;
    this.#byId.delete(subscription.id);
    const others = this.#ofSession.get(session);
    others?.delete(subscription);
    if (others?.size !== 0) return;
    this.#ofSession.delete(session);
    this.hub.subscribed.delete(session);
  }

  #datastoreChanged(event: DatastoreEvent): void {
    if (event.kind !== 'changed' || event.datastore !== 'running') return;
    const roots = changedRoots(event.commit.changes, this.#context.schema);
    // Other rules of access show other things, and hide others.
    const access = roots.some(({ module }) => module === 'ietf-netconf-acm');
    const filters = access || roots.some(({ module }) => module === SUBSCRIBED_MODULE);
    for (const subscription of [...this.#byId.values()]) {
      if (filters) this.#renewFilter(subscription);
      const { order } = subscription;
      if (!isPush(order) || !(subscription instanceof OnChangePush)) continue;
      if (access || roots.some((root) => order.selects?.ofRoot(root)?.length !== 0)) subscription.changed();
    }
  }

  #stateChanged({ module, name }: OperationalProvider): void {
    const namespace = this.#context.schema.moduleNamed(module)?.namespace ?? '';
    for (const subscription of this.#byId.values()) {
      const { order } = subscription;
      if (!isPush(order) || order.terms.datastore !== 'operational') continue;
      if (!(subscription instanceof OnChangePush)) continue;
      if (order.selects?.ofRoot({ namespace, name })?.length !== 0) subscription.changed();
    }
  }

  /** "if the contents of the filter […] have changed" (RFC 8639 §2.7.2), or it has gone (§2.7.3, filter-unavailable). */
  #renewFilter(subscription: DynamicSubscription): void {
    const { order, session, id } = subscription;
    if (order.terms.filter.kind !== 'named') return;
    const renewed = this.#orders.renewed(order, session);
    if (renewed === undefined) {
      subscription.end('filter-unavailable');
    } else if (!sameElement(renewed.filter, order.filter)) {
      session.send(stateNotification.modified(id, termsXml(renewed.terms, renewed.filter)));
      subscription.modify(renewed);
    }
  }
}

/** Top-level nodes below which something changed. */
function changedRoots(changes: readonly ConfigChange[], schema: SchemaIndex) {
  const roots = new Set(changes.map(({ path }) => /^\/([^/[]+)/.exec(path)?.[1] ?? ''));
  return Array.from(roots, (root) => {
    const [module = '', name = ''] = root.split(':');
    return { module, name, namespace: schema.moduleNamed(module)?.namespace ?? '' };
  });
}

function sameElement(one: XmlElement | undefined, other: XmlElement | undefined): boolean {
  return one === other || (one !== undefined && other !== undefined && writeXml(one) === writeXml(other));
}

function noSuch(asked: Asked, reason: RefusalReason, { id }: JsonObject, where = 'this session has'): RpcError {
  return subscriptionRefusal(asked, reason, `${where} no subscription ${id}`);
}
