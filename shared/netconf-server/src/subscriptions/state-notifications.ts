import { EncodedNotification } from '../notifications/notification-message.ts';
import { PUSH_NAMESPACE, SUBSCRIBED_NAMESPACE } from './names.ts';

/** Why nothing is sent for a while (RFC 8639 §2.7.4), and why nothing will be any more (§2.7.3). */
export type SuspendedReason = 'insufficient-resources' | 'unsupportable-volume' | 'update-too-big';
export type TerminatedReason =
  | 'filter-unavailable'
  | 'no-such-subscription'
  | 'stream-unavailable'
  | 'suspension-timeout'
  | 'datastore-not-subscribable';

/** Those that RFC 8641 adds; the others are of RFC 8639's module. */
const PUSH_REASONS: ReadonlySet<string> = new Set(['update-too-big', 'datastore-not-subscribable']);

/** Notifications that belong to no stream (RFC 8639 §2.7), sent to the subscriber alone. */
export const stateNotification = {
  replayCompleted: (id: number) => made('replay-completed', id),
  modified: (id: number, terms: string) => made('subscription-modified', id, terms),
  suspended: (id: number, reason: SuspendedReason) => made('subscription-suspended', id, reasonXml(reason)),
  resumed: (id: number) => made('subscription-resumed', id),
  terminated: (id: number, reason: TerminatedReason) => made('subscription-terminated', id, reasonXml(reason)),
};

function made(name: string, id: number, more = ''): EncodedNotification {
  return new EncodedNotification(
    new Date(),
    `<${name} xmlns="${SUBSCRIBED_NAMESPACE}"><id>${id}</id>${more}</${name}>`,
  );
}

/** An identity without a prefix is of the default namespace around it (RFC 7950 §9.10.3). */
function reasonXml(reason: string): string {
  return PUSH_REASONS.has(reason)
    ? `<reason xmlns:yp="${PUSH_NAMESPACE}">yp:${reason}</reason>`
    : `<reason>${reason}</reason>`;
}
