import { MONITORING_NAMESPACE, NOTIFICATION_NAMESPACE } from '@sublane/netconf';
import { type Filter, filterXml, inBase, leaf } from './xml-parts.ts';

export interface SubscribeOptions {
  /** Default: the server's `NETCONF` stream. */
  readonly stream?: string;
  readonly filter?: Filter;
  /** RFC 3339; replays from then on (RFC 5277 §2.1.1). */
  readonly startTime?: string;
  /** RFC 3339; only with `startTime`. */
  readonly stopTime?: string;
}

export interface SchemaRequest {
  readonly identifier: string;
  /** A revision. */
  readonly version?: string;
  /** Default `yang`. */
  readonly format?: string;
}

export const sessionOperations = {
  closeSession: () => inBase('close-session', ''),
  killSession: (sessionId: number) => inBase('kill-session', leaf('session-id', sessionId)),
  /** RFC 6022 §3.1. */
  getSchema: ({ identifier, version, format }: SchemaRequest) =>
    `<get-schema xmlns="${MONITORING_NAMESPACE}">${leaf('identifier', identifier)}${leaf('version', version)}${leaf('format', format)}</get-schema>`,
  /** RFC 5277 §2.1.1. */
  createSubscription: ({ stream, filter, startTime, stopTime }: SubscribeOptions = {}) =>
    `<create-subscription xmlns="${NOTIFICATION_NAMESPACE}">${leaf('stream', stream)}${filterXml(filter)}${leaf('startTime', startTime)}${leaf('stopTime', stopTime)}</create-subscription>`,
};
