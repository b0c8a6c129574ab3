import { isIP } from 'node:net';
import { connect, type SecureContext, type TLSSocket } from 'node:tls';
import { PacketStream } from '../codec/packet-stream.ts';
import type { Rejection } from './exchange.ts';

export interface ConnectionListener {
  /** It stands, and can take a request. */
  readonly ready: () => void;
  /** Called once, when it is over. */
  readonly gone: (trouble: string) => void;
}

/** Who waits for what comes next: one of the two is called, once, unless `destroy` was. */
export interface Answerer {
  readonly answer: (packet: Uint8Array) => void;
  readonly broken: (trouble: string) => void;
}

/** One connection to a server, with one request at a time. */
export class TlsConnection {
  readonly #socket: TLSSocket;
  readonly #listener: ConnectionListener;
  readonly #stream = new PacketStream();
  readonly #onRejected: (rejection: Rejection) => void;
  #asked: Answerer | undefined;
  #identifier = 0;
  #state: 'beginning' | 'standing' | 'gone' = 'beginning';
  #stood = false;
  #trouble = 'it ended the connection';

  constructor(
    options: {
      readonly host: string;
      readonly port: number;
      readonly context: SecureContext;
      readonly onRejected: (rejection: Rejection) => void;
    },
    listener: ConnectionListener,
  ) {
    const { host, port, context, onRejected } = options;
    this.#listener = listener;
    this.#onRejected = onRejected;
    // RFC 6614 §2.3: the certificate is checked against the name that the server is configured by. Addresses have no SNI.
    const name = isIP(host) === 0 ? { servername: host } : {};
    this.#socket = connect({ host, port, secureContext: context, ...name, rejectUnauthorized: true });
    this.#socket.setNoDelay(true);
    this.#socket.setKeepAlive(true, 30_000);
    this.#socket.on('secureConnect', () => {
      this.#state = 'standing';
      this.#stood = true;
      listener.ready();
    });
    this.#socket.on('data', (piece: Buffer) => this.#received(piece));
    this.#socket.on('error', (error) => {
      this.#trouble = error.message;
    });
    this.#socket.on('close', () => this.#ended(this.#trouble));
  }

  get stands(): boolean {
    return this.#state === 'standing';
  }

  /** Whether it ever stood. */
  get stood(): boolean {
    return this.#stood;
  }

  nextIdentifier(): number {
    const id = this.#identifier;
    this.#identifier = (id + 1) % 256;
    return id;
  }

  request(bytes: Uint8Array, asked: Answerer): void {
    this.#asked = asked;
    this.#socket.write(bytes);
  }

  /** Ends it at once; who waits for an answer is not told. */
  destroy(trouble: string): void {
    this.#asked = undefined;
    this.#socket.destroy();
    this.#ended(trouble);
  }

  async close(): Promise<void> {
    const closed = this.#socket.closed ? undefined : new Promise((done) => this.#socket.once('close', done));
    this.#state = 'gone';
    this.#asked = undefined;
    this.#socket.destroy();
    await closed;
  }

  #received(piece: Uint8Array): void {
    const packets = this.#stream.push(piece);
    if (!packets.ok) {
      this.#breakOff(packets.failure);
      return;
    }
    for (const packet of packets.value) {
      const asked = this.#asked;
      this.#asked = undefined;
      if (asked !== undefined) asked.answer(packet);
      else this.#breakOff('not-asked');
    }
  }

  #breakOff(rejection: Rejection): void {
    if (this.#state === 'gone') return;
    this.#onRejected(rejection);
    this.#socket.destroy();
    this.#ended(`it sent what is no answer (${rejection})`);
  }

  #ended(trouble: string): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    this.#asked?.broken(trouble);
    this.#asked = undefined;
    this.#listener.gone(trouble);
  }
}
