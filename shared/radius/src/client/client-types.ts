import type { Clock, Milliseconds, Result } from '@sublane/basics';
import type { Attribute } from '../codec/attribute.ts';
import type { Log, RandomBytes } from '../surroundings.ts';

export interface RadiusServer {
  /** For status and log. */
  readonly name: string;
  /** A name or an address. With TLS the server's certificate must be for it. */
  readonly host: string;
  /** 1812 by default; with TLS 2083, for accounting too. */
  readonly authenticationPort?: number;
  /** 1813 by default; not looked at with TLS. */
  readonly accountingPort?: number;
  /** Shared with the server, not empty. Not looked at with TLS: there it is `radsec` (RFC 6614 §2.3). */
  readonly secret?: string | Uint8Array;
}

/** What TLS goes by, each in PEM. */
export interface RadiusTls {
  /** What the servers' certificates must come from; the system's by default. */
  readonly ca?: string | Uint8Array;
  /** The client's own certificate and key; most servers want them. */
  readonly certificate?: string | Uint8Array;
  readonly key?: string | Uint8Array;
}

export interface RadiusLimits {
  /** Requests with the servers at once, 1 to 512. */
  readonly inFlight: number;
  /** Requests that wait for one of them to end; what comes beyond is refused with `busy`. */
  readonly queued: number;
  /** TLS: connections with one server, 1 to 64. Each carries one request at a time. */
  readonly connections: number;
}

// FreeRADIUS allows a client 16 connections by default, those counted that ended a moment ago; 8 are as quick.
export const DEFAULT_LIMITS: RadiusLimits = { inFlight: 256, queued: 4096, connections: 8 };

export interface RadiusClientOptions {
  readonly transport: 'udp' | 'tls';
  /** At least one, best first; their names are distinct. */
  readonly servers: readonly RadiusServer[];
  readonly tls?: RadiusTls;
  /** How long one server is asked, all retransmissions included (MRD, RFC 5080 §2.2.1). 5 s by default. */
  readonly timeout?: Milliseconds;
  /** How long a server that did not answer is left alone, unless it answers a probe before. 30 s by default. */
  readonly deadTime?: Milliseconds;
  /** Between probes of a dead server by Status-Server (RFC 5997), give or take a third. 6 s by default. */
  readonly probeInterval?: Milliseconds;
  readonly limits?: Partial<RadiusLimits>;
  readonly clock?: Clock;
  /** Unpredictable bytes: request authenticators are made of them. */
  readonly random?: RandomBytes;
  readonly log?: Log;
}

export type Credential =
  /** PAP: the password hidden by the shared secret (RFC 2865 §5.2); 128 bytes at most. */
  | { readonly method: 'pap'; readonly password: string }
  /** CHAP: an answer to a challenge of our own (RFC 2865 §5.3); the server must know the password in clear. */
  | { readonly method: 'chap'; readonly password: string }
  /** Service-Type Authorize-Only: nothing is proved, only asked what the user may have. Replaces a Service-Type given. */
  | { readonly method: 'authorize-only' };

export interface AccessRequest {
  /**
   * User-Name, NAS-Identifier and whatever else the server is to know. Not User-Password, CHAP-Password, CHAP-Challenge
   * and Message-Authenticator: these are made here.
   */
  readonly attributes: readonly Attribute[];
  readonly credential: Credential;
}

export type AccessAnswer =
  | { readonly answer: 'accept'; readonly server: string; readonly attributes: readonly Attribute[] }
  | {
      readonly answer: 'reject';
      /** `challenged`: the server wants a further exchange (Access-Challenge), which is not offered. */
      readonly reason: 'refused' | 'challenged';
      readonly server: string;
      readonly attributes: readonly Attribute[];
    };

/** Why there is no answer. `message` is a whole sentence for a person; no secret and no password is in it. */
export type RadiusFailure = { readonly message: string } & (
  | { readonly kind: 'unreachable' } /** No server answered: each is dead or was silent. */
  | { readonly kind: 'busy'; readonly allowed: number } /** Too many requests wait; this one was not sent. */
  | { readonly kind: 'unsendable' } /** Attributes or a password that fit in no packet. */
  | { readonly kind: 'closed' } /** `close` was called; whether a server has done what was asked is not known. */
);

export interface ServerStatus {
  readonly name: string;
  /** `unknown`: nothing was asked yet, or its dead time is over and it has yet to answer. */
  readonly state: 'unknown' | 'alive' | 'dead';
  /** Requests given to this server, without retransmissions and probes. */
  readonly requests: number;
  /** Those of them that it did not answer in time. */
  readonly timeouts: number;
  /** Packets from its address that were no genuine answer to what is being asked: forged, late, damaged. Ignored. */
  readonly rejectedReplies: number;
}

/** Asks the first server that is not dead, and the next where it is silent. Many calls at once. */
export interface RadiusClient {
  /** Access-Request. */
  authenticate(request: AccessRequest): Promise<Result<AccessAnswer, RadiusFailure>>;
  /**
   * Accounting-Request; fine when a server has acknowledged it. With Acct-Delay-Time among the attributes it grows with
   * each retransmission; better give Event-Timestamp instead (RFC 5080 §2.2.1).
   */
  account(attributes: readonly Attribute[]): Promise<Result<undefined, RadiusFailure>>;
  /** Of the servers, in their order. */
  status(): readonly ServerStatus[];
  /** Ends sockets, connections and probes; what is asked or waits fails with `closed`. May be called twice. */
  close(): Promise<void>;
}
