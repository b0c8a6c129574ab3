import type { Milliseconds } from '@sublane/basics';
import type { RpcError } from '@sublane/netconf';
import type { Decision } from './access.ts';
import type { CloseReason, Peer, Session, Transport } from './session.ts';

/** What became of one request. */
export interface RpcDone {
  readonly session: Session;
  /** Module and name of the operation; undefined where the message did not get so far. */
  readonly module: string | undefined;
  readonly name: string | undefined;
  readonly messageId: string | undefined;
  readonly outcome: 'ok' | 'data' | 'refused';
  /** Empty unless refused. */
  readonly errors: readonly RpcError[];
  /** From the request's turn to its reply's writing. */
  readonly duration: Milliseconds;
  readonly requestBytes: number;
}

/** An access that AccessControl refused. */
export interface AccessRefused {
  readonly session: Session;
  readonly access: 'invoke' | 'write';
  /** `module:rpc`, or the data node's path. */
  readonly target: string;
  readonly rule: string;
  /** The same in parts, where rules of NACM decided. */
  readonly decidedBy?: Decision;
}

export interface AuthenticationRefused {
  readonly peer: Peer;
  /** Undefined where the connection was refused before any name was given. */
  readonly user: string | undefined;
  readonly method: 'publickey' | 'password' | 'certificate' | undefined;
  readonly reason:
    | 'not-accepted'
    | 'bad-signature'
    | 'too-many-attempts'
    | 'too-late'
    | 'malformed'
    /** TLS: none was shown. */
    | 'no-certificate'
    /** TLS: expired, revoked, or of no authority that is trusted. */
    | 'bad-certificate'
    /** TLS: no name follows from it (RFC 7407, cert-to-name). */
    | 'not-mapped'
    /** TLS: not TLS at all, too old a version, no cipher suite in common. */
    | 'handshake-failed'
    | ConnectionRefusal;
  /** What lies behind the reason, for a person: `CN=olga: CERT_HAS_EXPIRED`. */
  readonly detail?: string;
}

/** A connection refused for what it and others already take. */
export type ConnectionRefusal =
  | 'too-many-connections'
  | 'too-many-unauthenticated'
  | 'too-many-unauthenticated-of-source'
  | 'too-many-failures';

export interface SessionRefused {
  readonly user: string;
  readonly peer: Peer | undefined;
  readonly transport: Transport;
  readonly reason: string;
}

/** For metrics and audit. A listener that throws is logged and otherwise ignored. */
export interface ServerEvents {
  sessionOpened?(session: Session): void;
  sessionClosed?(session: Session, reason: CloseReason): void;
  /** A session over a limit, or one the application did not admit. */
  sessionRefused?(refusal: SessionRefused): void;
  rpcDone?(done: RpcDone): void;
  accessRefused?(refusal: AccessRefused): void;
  authenticationRefused?(refusal: AuthenticationRefused): void;
}
