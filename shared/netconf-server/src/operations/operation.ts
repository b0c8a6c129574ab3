import type { Log } from '@sublane/basics';
import type { XmlElement } from '@sublane/netconf';
import type { Context } from 'libyang-wasm';
import type { AccessControl } from '../access.ts';
import type { Datastores } from '../datastores.ts';
import type { ServerEvents } from '../events.ts';
import type { EventHub } from '../notifications/event-hub.ts';
import type { NotifiedSession } from '../notifications/outlet.ts';
import type { OperationalProvider } from '../operational.ts';
import type { RpcOutcome } from '../rpc-table.ts';
import type { SchemaIndex } from '../schema-index.ts';
import type { SchemaSet } from '../schema-set.ts';
import type { CloseReason, Session } from '../session.ts';
import type { DynamicSubscriptions } from '../subscriptions/dynamic-subscriptions.ts';

/** What the operations of the standards work on. */
export interface OperationContext {
  readonly schema: SchemaIndex;
  /** What of it is announced and served. */
  readonly schemas: SchemaSet;
  readonly context: Context;
  readonly access: AccessControl;
  readonly datastores: Datastores | undefined;
  readonly providers: readonly OperationalProvider[];
  /** Undefined where the server offers no notifications. */
  readonly notifications: EventHub | undefined;
  /** Undefined where the server offers no dynamic subscriptions (RFC 8639). */
  readonly subscriptions: DynamicSubscriptions | undefined;
  readonly events: ServerEvents;
  readonly log: Log;
  /** The open session of that number. */
  findSession(id: number): EndableSession | undefined;
}

export interface EndableSession extends Session {
  /** Ends the session, once what is being answered has been. */
  endAfterReply(reason: CloseReason): void;
  /** Ends the session now. */
  end(reason: CloseReason): void;
}

export interface OperationCall {
  /** The operation's element, not validated. */
  readonly operation: XmlElement;
  readonly session: NotifiedSession;
  readonly signal: AbortSignal;
}

export type Operation = (call: OperationCall, context: OperationContext) => RpcOutcome | Promise<RpcOutcome>;
