import { ok } from '@sublane/basics';
import { escapeText } from '@sublane/netconf';
import type { OperationalProvider } from '../operational.ts';
import type { EventHub } from './event-hub.ts';

/** What a client reads about streams, and what it is told about its subscription (RFC 5277 §3.4). */
export const STREAMS_NAMESPACE = 'urn:ietf:params:xml:ns:netmod:notification';

/** "sent to signal the end of a replay" and "the end of a notification subscription" (RFC 5277 §3.4). */
export const REPLAY_COMPLETE = `<replayComplete xmlns="${STREAMS_NAMESPACE}"/>`;
export const NOTIFICATION_COMPLETE = `<notificationComplete xmlns="${STREAMS_NAMESPACE}"/>`;

/** `netconf/streams` (RFC 5277 §3.2.5.1): "the list of event streams supported by the NETCONF server". */
export function streamsProvider(hub: EventHub): OperationalProvider {
  return {
    module: 'nc-notifications',
    name: 'netconf',
    async read() {
      const log = await replayLog(hub);
      const streams = Array.from(
        hub.streams.values(),
        ({ name, description }) =>
          `<stream><name>${escapeText(name)}</name><description>${escapeText(description)}</description>${log}</stream>`,
      );
      return ok(`<netconf xmlns="${STREAMS_NAMESPACE}"><streams>${streams.join('')}</streams></netconf>`);
    },
  };
}

/** All streams are choices from one log. */
async function replayLog({ eventLog }: EventHub): Promise<string> {
  if (eventLog === undefined) return '<replaySupport>false</replaySupport>';
  const agedAt = await eventLog.agedAt();
  // "This object MUST be present if replay is supported and any notifications have been aged out of the log."
  const aged = agedAt === undefined ? '' : `<replayLogAgedTime>${agedAt.toISOString()}</replayLogAgedTime>`;
  return (
    '<replaySupport>true</replaySupport>' +
    `<replayLogCreationTime>${eventLog.createdAt.toISOString()}</replayLogCreationTime>${aged}`
  );
}
