import type { Socket } from 'node:net';
import { type Bytes, bytes, type Milliseconds, milliseconds } from '@sublane/basics';
import type { Client } from 'ssh2';

export interface RekeyOptions {
  /** Bytes both ways; 1 GiB unless given. */
  readonly bytes?: Bytes;
  /** An hour unless given. */
  readonly time?: Milliseconds;
  /** How often the connection is looked at; 15 s unless given. */
  readonly sweep?: Milliseconds;
}

/**
 * Exchanges keys "after each gigabyte of transmitted data or after each hour of connection time, whichever comes sooner"
 * (RFC 4253 §9): ssh2 never does by itself. Ends with the connection, and keeps no process alive.
 */
export function rekeyRegularly(client: Client, socket: Socket, options: RekeyOptions = {}): void {
  const { bytes: most = bytes(1 << 30), time = milliseconds(3_600_000), sweep = milliseconds(15_000) } = options;
  // Inside ssh2, where its server's side has it in the open.
  const protocol = (client as { _protocol?: { rekey?: () => void } })._protocol;
  if (typeof protocol?.rekey !== 'function') return;
  let since = performance.now();
  let sinceBytes = 0;
  // After an exchange that the server asked for too.
  client.on('handshake', () => {
    since = performance.now();
    sinceBytes = socket.bytesRead + socket.bytesWritten;
  });
  const timer = setInterval(() => {
    const due = performance.now() - since >= time || socket.bytesRead + socket.bytesWritten - sinceBytes >= most;
    if (due) protocol.rekey?.(); // nothing, while an exchange is under way
  }, sweep);
  timer.unref();
  socket.once('close', () => clearInterval(timer));
}
