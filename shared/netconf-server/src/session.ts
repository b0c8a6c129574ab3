import type { Identity } from './access.ts';

export interface Peer {
  readonly address: string;
  readonly port: number;
}

export type Transport = 'ssh' | 'tls' | 'unix' | 'other';

/** Why a session ended: RFC 6470 §2.1's `termination-reason`, and what lies behind it. */
export type CloseReason =
  /** By <close-session>. */
  | { readonly kind: 'closed' }
  /** By <kill-session> of another session. */
  | { readonly kind: 'killed'; readonly by: number }
  /** The peer's transport went away. */
  | { readonly kind: 'dropped'; readonly detail: string }
  | { readonly kind: 'timeout'; readonly detail: string }
  | { readonly kind: 'bad-hello'; readonly detail: string }
  /** By the application, by the server's end, or by a breach of the protocol. */
  | { readonly kind: 'other'; readonly detail: string };

/** One NETCONF session, from its transport's start to its end. */
export interface Session {
  /** Unique among the sessions of this server's life, from 1 (RFC 6241 §8.1). */
  readonly id: number;
  readonly identity: Identity;
  readonly peer?: Peer;
  readonly transport: Transport;
  readonly startedAt: Date;
  /** Ends the session; what was already answered still leaves. `reason` goes to events, log, and the peer where SSH is between. */
  close(reason: string): void;
  /** As `close`, once the requests in hand are answered: from inside a handler, its own answer still leaves. */
  closeWhenIdle(reason: string): void;
}

/** A session with what has passed on it so far (RFC 6022 §2.1.4). */
export interface CountedSession extends Session {
  readonly counters: Readonly<Record<'inRpcs' | 'inBadRpcs' | 'outRpcErrors' | 'outNotifications', number>>;
}

export function reasonText(reason: CloseReason): string {
  switch (reason.kind) {
    case 'closed':
      return 'closed by its peer';
    case 'killed':
      return `killed by session ${reason.by}`;
    default:
      return reason.detail;
  }
}
