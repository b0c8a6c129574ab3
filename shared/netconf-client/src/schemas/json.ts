import { failed, ok, type Result } from '@sublane/basics';
import { CLIENT_LIMITS, childElements, readXml } from '@sublane/netconf';
import type { Context, DataTree, LibyangFailure } from 'libyang-wasm';
import { elementToJson } from './element-json.ts';
import { NEEDS_DATASTORE } from './schema-check.ts';

/** RFC 7951 JSON of data in XML: siblings, without an enclosing element. Nothing is validated but names and types. */
export function xmlToJson(context: Context, xml: string): Result<string, LibyangFailure> {
  return printed(context.parseData(xml, 'xml', { validate: false }), 'json');
}

/** XML of RFC 7951 JSON. */
export function jsonToXml(context: Context, json: string): Result<string, LibyangFailure> {
  return printed(context.parseData(json, 'json', { validate: false }), 'xml');
}

/** An operation as the child of `<rpc>`, of `{"module:rpc": {…}}`. */
export function rpcToXml(context: Context, json: string): Result<string, LibyangFailure> {
  const parsed = context.parseRpc(json, 'json');
  return parsed.ok ? printed(ok(parsed.value.tree), 'xml') : parsed;
}

/**
 * RFC 7951 JSON of a `<notification>`: `{"module:event": {…}}`. Rules that need the datastore (RFC 6470's `target` points
 * into it) are not held against it.
 */
export function notificationToJson(context: Context, xml: string): Result<string, LibyangFailure> {
  const parsed = context.parseNotification(xml);
  if (parsed.ok) return printed(ok(parsed.value.tree), 'json');
  const { failure } = parsed;
  if (failure.kind !== 'invalid' || !failure.errors.every(({ reason }) => NEEDS_DATASTORE.has(reason))) return parsed;
  const message = readXml(xml.replace(/^\s*<\?[^?]*\?>/, ''), CLIENT_LIMITS);
  const event = message.ok ? childElements(message.value).find(({ name }) => name !== 'eventTime') : undefined;
  return event === undefined ? parsed : ok(JSON.stringify(elementToJson(context, event)));
}

function printed(tree: Result<DataTree, LibyangFailure>, format: 'xml' | 'json'): Result<string, LibyangFailure> {
  if (!tree.ok) return failed(tree.failure);
  using parsed = tree.value;
  return parsed.print(format);
}
