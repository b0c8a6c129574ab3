import { ok } from '@sublane/basics';
import { escapeText } from '@sublane/netconf';
import type { OperationalProvider } from '../operational.ts';
import type { EventHub } from './event-hub.ts';

/** What a client reads about streams, and what it is told about its subscription (RFC 5277 §3.4). */
export const STREAMS_NAMESPACE = 'urn:ietf:params:xml:ns:netmod:notification';

/** The end of a replay, and of a subscription that had a stopTime (RFC 5277 §3.4). */
export const REPLAY_COMPLETE = `<replayComplete xmlns="${STREAMS_NAMESPACE}"/>`;
export const NOTIFICATION_COMPLETE = `<notificationComplete xmlns="${STREAMS_NAMESPACE}"/>`;

/** `netconf/streams`: what streams there are, and how far each can be replayed (RFC 5277 §3.2.5.1). */
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
  // It must be there where replay is supported and anything has been dropped (RFC 5277 §3.4).
  const aged = agedAt === undefined ? '' : `<replayLogAgedTime>${agedAt.toISOString()}</replayLogAgedTime>`;
  return (
    '<replaySupport>true</replaySupport>' +
    `<replayLogCreationTime>${eventLog.createdAt.toISOString()}</replayLogCreationTime>${aged}`
  );
}
