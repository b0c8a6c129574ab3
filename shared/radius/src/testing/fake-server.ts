import { createHash } from 'node:crypto';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { unwrap } from '@sublane/basics';
import type { Attribute } from '../codec/attribute.ts';
import { decodeRequest, encodeResponse } from '../codec/message.ts';
import { CODE, type Packet } from '../codec/packet.ts';

/** A request as it came, and ways to answer it. */
export interface Seen {
  readonly packet: Packet;
  readonly bytes: Uint8Array;
  /** An answer as it should be. */
  readonly answer: (code: number, attributes?: readonly Attribute[]) => void;
  /** Any bytes, from the server's own port. */
  readonly send: (bytes: Uint8Array) => void;
  /** An answer signed as it should be, not sent. */
  readonly signed: (code: number, attributes?: readonly Attribute[]) => Buffer;
  /** The client's port. */
  readonly port: number;
}

/** A RADIUS server on a port of 127.0.0.1 that says what it is told to, and refuses what is not as it should be. */
export class FakeServer {
  readonly secret = 'fake secret';
  readonly seen: Seen[] = [];
  readonly #socket = createSocket('udp4');
  /** Called for each request; nothing is answered by itself. */
  onRequest: (seen: Seen) => void = () => {};

  static async start(): Promise<FakeServer> {
    const server = new FakeServer();
    server.#socket.bind(0, '127.0.0.1');
    await once(server.#socket, 'listening');
    server.#socket.on('message', (bytes, from) => server.#received(bytes, from));
    return server;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Waits until `count` requests have come, Status-Server among them, and gives the last of them. */
  async came(count: number): Promise<Seen> {
    while (this.seen.length < count) await new Promise((turn) => setImmediate(turn));
    return this.seen[count - 1]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((closed) => this.#socket.close(closed));
  }

  #received(bytes: Uint8Array, { address, port }: RemoteInfo): void {
    const packet = unwrap(decodeRequest(bytes, this.secret));
    const send = (answer: Uint8Array) => this.#socket.send(answer, port, address);
    const signed = (code: number, attributes: readonly Attribute[] = []) =>
      unwrap(encodeResponse({ code, attributes, secret: this.secret, request: packet }));
    const answer = (code: number, attributes?: readonly Attribute[]) => send(signed(code, attributes));
    const seen: Seen = { packet, bytes, answer, send, signed, port };
    this.seen.push(seen);
    this.onRequest(seen);
  }
}

/** As servers do that know everybody. */
export const acceptAll = ({ packet, answer }: Seen): void =>
  answer(packet.code === CODE.accountingRequest ? CODE.accountingResponse : CODE.accessAccept);

/** The answer without its Message-Authenticator, signed again: what a server that is not up to date sends. */
export function unsigned(answer: Buffer, authenticator: Uint8Array, secret: string): Buffer {
  const bytes = answer.subarray(0, 20);
  bytes.writeUInt16BE(20, 2);
  bytes.set(authenticator, 4);
  bytes.set(createHash('md5').update(bytes).update(secret).digest(), 4);
  return bytes;
}
