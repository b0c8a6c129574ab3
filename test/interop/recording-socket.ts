import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Framer, openFramer } from '@sublane/netconf';

/** One message of a session, as it went over the wire. */
export interface Recorded {
  readonly from: 'client' | 'server';
  readonly text: string;
}

const MOST = 16 * 1024 * 1024;

/** Stands between clients and a server's Unix socket, and writes down what they say. Both must speak base:1.1. */
export class RecordingSocket implements AsyncDisposable {
  readonly #path: string;
  readonly #target: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #recorded: Recorded[] = [];

  private constructor(path: string, target: string) {
    this.#path = path;
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  static async listen(path: string, target: string): Promise<RecordingSocket> {
    const socket = new RecordingSocket(path, target);
    socket.#server.listen(path);
    await once(socket.#server, 'listening');
    return socket;
  }

  /** What was said since this was asked last, hellos left out. */
  take(): readonly Recorded[] {
    const taken = this.#recorded;
    this.#recorded = [];
    return taken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    rmSync(this.#path, { force: true });
  }

  #join(client: Socket): void {
    const server = connect(this.#target);
    for (const [from, here, there] of [
      ['client', client, server],
      ['server', server, client],
    ] as const) {
      this.#sockets.add(here);
      const listener = new Listener((text) => void this.#recorded.push({ from, text }));
      here.on('data', (piece: Buffer) => {
        listener.hear(piece);
        there.write(piece);
      });
      here.once('end', () => there.end());
      here.once('error', () => there.destroy());
      here.once('close', () => this.#sockets.delete(here));
    }
  }
}

/** Hears one direction: the hello by its mark, then chunks (RFC 6242 §4.1). */
class Listener {
  readonly #heard: (text: string) => void;
  #framer: Framer = openFramer('end-of-message', MOST);
  #greeted = false;

  constructor(heard: (text: string) => void) {
    this.#heard = heard;
  }

  hear(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      const step = this.#framer.read(piece, at);
      if (step.kind === 'more') return;
      if (step.kind === 'refused') throw new Error(JSON.stringify(step.failure));
      if (this.#greeted) this.#heard(step.message.toString());
      else this.#framer = openFramer('chunked', MOST);
      this.#greeted = true;
      at = step.next;
    }
  }
}
