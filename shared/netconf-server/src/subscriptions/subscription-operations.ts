import type { Result } from '@sublane/basics';
import { type RpcError, rpcError } from '@sublane/netconf';
import type { Operation } from '../operations/operation.ts';
import { OK, type RpcOutcome, refused } from '../rpc-table.ts';
import type { DynamicSubscriptions } from './dynamic-subscriptions.ts';
import { PUSH_MODULE, SUBSCRIBED_NAMESPACE } from './names.ts';

/** RFC 8639 §2.4.2, RFC 8641 §4.4.1. */
export const establishSubscription: Operation = async (call, context) => {
  const { subscriptions } = context;
  if (subscriptions === undefined) return NOT_OFFERED;
  const made = await subscriptions.establish(call, call.signal);
  if (!made.ok) return refused(...made.failure);
  const { id, order } = made.value;
  const start = order.terms.kind === 'stream' ? order.terms.replayStart?.at : undefined;
  const revision = start === undefined ? undefined : await earliest(subscriptions, start);
  const revised =
    revision === undefined
      ? ''
      : `<replay-start-time-revision xmlns="${SUBSCRIBED_NAMESPACE}">${revision.toISOString()}</replay-start-time-revision>`;
  return { kind: 'data', xml: `<id xmlns="${SUBSCRIBED_NAMESPACE}">${id}</id>${revised}` };
};

/** RFC 8639 §2.4.3, RFC 8641 §4.4.2. */
export const modifySubscription: Operation = async (call, { subscriptions }) =>
  subscriptions === undefined ? NOT_OFFERED : outcome(await subscriptions.modify(call, call.signal));

/** RFC 8639 §2.4.4, RFC 8641 §4.4.3. */
export const deleteSubscription: Operation = (call, { subscriptions }) =>
  subscriptions === undefined ? NOT_OFFERED : outcome(subscriptions.delete(call));

/** RFC 8639 §2.4.5. */
export const killSubscription: Operation = (call, { subscriptions }) =>
  subscriptions === undefined ? NOT_OFFERED : outcome(subscriptions.kill(call));

/** RFC 8641 §4.4.4. */
export const resyncSubscription: Operation = async (call, { subscriptions, schema }) =>
  subscriptions === undefined || !schema.moduleNamed(PUSH_MODULE)?.implemented
    ? NOT_OFFERED
    : outcome(await subscriptions.resync(call, call.signal));

const NOT_OFFERED: RpcOutcome = refused(
  rpcError.operationNotSupported('application', { message: 'this server offers no dynamic subscriptions' }),
);

const outcome = (done: Result<undefined, readonly RpcError[]>) => (done.ok ? OK : refused(...done.failure));

/**
 * "This object will only be sent if the starting time has been revised to be later than the time requested […]. The value
 * of this object is the 'replay-log-aged-time' if it exists. Otherwise, it is the 'replay-log-creation-time'" (RFC 8639
 * §4).
 */
async function earliest({ hub }: DynamicSubscriptions, start: Date): Promise<Date | undefined> {
  const { eventLog } = hub;
  if (eventLog === undefined) return undefined;
  const from = (await eventLog.agedAt()) ?? eventLog.createdAt;
  return from > start ? from : undefined;
}
