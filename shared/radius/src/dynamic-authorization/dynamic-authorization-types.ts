import type { Clock, Milliseconds, Result } from '@sublane/basics';
import type { RadiusFailure } from '../client/client-types.ts';
import type { Attribute } from '../codec/attribute.ts';
import type { Log, RandomBytes } from '../surroundings.ts';

/** A request that is genuine, fresh and new. */
export interface DynamicAuthorizationRequest {
  /** Disconnect-Request, or CoA-Request. */
  readonly kind: 'disconnect' | 'change';
  /** The address it came from, as text. */
  readonly client: string;
  /** All but Message-Authenticator. */
  readonly attributes: readonly Attribute[];
}

export type DynamicAuthorizationAnswer =
  | { readonly answer: 'ack' }
  /** `errorCause`: one of ERROR_CAUSE (RFC 5176 §3.5). */
  | { readonly answer: 'nak'; readonly errorCause: number };

export interface DynamicAuthorizationOptions {
  /** An address of this machine: 0.0.0.0 and :: for all of a family. */
  readonly host: string;
  /** 3799 by default; 0: any that is free. */
  readonly port?: number;
  /** The secret shared with the client at this address, in canonical text; nothing: who asks from there is not heard. */
  readonly secretOf: (address: string) => string | Uint8Array | undefined;
  /** Does what is asked, once for each request. Where it throws, the answer is a NAK with Resources-Unavailable. */
  readonly handle: (request: DynamicAuthorizationRequest) => Promise<DynamicAuthorizationAnswer>;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** Packets since the start. All but `accepted` and `repeated` were dropped without an answer. */
export interface DynamicAuthorizationCounters {
  /** Given to `handle`. */
  readonly accepted: number;
  /** Answered from memory, or still being done (RFC 5176 §2.3: a retransmission). */
  readonly repeated: number;
  readonly unknownClient: number;
  /** Truncated, too long, or no RADIUS at all. */
  readonly malformed: number;
  /** Wrong authenticator, or wrong or missing Message-Authenticator: another secret, or a forgery. */
  readonly forged: number;
  /** Event-Timestamp missing, or more than 300 s away (RFC 5176 §6.3). */
  readonly stale: number;
  /** More at once than is done at once; the client will ask again. */
  readonly overload: number;
}

export interface DynamicAuthorizationListener {
  readonly address: string;
  readonly port: number;
  counters(): DynamicAuthorizationCounters;
  /** Stops listening. What is being done goes on, unanswered. May be called twice. */
  close(): Promise<void>;
}

/** `message` is a whole sentence for a person. */
export interface ListenFailure {
  readonly kind: 'cannot-listen';
  /** As EADDRINUSE. */
  readonly code: string | undefined;
  readonly message: string;
}

export interface DynamicAuthorizationClientOptions {
  readonly server: {
    readonly name: string;
    /** A name or an address. */
    readonly host: string;
    /** 3799 by default. */
    readonly port?: number;
  };
  readonly secret: string | Uint8Array;
  /**
   * Whether an answer without Message-Authenticator is believed: `mandatory`, no, by default. There is equipment that leaves
   * it out, as RFC 5176 §3.6 lets it; its answers are still proved by their Response Authenticator.
   */
  readonly messageAuthenticator?: 'mandatory' | 'optional';
  /** How long it is asked, all retransmissions included. 5 s by default. */
  readonly timeout?: Milliseconds;
  readonly clock?: Clock;
  readonly random?: RandomBytes;
  readonly log?: Log;
}

export type DynamicAuthorizationOutcome =
  | { readonly answer: 'ack'; readonly attributes: readonly Attribute[] }
  /** `errorCause`: absent where the answer has none. */
  | { readonly answer: 'nak'; readonly errorCause?: number; readonly attributes: readonly Attribute[] };

/** Tells one server (a NAS, an edge) what it is to end or change. Event-Timestamp is added where it is not given. */
export interface DynamicAuthorizationClient {
  /** Disconnect-Request. */
  disconnect(attributes: readonly Attribute[]): Promise<Result<DynamicAuthorizationOutcome, RadiusFailure>>;
  /** CoA-Request. */
  change(attributes: readonly Attribute[]): Promise<Result<DynamicAuthorizationOutcome, RadiusFailure>>;
  close(): Promise<void>;
}
