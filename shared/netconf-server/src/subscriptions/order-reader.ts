import { failed, type JsonObject, type JsonValue, ok, type Result } from '@sublane/basics';
import {
  BASE_NAMESPACE,
  childElement,
  childElements,
  elementText,
  type RpcError,
  resolveName,
  rpcError,
  writeXml,
  type XmlElement,
  xmlElement,
} from '@sublane/netconf';
import type { Limits } from '../limits.ts';
import { parseDateAndTime } from '../notifications/date-and-time.ts';
import type { EventHub } from '../notifications/event-hub.ts';
import type { NotifiedSession } from '../notifications/outlet.ts';
import { readable } from '../read-access.ts';
import { readInput } from '../rpc-input.ts';
import { isPush, type Order, type PushOrder, type StreamOrder } from './dynamic-subscription.ts';
import type { Grounds } from './grounds.ts';
import { PUSH_MODULE, PUSH_NAMESPACE, SUBSCRIBED_NAMESPACE } from './names.ts';
import type { ChangeType } from './patch-edits.ts';
import { CENTISECOND } from './push-schedule.ts';
import { readDataFilter, readEventFilter } from './selection.ts';
import { type Asked, type Hints, type RefusalReason, subscriptionRefusal } from './subscription-refusal.ts';
import {
  type FilterTerm,
  type Moment,
  PUSHED_DATASTORES,
  type PushedDatastore,
  type UpdateTrigger,
} from './subscription-terms.ts';

type Read<Value> = Result<Value, readonly RpcError[]>;

/** Who asks for what. */
export interface OrderRequest {
  /** The rpc's element, as it came. */
  readonly operation: XmlElement;
  readonly session: NotifiedSession;
}

/** Reads what a subscriber wants, by the schema first, then by what this server can. */
export class OrderReader {
  readonly #context: Grounds;
  readonly #hub: EventHub;

  constructor(context: Grounds, hub: EventHub) {
    this.#context = context;
    this.#hub = hub;
  }

  /**
   * The input of one of the rpcs, valid by the schema. What libyang would look for elsewhere is read here: a filter in the
   * configuration, and names of modules in an XPath expression, which it takes for prefixes that nobody declared.
   */
  input(operation: XmlElement): Read<JsonObject> {
    const rest = operation.children.map((child) => (typeof child === 'string' ? child : withoutReferences(child)));
    const text = `<rpc xmlns="${BASE_NAMESPACE}" message-id="1">${writeXml({ ...operation, children: rest })}</rpc>`;
    const read = readInput(text, { ...this.#context, limits: this.#hub.limits });
    if (read.ok) return ok(read.value.input);
    if (read.failure.kind === 'refused') return failed(read.failure.errors);
    return failed([rpcError.malformedMessage({ message: read.failure.message })]);
  }

  establish({ operation, session }: OrderRequest): Read<Order> {
    const encoding = unsupportedEncoding(operation);
    if (encoding !== undefined) return failed([encoding]);
    const read = this.input(operation);
    if (!read.ok) return read;
    const input = read.value;
    const stop = readMoment(input, 'stop-time');
    if (!stop.ok) return stop;
    return input[inPush('datastore')] === undefined
      ? this.#establishStream(input, stop.value, { operation, session })
      : this.#establishPush(input, stop.value, { operation, session });
  }

  /** What is not given stays as it is. */
  modify(current: Order, input: JsonObject, request: OrderRequest): Read<Order> {
    const read = readMoment(input, 'stop-time');
    if (!read.ok) return read;
    const stop = read.value ?? current.terms.stop;
    if (read.value !== undefined && read.value.at.getTime() <= Date.now()) return failed([inThePast('stop-time')]);
    return isPush(current)
      ? this.#modifyPush(current, input, stop, request)
      : this.#modifyStream(current, input, stop, request);
  }

  /** The filter that terms name, as the configuration has it now and this session may read it; undefined for none. */
  namedFilter(kind: 'stream' | 'datastore', name: string, session: NotifiedSession): XmlElement | undefined {
    const { datastores, access, schema } = this.#context;
    const running = readable(datastores?.running.read().elements ?? [], session.identity, access, schema);
    const filters = running.find(
      ({ name: root, namespace }) => root === 'filters' && namespace === SUBSCRIBED_NAMESPACE,
    );
    const { list, key, namespace } = NAMED[kind];
    const entry =
      filters &&
      childElements(filters).find((one) => {
        if (one.name !== list || one.namespace !== namespace) return false;
        const leaf = childElement(one, key, namespace);
        return leaf !== undefined && elementText(leaf) === name;
      });
    return entry && childElements(entry).find((one) => one.name.endsWith('-filter'));
  }

  /** The same order with its named filter as it is now; undefined where that is not there, or of no use, any more. */
  renewed(order: Order, session: NotifiedSession): Order | undefined {
    const { filter } = order.terms;
    if (filter.kind !== 'named') return order;
    const element = this.namedFilter(order.terms.kind, filter.name, session);
    if (element === undefined) return undefined;
    const read = isPush(order)
      ? this.#push(order.terms, element, 'modify-datastore')
      : this.#stream(order.terms, element, 'modify-stream');
    return read.ok ? read.value : undefined;
  }

  #establishStream(input: JsonObject, stop: Moment | undefined, request: OrderRequest): Read<Order> {
    const misplaced = ['periodic', 'on-change'].find((name) => input[inPush(name)] !== undefined);
    if (misplaced !== undefined) return failed([unfitting(misplaced, 'only a subscription to a datastore has it')]);
    const name = String(input.stream);
    const stream = this.#hub.streams.get(name);
    if (stream === undefined) {
      const message = `there is no stream "${name}"; there are ${Array.from(this.#hub.streams.keys()).join(', ')}`;
      return failed([rpcError.invalidValue('application', { message })]);
    }
    const start = readMoment(input, 'replay-start-time');
    if (!start.ok) return start;
    const now = Date.now();
    const replayStart = start.value;
    // "It is never valid to specify start times that are later than or equal to the current time" (RFC 8639 §4).
    if (replayStart !== undefined && replayStart.at.getTime() >= now) {
      return failed([rpcError.invalidValue('application', { message: 'replay-start-time is not in the past' })]);
    }
    // "If 'replay-start-time' exists, 'stop-time' must be for a subsequent time. If [it] doesn't exist, 'stop-time', when
    // established, must be for a future time."
    if (stop !== undefined && stop.at.getTime() <= (replayStart?.at.getTime() ?? now)) {
      return failed([replayStart === undefined ? inThePast('stop-time') : NOT_LATER]);
    }
    if (replayStart !== undefined && this.#hub.eventLog === undefined) {
      const message = 'no stream of this server can be replayed';
      return failed([subscriptionRefusal('establish-stream', 'replay-unsupported', message)]);
    }
    const filter = this.#filter('stream', request, 'establish-stream');
    if (!filter.ok) return filter;
    const { term, element } = filter.value;
    return this.#stream({ kind: 'stream', stream, filter: term, replayStart, stop }, element, 'establish-stream');
  }

  #establishPush(input: JsonObject, stop: Moment | undefined, request: OrderRequest): Read<Order> {
    if (stop !== undefined && stop.at.getTime() <= Date.now()) return failed([inThePast('stop-time')]);
    const asked = 'establish-datastore';
    const datastore = this.#datastore(String(input[inPush('datastore')]));
    if (datastore === undefined) {
      const message = `${input[inPush('datastore')]} cannot be subscribed to; ${PUSHED_DATASTORES.join(', ')} may be`;
      return failed([subscriptionRefusal(asked, 'datastore-not-subscribable', message)]);
    }
    const trigger = readTrigger(input);
    if (!trigger.ok) return trigger;
    if (trigger.value === undefined) {
      const message = 'expected <periodic> or <on-change>';
      return failed([rpcError.missingElement('application', 'periodic', { message })]);
    }
    const refusal = triggerRefusal(trigger.value, asked, this.#hub.limits);
    if (refusal !== undefined) return failed([refusal]);
    const filter = this.#filter('datastore', request, asked);
    if (!filter.ok) return filter;
    const { term, element } = filter.value;
    const terms = { kind: 'datastore', datastore, filter: term, trigger: trigger.value, stop } as const;
    const order = this.#push(terms, element, asked);
    const silent = order.ok && trigger.value.kind === 'on-change' ? this.#silent(order.value) : undefined;
    if (silent === undefined) return order;
    const message = `changes of ${silent} are not told; ask for it from time to time`;
    return failed([subscriptionRefusal(asked, 'on-change-unsupported', message)]);
  }

  /** What of an order it cannot be told of when it changes; undefined where there is nothing. */
  #silent({ terms: { datastore }, selects }: PushOrder): string | undefined {
    if (datastore === 'running' || datastore === 'intended') return undefined;
    if (datastore !== 'operational') return datastore;
    const { providers, schema } = this.#context;
    const silent = providers.find(({ module, name, watch }) => {
      const root = { namespace: schema.moduleNamed(module)?.namespace ?? '', name };
      return watch === undefined && selects?.ofRoot(root)?.length !== 0;
    });
    return silent && `${silent.module}:${silent.name}`;
  }

  #modifyStream(
    { terms, filter }: StreamOrder,
    input: JsonObject,
    stop: Moment | undefined,
    request: OrderRequest,
  ): Read<Order> {
    if (input[inPush('datastore')] !== undefined)
      return failed([unfitting('datastore', 'the subscription is of a stream')]);
    const given = this.#filter('stream', request, 'modify-stream');
    if (!given.ok) return given;
    const { term, element } = given.value.term.kind === 'none' ? { term: terms.filter, element: filter } : given.value;
    return this.#stream({ ...terms, filter: term, stop }, element, 'modify-stream');
  }

  #modifyPush(
    { terms, filter }: PushOrder,
    input: JsonObject,
    stop: Moment | undefined,
    request: OrderRequest,
  ): Read<Order> {
    const asked = 'modify-datastore';
    const datastore = input[inPush('datastore')];
    if (datastore === undefined || this.#datastore(String(datastore)) !== terms.datastore) {
      return failed([unfitting('datastore', `the subscription is of ${terms.datastore}; establish another one`)]);
    }
    const trigger = readTrigger(input, terms.trigger);
    if (!trigger.ok) return trigger;
    if (trigger.value !== undefined && trigger.value.kind !== terms.trigger.kind) {
      return failed([
        unfitting(trigger.value.kind, `the subscription is ${terms.trigger.kind}; establish another one`),
      ]);
    }
    const refusal = trigger.value && triggerRefusal(trigger.value, asked, this.#hub.limits);
    if (refusal !== undefined) return failed([refusal]);
    const given = this.#filter('datastore', request, asked);
    if (!given.ok) return given;
    const { term, element } = given.value.term.kind === 'none' ? { term: terms.filter, element: filter } : given.value;
    return this.#push({ ...terms, filter: term, trigger: trigger.value ?? terms.trigger, stop }, element, asked);
  }

  #stream(terms: StreamOrder['terms'], filter: XmlElement | undefined, asked: Asked): Read<StreamOrder> {
    if (filter === undefined) return ok({ terms, filter, passes: undefined });
    const passes = readEventFilter(filter, this.#context.schema);
    return passes.ok ? ok({ terms, filter, passes: passes.value }) : failed([badFilter(asked, passes.failure)]);
  }

  #push(terms: PushOrder['terms'], filter: XmlElement | undefined, asked: Asked): Read<PushOrder> {
    if (filter === undefined) return ok({ terms, filter, selects: undefined });
    const selects = readDataFilter(filter, this.#context.schema);
    return selects.ok ? ok({ terms, filter, selects: selects.value }) : failed([badFilter(asked, selects.failure)]);
  }

  #filter(
    kind: 'stream' | 'datastore',
    { operation, session }: OrderRequest,
    asked: Asked,
  ): Read<{ readonly term: FilterTerm; readonly element: XmlElement | undefined }> {
    const { namespace, reference } = NAMED[kind];
    const own = childElements(operation).filter(
      (child) => child.namespace === namespace && (FILTER.test(child.name) || child.name === reference),
    );
    const [element, another] = own;
    if (element === undefined) return ok({ term: { kind: 'none' }, element });
    if (another !== undefined) return failed([unfitting(another.name, 'expected one filter')]);
    if (element.name !== reference) return ok({ term: { kind: 'own', element }, element });
    const name = elementText(element).trim();
    const named = this.namedFilter(kind, name, session);
    if (named !== undefined) return ok({ term: { kind: 'named', name }, element: named });
    const message = `there is no filter "${name}" in the configuration`;
    return failed([refusedFilter(asked, message)]);
  }

  #datastore(identity: string): PushedDatastore | undefined {
    const name = PUSHED_DATASTORES.find((one) => identity === `ietf-datastores:${one}`);
    if (name === undefined || name === 'operational') return name;
    const kept = name === 'intended' ? 'running' : name;
    return this.#context.datastores?.[kept] === undefined ? undefined : name;
  }
}

/** Where a kind of subscription has its filters, in its rpc and in the configuration. */
const NAMED = {
  stream: { list: 'stream-filter', key: 'name', reference: 'stream-filter-name', namespace: SUBSCRIBED_NAMESPACE },
  datastore: {
    list: 'selection-filter',
    key: 'filter-id',
    reference: 'selection-filter-ref',
    namespace: PUSH_NAMESPACE,
  },
} as const;
const FILTER = /-(?:subtree|xpath)-filter$/;

/** The same kind of filter, without what it refers to. */
function withoutReferences(child: XmlElement): XmlElement {
  const kind = (['stream', 'datastore'] as const).find((one) => NAMED[one].namespace === child.namespace);
  if (kind === undefined) return child;
  const name = `${kind}-xpath-filter`;
  if (child.name !== name && child.name !== NAMED[kind].reference) return child;
  return xmlElement(name, child.namespace, '/*');
}

const NOT_LATER = rpcError.invalidValue('application', { message: 'stop-time is not later than replay-start-time' });

/** Members of RFC 8641 in the input of RFC 8639's rpcs (RFC 7951 §4). */
const inPush = (name: string) => `${PUSH_MODULE}:${name}`;

const inThePast = (name: string) => rpcError.invalidValue('application', { message: `${name} is not in the future` });
const unfitting = (name: string, message: string) => rpcError.badElement('application', name, { message });

function badFilter(asked: Asked, { message = 'the filter is not understood' }: RpcError): RpcError {
  return refusedFilter(asked, message);
}

function refusedFilter(asked: Asked, message: string): RpcError {
  return subscriptionRefusal(asked, 'filter-unsupported', message, { filterFailure: message });
}

function readMoment(input: JsonObject, name: string): Read<Moment | undefined> {
  const text = input[name];
  if (typeof text !== 'string') return ok(undefined);
  const at = parseDateAndTime(text);
  if (at !== undefined) return ok({ at, text });
  return failed([
    rpcError.invalidValue('application', { message: `${name}: expected a time as 2026-11-20T17:30:00Z` }),
  ]);
}

/** Undefined where none is given. What of it cannot be modified comes from `current`. */
function readTrigger(input: JsonObject, current?: UpdateTrigger): Read<UpdateTrigger | undefined> {
  const periodic = objectOf(input[inPush('periodic')]);
  if (periodic !== undefined) {
    const anchor = readMoment(periodic, 'anchor-time');
    return anchor.ok ? ok({ kind: 'periodic', period: Number(periodic.period), anchor: anchor.value }) : anchor;
  }
  const onChange = objectOf(input[inPush('on-change')]);
  if (onChange === undefined) return ok(undefined);
  const fixed = current?.kind === 'on-change' ? current : undefined;
  const excluded = onChange['excluded-change'];
  return ok({
    kind: 'on-change',
    dampening: Number(onChange['dampening-period'] ?? 0),
    syncOnStart: fixed?.syncOnStart ?? onChange['sync-on-start'] !== false,
    excluded: fixed?.excluded ?? (Array.isArray(excluded) ? (excluded as ChangeType[]) : []),
  });
}

function objectOf(value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

function triggerRefusal(trigger: UpdateTrigger, asked: Asked, { pushPeriod }: Limits): RpcError | undefined {
  const least = Math.max(1, Math.ceil(pushPeriod / CENTISECOND));
  if (trigger.kind !== 'periodic' || trigger.period >= least) return undefined;
  const message = `a period of ${trigger.period} hundredths of a second is too short; ${least} is the shortest`;
  const [reason, hints]: [RefusalReason, Hints] = ['period-unsupported', { period: least }];
  return subscriptionRefusal(asked, reason, message, hints);
}

/** "Unable to encode notification messages in the desired format" (RFC 8639 §2.4.6): told by its own identity. */
function unsupportedEncoding(operation: XmlElement): RpcError | undefined {
  const encoding = childElement(operation, 'encoding', SUBSCRIBED_NAMESPACE);
  if (encoding === undefined) return undefined;
  const named = resolveName(encoding, elementText(encoding));
  if (named?.namespace !== SUBSCRIBED_NAMESPACE || named.name !== 'encode-json') return undefined;
  const message = 'notifications are encoded as XML here';
  return subscriptionRefusal('establish-stream', 'encoding-unsupported', message);
}
