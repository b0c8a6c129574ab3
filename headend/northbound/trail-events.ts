import { encodeNotification, type NotificationName, type Notifications } from '@sublane/yang';
import type { EventOf, StoredEvent } from '../store/event-store.ts';
import type { AuditDetail, AuditEntry, Timestamp } from '../store/records.ts';
import { dateAndTime } from './time-text.ts';

/**
 * What subscribers to events are told of a row of the audit trail. The store logs it in the row's own transaction, so that
 * nothing that was done goes untold, however this program ends.
 */
export const eventOf: EventOf = (entry) => {
  switch (entry.event) {
    case 'lease-released':
      return withdrawn(entry);
    case 'pool-filling':
      return poolAlarm(entry, 'filling');
    case 'pool-empty':
      return poolAlarm(entry, 'empty');
    default:
      return undefined;
  }
};

/** An event with the headend's own words for it; `about`: the host whose business it is. */
export function notificationEvent<Name extends NotificationName>(
  name: Name,
  at: Timestamp,
  content: Notifications[Name],
  about?: string,
): StoredEvent {
  const colon = name.indexOf(':');
  return {
    at,
    module: name.slice(0, colon),
    name: name.slice(colon + 1),
    xml: encodeNotification(name, content),
    ...(about !== undefined && { about }),
  };
}

/** What a host gives back by itself, or lets run out, it knows. */
function withdrawn({ at, actor, hostId, groupId, detail }: AuditEntry): StoredEvent | undefined {
  if (hostId === undefined || groupId === undefined || actor === hostId) return undefined;
  const reason = typeof detail.reason === 'string' ? detail.reason : TAKEN_BACK;
  const content = { 'host-id': hostId, 'group-id': [groupId], reason };
  return notificationEvent('sublane-service:service-withdrawn', at, content, hostId);
}

const TAKEN_BACK = 'the provider took it back';

function poolAlarm({ at, detail }: AuditEntry, state: 'filling' | 'empty'): StoredEvent {
  const emptyAt = detail['empty-at'];
  return notificationEvent('sublane-headend:pool-alarm', at, {
    pool: String(detail.pool),
    state,
    ...optionalNumber('held', detail),
    ...optionalNumber('capacity', detail),
    ...(typeof detail.percent === 'number' && { percent: Math.min(detail.percent, 255) }),
    ...(typeof emptyAt === 'number' && { 'empty-at': dateAndTime(emptyAt as Timestamp) }),
  });
}

/** 64-bit numbers are text in RFC 7951 §6.1. */
function optionalNumber<Name extends string>(name: Name, detail: AuditDetail): { readonly [name in Name]?: string } {
  const value = detail[name];
  return (typeof value === 'number' ? { [name]: String(value) } : {}) as { readonly [name in Name]?: string };
}
