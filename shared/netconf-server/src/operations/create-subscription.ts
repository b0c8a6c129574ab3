import { failed, ok, type Result } from '@sublane/basics';
import { BASE_NAMESPACE, elementText, type RpcError, rpcError, type XmlElement } from '@sublane/netconf';
import { parseDateAndTime } from '../notifications/date-and-time.ts';
import { eventFilter } from '../notifications/event-filter.ts';
import type { EventHub } from '../notifications/event-hub.ts';
import { NETCONF_STREAM } from '../notifications/event-hub.ts';
import { EncodedNotification } from '../notifications/notification-message.ts';
import { NOTIFICATION_COMPLETE, REPLAY_COMPLETE } from '../notifications/stream-data.ts';
import { OK, refused } from '../rpc-table.ts';
import type { Operation, OperationContext } from './operation.ts';
import { readParameters } from './parameters.ts';

/** RFC 5277 §2.1.1. */
export const createSubscription: Operation = ({ operation, session }, context) => {
  const { notifications: hub } = context;
  if (hub === undefined || !offersCreateSubscription(context)) {
    return refused(rpcError.operationNotSupported('protocol', { message: 'this server offers no notifications' }));
  }
  const parameters = readParameters(withItsFilter(operation), ['stream', 'filter', 'startTime', 'stopTime']);
  if (!parameters.ok) return refused(parameters.failure);
  const taken = refuseSecond(hub.subscribed.get(session));
  if (taken !== undefined) return refused(taken);
  const name =
    parameters.value.stream === undefined ? NETCONF_STREAM.name : elementText(parameters.value.stream).trim();
  const stream = hub.streams.get(name);
  if (stream === undefined) {
    const message = `there is no stream "${name}"; there are ${Array.from(hub.streams.keys()).join(', ')}`;
    return refused(rpcError.badElement('protocol', 'stream', { message }));
  }
  const filter = eventFilter(parameters.value.filter, context);
  if (!filter.ok) return refused(filter.failure);
  const interval = readInterval(parameters.value, hub);
  if (!interval.ok) return refused(interval.failure);
  const { start, stop } = interval.value;
  const subscription = hub.subscribe({
    session,
    stream,
    filter: filter.value,
    replayFrom: start,
    until: stop,
    replayed: () => session.send(new EncodedNotification(new Date(), REPLAY_COMPLETE)),
    ended(end) {
      hub.subscribed.delete(session);
      if (end.kind === 'complete') session.send(new EncodedNotification(new Date(), NOTIFICATION_COMPLETE));
      // RFC 5277 has no other way to say that the subscription is over: what is lost must not go unnoticed.
      else if (end.kind === 'lost' || end.kind === 'failed') session.close(end.message);
    },
  });
  hub.subscribed.set(session, 'create-subscription');
  session.afterReply(() => subscription.start());
  return OK;
};

/** ncclient gives the filter the namespace that it has in <get>: what is meant is clear, and no other parameter is so named. */
function withItsFilter(operation: XmlElement): XmlElement {
  const { namespace } = operation;
  const children = operation.children.map((child) =>
    typeof child !== 'string' && child.name === 'filter' && child.namespace === BASE_NAMESPACE
      ? { ...child, namespace }
      : child,
  );
  return { ...operation, children };
}

/** Only a server that has their data and can name them for access control offers RFC 5277's subscriptions. */
export function offersCreateSubscription({ schema }: Pick<OperationContext, 'schema'>): boolean {
  return ['notifications', 'nc-notifications'].every((name) => schema.moduleNamed(name)?.implemented);
}

/**
 * One subscription by RFC 5277 on a session, and none beside RFC 8639's: "A solution MUST reply with the <rpc-error>
 * "operation-not-supported" if a "create-subscription" RPC is received on a NETCONF session where an established
 * subscription per [RFC8639] exists" (RFC 8640 §3).
 */
function refuseSecond(first: 'create-subscription' | 'establish-subscription' | undefined): RpcError | undefined {
  if (first === undefined) return undefined;
  if (first === 'create-subscription') {
    return rpcError.inUse('protocol', { message: 'this session has a subscription already; open another session' });
  }
  const message = 'this session has subscriptions by establish-subscription; open another session';
  return rpcError.operationNotSupported('protocol', { message });
}

function readInterval(
  { startTime, stopTime }: { readonly startTime?: XmlElement; readonly stopTime?: XmlElement },
  hub: EventHub,
): Result<{ readonly start: Date | undefined; readonly stop: Date | undefined }, RpcError> {
  const start = readTime(startTime);
  if (!start.ok) return start;
  const stop = readTime(stopTime);
  if (!stop.ok) return stop;
  if (start.value === undefined) {
    // "If a <stopTime> is specified in a request without having specified a <startTime>": missing-element, startTime.
    if (stop.value === undefined) return ok({ start: undefined, stop: undefined });
    return failed(rpcError.missingElement('protocol', 'startTime', { message: 'stopTime is only for a replay' }));
  }
  // "If a <startTime> is requested that is later than the current time": bad-element, startTime.
  if (start.value.getTime() > Date.now()) {
    return failed(rpcError.badElement('protocol', 'startTime', { message: 'startTime is in the future' }));
  }
  // "If a <stopTime> is requested that is earlier than the specified <startTime>": bad-element, stopTime. It "must be
  // used with and be later than <startTime>".
  if (stop.value !== undefined && stop.value <= start.value) {
    return failed(rpcError.badElement('protocol', 'stopTime', { message: 'stopTime is not later than startTime' }));
  }
  // "If the optional replay feature is requested but it is not supported by the NETCONF server": operation-failed.
  if (hub.eventLog === undefined) {
    return failed(rpcError.operationFailed('protocol', { message: 'no stream of this server can be replayed' }));
  }
  return ok({ start: start.value, stop: stop.value });
}

function readTime(parameter: XmlElement | undefined): Result<Date | undefined, RpcError> {
  if (parameter === undefined) return ok(undefined);
  const time = parseDateAndTime(elementText(parameter).trim());
  if (time !== undefined) return ok(time);
  const message = 'expected a time as 2026-11-20T17:30:00Z';
  return failed(rpcError.badElement('protocol', parameter.name, { message }));
}
