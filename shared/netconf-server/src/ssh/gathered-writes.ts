import type { Socket } from 'node:net';

/**
 * Makes one system call of what is written in one turn: ssh2 writes every packet in three pieces (length, text, tag), and
 * a request brings about several packets.
 */
export function gatherWrites(socket: Socket): void {
  const write = socket.write;
  let gathering = false;
  const release = () => {
    gathering = false;
    socket.uncork();
  };
  socket.write = function (this: Socket, ...what: Parameters<Socket['write']>) {
    if (!gathering) {
      gathering = true;
      socket.cork();
      process.nextTick(release);
    }
    return write.apply(this, what);
  } as Socket['write'];
}
