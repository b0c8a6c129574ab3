import type { JsonObject } from '@sublane/basics';
import type { RpcError, XmlElement } from '@sublane/netconf';
import type { Session } from './session.ts';

/** One request, valid by the schema. */
export interface RpcCall {
  readonly module: string;
  readonly name: string;
  /** The children of the operation's element as RFC 7951 has them, defaults filled in. */
  readonly input: JsonObject;
  /** The whole `<rpc>` as it came. */
  readonly xml: string;
  readonly messageId: string;
  readonly session: Session;
  /** Aborted when the session ends: its reply will go nowhere. */
  readonly signal: AbortSignal;
}

/** What a request is answered with (RFC 6241 §4.2). */
export type RpcOutcome =
  | { readonly kind: 'ok' }
  /** The children of `<rpc-reply>`, each with its namespace declared on itself. */
  | { readonly kind: 'data'; readonly xml: string }
  /** At least one error. */
  | { readonly kind: 'refused'; readonly errors: readonly RpcError[] };

/** Expected failures are outcomes; what is thrown is logged as a bug and answered with operation-failed. */
export type RpcHandler = (call: RpcCall) => RpcOutcome | Promise<RpcOutcome>;

/** One invocation of an action (RFC 7950 §7.15), valid by the schema. */
export interface ActionCall extends RpcCall {
  /** The node it belongs to, with its keys: `/door:house/room[name='hall']`. It was there when the request came. */
  readonly instance: string;
  /** The same as XML: the nodes down to it, with nothing in them but keys. */
  readonly instanceXml: XmlElement;
}

export type ActionHandler = (call: ActionCall) => RpcOutcome | Promise<RpcOutcome>;

/** Where the schema has an action: `/door:house/room/paint`; a module where it changes. */
export type ActionPath = `/${string}`;

/** `module:rpc`. */
export type RpcName = `${string}:${string}`;

export const OK: RpcOutcome = { kind: 'ok' };

export function refused(...errors: readonly RpcError[]): RpcOutcome {
  return { kind: 'refused', errors };
}
