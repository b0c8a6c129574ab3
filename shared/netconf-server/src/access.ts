import type { XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';

/** Who a session belongs to: what its transport proved. */
export interface Identity {
  /** The user's name; limits of sessions per user go by it. */
  readonly user: string;
  /** What the application's own access control goes by: `operator`, `host`, … */
  readonly role: string;
  /** Whatever else the application wants to find again in its handlers. */
  readonly claims?: unknown;
}

export type Verdict = { readonly permit: true } | Refusal;

export interface Refusal {
  readonly permit: false;
  /** What refused, in words: for log and audit, and for those who may know. */
  readonly rule: string;
  /** The same in parts, where rules of NACM decided. */
  readonly decidedBy?: Decision;
}

/** What gave a verdict (RFC 8341 §3.4.4 to §3.4.6). */
export type Decision =
  | { readonly kind: 'rule'; readonly ruleList: string; readonly rule: string }
  | { readonly kind: 'default'; readonly leaf: 'read-default' | 'write-default' | 'exec-default' }
  /** A statement in the YANG module. */
  | { readonly kind: 'statement'; readonly statement: 'default-deny-write' | 'default-deny-all' }
  /** The standard itself: close-session, replayComplete; kill-session and delete-config where no rule permits them. */
  | { readonly kind: 'standard'; readonly section: string }
  | { readonly kind: 'disabled' }
  | { readonly kind: 'recovery' };

export const PERMITTED: Verdict = { permit: true };

/** How a node of the configuration changes (RFC 8341 §3.2.2). */
export type WriteOperation = 'create' | 'update' | 'delete';
/** What is done with a data node; `exec` is for an action (RFC 8341 §3.2.2). */
export type DataOperation = 'read' | WriteOperation | 'exec';

/** Who may do what: the questions of RFC 8341 §3.1. */
export interface AccessControl {
  mayInvoke(identity: Identity, module: string, rpc: string): Verdict;
  /** What it may do with data, to be walked from the top. Good for one request: the next may find other rules. */
  data(identity: Identity): DataAccess;
  /** Asked for every notification and each of those who subscribed; what is refused is left out (§3.4.6). */
  mayReceive(identity: Identity, module: string, notification: string): Verdict;
  /** May it be told what refused it? Nobody is where this is absent. */
  mayKnow?(identity: Identity): boolean;
  /** Counts an access that was refused and not carried out: `receive` for each notification that was left out. */
  refused?(access: RefusedAccess): void;
}

export type RefusedAccess = 'invoke' | 'write' | 'receive';

/** What an identity may do with one data node and with what lies below it. */
export interface DataAccess {
  /**
   * On this node, whatever is below it. For reading, the nodes above are asked first: what lies under a refused node is
   * not asked for, and is silently left out (§3.2.4). For writing, every node is asked for that a change creates,
   * updates or deletes; one refusal refuses the whole edit (§3.2.5). What `AccessControl.data` gives stands above all data.
   */
  verdict(operation: DataOperation): Verdict;
  /** The verdict on this node and all that can be below it, where it is one and the same. */
  throughout(operation: DataOperation): Verdict | undefined;
  /** `element` of `node` in it; of a list's entry, with its keys. */
  child(node: SchemaNode, element: XmlElement): DataAccess;
}

const EVERYTHING: DataAccess = {
  verdict: () => PERMITTED,
  throughout: () => PERMITTED,
  child: () => EVERYTHING,
};

/** Permits everything: for tests, and for a server whose every user is its administrator. */
export const UNRESTRICTED: AccessControl = {
  mayInvoke: () => PERMITTED,
  data: () => EVERYTHING,
  mayReceive: () => PERMITTED,
  mayKnow: () => true,
};
