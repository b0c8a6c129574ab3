import type { RpcError } from '@sublane/netconf';

/** Why there is no session. `message` is a whole sentence for a person: what was tried, what came of it, what to do. */
export type ConnectFailure = { readonly message: string } & (
  | { readonly kind: 'unreachable'; readonly code: string | undefined }
  /** The server showed a key that is not one of those expected. Nothing was sent to it. */
  | { readonly kind: 'host-key-mismatch'; readonly expected: readonly string[]; readonly seen: string }
  | { readonly kind: 'authentication-refused'; readonly user: string; readonly methods: readonly string[] }
  /** TLS: the server's certificate is of no authority or name that was expected, or not a pinned one. Nothing was sent to it. */
  | { readonly kind: 'certificate-refused' /** Its SHA-256. */; readonly seen: string | undefined }
  /** What the caller gave cannot be used. */
  | {
      readonly kind: 'bad-input';
      readonly input: 'private-key' | 'fingerprint' | 'credentials' | 'certificate' | 'server-names';
    }
  /** SSH without a NETCONF subsystem, or something that is not NETCONF. */
  | { readonly kind: 'not-netconf' }
  /** The peer went away before the session stood. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'timeout' }
  /** The caller's signal. */
  | { readonly kind: 'aborted' }
);

/** Why an rpc has no result. `message` is a whole sentence for a person. */
export type RpcFailure = { readonly message: string } /** The server's `<rpc-error>`s, one at least. */ & (
  | { readonly kind: 'refused'; readonly errors: readonly RpcError[] }
  /** The session is over; whether the server has done what was asked is not known. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'timeout' }
  /** The caller's signal. */
  | { readonly kind: 'aborted' }
  /** Too many rpcs wait already; this one was not sent. */
  | { readonly kind: 'busy'; readonly allowed: number }
  /** The server does not announce the capability that this needs; nothing was sent. */
  | { readonly kind: 'unsupported'; readonly capability: string }
  /** It breaks the schemas that the server announces; a request was then not sent. Only of `netconf-client/schemas`. */
  | {
      readonly kind: 'invalid';
      readonly where: 'request' | 'reply';
      readonly errors: readonly { readonly message: string; readonly path?: string; readonly line?: number }[];
    }
  /** The reply is no XML, is over a limit, or lacks what this operation answers with. */
  | { readonly kind: 'malformed' }
);

/** How a session ended. `message` is a whole sentence for a person. */
export type CloseReason = { readonly message: string } & (
  | { readonly kind: 'closed' }
  /** `said`: its words on it, where it had any (over SSH, the channel's standard error). */
  | { readonly kind: 'closed-by-server'; readonly said?: string }
  /** The connection broke, or the server no longer answers keepalives. */
  | { readonly kind: 'lost' }
  /** The server broke the protocol, or went over a limit. */
  | { readonly kind: 'protocol' }
);
