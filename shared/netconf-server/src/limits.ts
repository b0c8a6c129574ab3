import { type Bytes, bytes, type Milliseconds, milliseconds } from '@sublane/basics';
import { type MessageLimits, SERVER_LIMITS } from '@sublane/netconf';

/** What one peer, and all of them together, may take of the server. A message over a limit on messages ends its session. */
export interface Limits extends MessageLimits {
  /**
   * Elements in a message to an rpc or action of the application, where that is less than `elements`: libyang looks at
   * each entry of a list that is there twice for each other one.
   */
  readonly inputElements: number;
  /** Open sessions of all users. */
  readonly sessions: number;
  /** Open sessions of one user. */
  readonly sessionsPerUser: number;
  /** Requests of one session that wait for their turn; when so many wait, no more is read until one is done. */
  readonly outstandingRpcs: number;
  /** Bytes of the requests of one session that wait; over it, as with `outstandingRpcs`. */
  readonly outstandingBytes: Bytes;
  /** Replies of one session that its peer has not taken yet; over it no further request of that session is begun. */
  readonly unsentReplies: Bytes;
  /** Bytes of one session under way to its peer over which no further notification is begun. */
  readonly unsentNotifications: Bytes;
  /** Notifications of one subscription that wait because its peer does not take them; over it, see `Subscription`. */
  readonly queuedNotifications: Bytes;
  /** Subscriptions by establish-subscription of all sessions. */
  readonly subscriptions: number;
  /** Subscriptions by establish-subscription of one user: each of a datastore costs a reading of it in every period. */
  readonly subscriptionsPerUser: number;
  /** Subscriptions by establish-subscription of one session. */
  readonly subscriptionsPerSession: number;
  /** The shortest period of a subscription to a datastore. */
  readonly pushPeriod: Milliseconds;
  /** The largest update of a subscription to a datastore. */
  readonly pushUpdate: Bytes;
  /** From the start of a session to its peer's hello. */
  readonly helloTime: Milliseconds;
  /** How long a peer may leave replies untaken before its session is closed. */
  readonly stallTime: Milliseconds;
  /** How long a session that is being closed may take to hand over its last replies. */
  readonly lingerTime: Milliseconds;
}

export const DEFAULT_LIMITS: Limits = {
  ...SERVER_LIMITS,
  inputElements: 4_000,
  sessions: 10_000,
  sessionsPerUser: 100,
  outstandingRpcs: 64,
  outstandingBytes: bytes(1 << 20),
  unsentReplies: bytes(1 << 20),
  unsentNotifications: bytes(64 << 10),
  queuedNotifications: bytes(1 << 20),
  subscriptions: 10_000,
  subscriptionsPerUser: 128,
  subscriptionsPerSession: 32,
  pushPeriod: milliseconds(1_000),
  pushUpdate: bytes(4 << 20),
  helloTime: milliseconds(10_000),
  stallTime: milliseconds(60_000),
  lingerTime: milliseconds(2_000),
};

/** What those may take of a listener who have not proved who they are. */
export interface ConnectionLimits {
  /** Open TCP connections. */
  readonly connections: number;
  /** Connections not authenticated yet, from everywhere. */
  readonly unauthenticated: number;
  /** Connections not authenticated yet, from one source (an IPv4 address, an IPv6 /64). */
  readonly unauthenticatedPerSource: number;
  /** From the connection to a successful authentication. */
  readonly graceTime: Milliseconds;
  /** Failed attempts of one source within `failureWindow`; over it every attempt is refused until the window is over. */
  readonly failuresPerSource: number;
  readonly failureWindow: Milliseconds;
}

export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = {
  connections: 12_000,
  unauthenticated: 512,
  unauthenticatedPerSource: 64,
  graceTime: milliseconds(20_000),
  failuresPerSource: 30,
  failureWindow: milliseconds(60_000),
};

/** The same over SSH, and some bounds for those who have. */
export interface SshLimits extends ConnectionLimits {
  /** Failed attempts on one connection, then it is closed (RFC 4252 §4 recommends 20 at most). */
  readonly attempts: number;
  /** NETCONF sessions on one connection. */
  readonly channels: number;
  /** Bytes both ways on one connection after which keys are exchanged again (RFC 4253 §9). */
  readonly rekeyBytes: Bytes;
  /** Time on one connection after which keys are exchanged again (RFC 4253 §9). */
  readonly rekeyTime: Milliseconds;
}

export const DEFAULT_SSH_LIMITS: SshLimits = {
  ...DEFAULT_CONNECTION_LIMITS,
  attempts: 6,
  channels: 8,
  rekeyBytes: bytes(1 << 30),
  rekeyTime: milliseconds(3_600_000),
};
