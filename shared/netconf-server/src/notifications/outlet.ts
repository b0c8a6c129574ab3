import type { Framing } from '@sublane/netconf';
import type { EndableSession } from '../operations/operation.ts';

/** A `<notification>`, framed for whoever is to have it: made once for all of them. */
export interface NotificationMessage {
  framed(framing: Framing): Buffer;
}

/** A session that notifications can be sent to. Each method may be called at any time; after its end they do nothing. */
export interface NotifiedSession extends EndableSession {
  /** Its hello has come, and it has not ended. */
  readonly open: boolean;
  readonly framing: Framing;
  /**
   * Puts a notification behind all that was written before: replies and notifications leave in the order of writing.
   * Never refuses; whoever sends much asks `congested` first.
   */
  send(message: NotificationMessage): void;
  /** More is under way to the peer than `Limits.unsentNotifications`. What can wait is to wait for `whenReady`. */
  readonly congested: boolean;
  /** Calls once, when it is not congested (any more); never after the session's end, never from within this call. */
  whenReady(call: () => void): void;
  /** Calls once the reply to the request in hand has been written: what a subscription brings comes after its <ok>. */
  afterReply(call: () => void): void;
  /** Calls once when the session has ended. Returns what takes that back. */
  whenEnded(call: () => void): () => void;
}
