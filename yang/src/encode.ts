import type { JsonObject } from '@sublane/basics';
import type { Data, Notifications, Rpcs } from '../bindings/index.ts';
import { SCHEMA_TABLE } from '../bindings/index.ts';
import { createEncoder } from './encoder/encoder.ts';

export type RpcName = keyof Rpcs;
export type RpcInput<Name extends RpcName> = Rpcs[Name]['input'];
export type RpcOutput<Name extends RpcName> = Rpcs[Name]['output'];
export type NotificationName = keyof Notifications;

const encoder = createEncoder(SCHEMA_TABLE);

/**
 * The element of an rpc, which goes into `<rpc>` (RFC 6241 §4.1). `name` is `module:rpc`.
 *
 * These four write what RFC 7951's JSON says as RFC 7950's XML. A member that the schema has not, or a value of a wrong
 * kind, is thrown as an EncodingFault; ranges, patterns and `must` are not looked at.
 */
export function encodeRpc<Name extends RpcName>(name: Name, input: RpcInput<Name>): string {
  return encoder.rpc(name, input as JsonObject);
}

/** What `<rpc-reply>` holds (RFC 6241 §4.2): `<ok/>` where there is no output, or none to give. */
export function encodeReply<Name extends RpcName>(name: Name, output: RpcOutput<Name>): string {
  return encoder.reply(name, output as JsonObject);
}

/** The element of a notification, which stands after `<eventTime>` (RFC 5277 §4). */
export function encodeNotification<Name extends NotificationName>(name: Name, content: Notifications[Name]): string {
  return encoder.notification(name, content as JsonObject);
}

/** Top-level data nodes: what `<config>` or `<data>` holds. */
export function encodeData(data: Data): string {
  return encoder.data(data as JsonObject);
}
