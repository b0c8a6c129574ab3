import type { Socket } from 'node:net';

/** Over so many bytes nothing is copied any more: the pieces go as they are. */
const MOST_COPIED = 64 << 10;

/**
 * Makes one write of what is written in one turn: ssh2 writes every packet in three pieces (length, text, tag), and a
 * request brings about several packets. A third of a short request's cost is system calls.
 */
export function gatherWrites(socket: Socket): void {
  const write = socket.write.bind(socket) as (piece: Uint8Array) => boolean;
  const end = socket.end.bind(socket);
  let gathered: Uint8Array[] = [];
  let size = 0;
  const release = () => {
    const pieces = gathered;
    if (pieces.length === 0) return;
    const whole = size <= MOST_COPIED;
    gathered = [];
    size = 0;
    if (whole) {
      write(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
      return;
    }
    socket.cork();
    for (const piece of pieces) write(piece);
    socket.uncork();
  };
  socket.write = ((piece: unknown, ...more: unknown[]) => {
    if (!(piece instanceof Uint8Array) || more.length > 0) {
      release();
      return (write as (...what: unknown[]) => boolean)(piece, ...more);
    }
    size += piece.length;
    if (gathered.push(piece) === 1) process.nextTick(release);
    return !socket.writableNeedDrain;
  }) as Socket['write'];
  socket.end = ((...what: Parameters<Socket['end']>) => {
    release();
    return end(...what);
  }) as Socket['end'];
}
