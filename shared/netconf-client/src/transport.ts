import type { Duplex } from 'node:stream';
import type { ConnectFailure } from './failures.ts';

/** A byte stream to a NETCONF server, and what is below it. */
export interface Transport {
  readonly stream: Duplex;
  /** For messages: `ssh://user@host:830`, `/run/server.sock`. */
  readonly name: string;
  /** Ends the stream and everything below it; may be called twice. */
  readonly close: () => void;
  /** What the layers below said when they broke, where they said something. */
  readonly trouble: () => string | undefined;
  /** What the server said beside the stream before it ended it: why a subsystem could not start, or why it ends. */
  readonly complaint?: () => string | undefined;
  /** What a server that ends the stream before its hello means by it, where it has no words. */
  readonly refused?: (end: ConnectFailure) => ConnectFailure;
}

/** What an attempt waits for, for the message when its time is over. */
export interface Progress {
  waitingFor: string;
}
