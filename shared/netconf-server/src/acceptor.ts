import type { Socket } from 'node:net';
import type { CountedSession } from './session.ts';

/** Makes NETCONF sessions of connections, whichever side dialled. */
export interface Acceptor {
  /** Connections that are open. */
  readonly connections: number;
  /** Takes a connected socket; what is wrong with it or its peer ends it, and shows in log and events. */
  take(socket: Socket, watch?: ConnectionWatch): void;
  /** Ends the connections without a session at once, the others when their sessions end. */
  closeWhenIdle(): void;
}

/** What happens on one connection, for who dialled it. Its end is the socket's `close`. */
export interface ConnectionWatch {
  /** The peer has proved who it is and begun a session. */
  session?(session: CountedSession): void;
  /** Why it was not let in. */
  refused?(reason: string): void;
}
