/** Who a session belongs to: what its transport proved. */
export interface Identity {
  /** The user's name; limits of sessions per user go by it. */
  readonly user: string;
  /** What AccessControl goes by: `operator`, `host`, … An `operator` is told which rule refused it. */
  readonly role: string;
  /** Whatever else the application wants to find again in its handlers. */
  readonly claims?: unknown;
}

export type Verdict =
  | { readonly permit: true }
  | { readonly permit: false /** The rule's name, for log and audit. */; readonly rule: string };

export const PERMITTED: Verdict = { permit: true };

/** How a node of the configuration changes (RFC 8341 §3.2.3). */
export type WriteOperation = 'create' | 'update' | 'delete';

/**
 * Who may do what: the questions of RFC 8341 §3.1. A path is that of a data node with the module where it changes
 * and with keys, as `/ietf-interfaces:interfaces/interface[name='eth0']/mtu`.
 */
export interface AccessControl {
  /**
   * @param action the path of an action's node, with the keys above it (`/m:box[id='1']/reset`): what stands for it are
   * the rules of data nodes with `exec` (§3.4.5), and every node above it was asked for with `mayRead`; not given for rpcs
   */
  mayInvoke(identity: Identity, module: string, rpc: string, action?: string): Verdict;
  /** Asked from the top down; what lies under a refused node is not asked for, and is silently left out. */
  mayRead(identity: Identity, path: string): Verdict;
  /** Asked for every node a change creates, updates or deletes; one refusal refuses the whole edit. */
  mayWrite(identity: Identity, path: string, operation: WriteOperation): Verdict;
  /** Asked for every notification and each of those who subscribed; what is refused is left out (§3.4.6). */
  mayReceive(identity: Identity, module: string, notification: string): Verdict;
}

/** Permits everything: for tests, and for a server whose every user is its administrator. */
export const UNRESTRICTED: AccessControl = {
  mayInvoke: () => PERMITTED,
  mayRead: () => PERMITTED,
  mayWrite: () => PERMITTED,
  mayReceive: () => PERMITTED,
};
