import type { Result } from '@sublane/basics';
import type { RpcError, XmlElement } from '@sublane/netconf';
import type { Session } from './session.ts';

export interface OperationalRequest {
  /**
   * The nodes of the peer's subtree filter that speak of this provider's root; undefined where all of it is asked for.
   * A provider may use them to read less (see `requestedValues`); what it gives is filtered again in any case.
   */
  readonly filters: readonly XmlElement[] | undefined;
  readonly session: Session;
  readonly signal: AbortSignal;
}

/** Gives the state under one top-level node to `get`. */
export interface OperationalProvider {
  readonly module: string;
  /** The top-level node. */
  readonly name: string;
  /** Where the configuration among it comes from (RFC 8342 §5.3.4): `system` unless said otherwise. */
  readonly origin?: 'system' | 'learned' | 'dynamic' | 'unknown';
  /**
   * XML: the top-level node, once or not at all, with its namespace declared on itself. Refuses, say with too-big, what
   * it is not willing to give.
   */
  read(request: OperationalRequest): Result<string, readonly RpcError[]> | Promise<Result<string, readonly RpcError[]>>;
  /**
   * Calls whenever what it gives has become, or may have become, something else. Only with it can clients subscribe to its
   * changes (RFC 8641). Returns what stops it.
   */
  watch?(changed: () => void): () => void;
}
