import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { Milliseconds } from '@sublane/basics';
import { decodeResponse, encodeRequest, type Secret } from '../codec/message.ts';
import { AUTHENTICATOR_BYTES } from '../codec/packet.ts';
import { fraction, type RandomBytes } from '../surroundings.ts';
import { type Exchange, type Link, type Outcome, type Rejection, troubleOf } from './exchange.ts';
import { type IdentifierSlot, IdentifierSlots } from './identifier-slots.ts';
import { nextDelay, type Retransmission } from './retransmission.ts';
import type { Timers } from './timers.ts';

export interface UdpLinkOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: Secret;
  readonly retransmission: Retransmission;
  readonly timers: Timers;
  readonly random: RandomBytes;
  readonly onRejected: (rejection: Rejection) => void;
}

/** Each with 256 identifiers. */
const SOCKETS = 16;

/** Requests to one port of a server. Sockets are connected: the kernel lets nothing in from any other address or port. */
export class UdpLink implements Link {
  readonly #options: UdpLinkOptions;
  readonly #slots = new IdentifierSlots(SOCKETS);
  #sockets: (LinkSocket | undefined)[] = [];
  /** What waits for an answer, by socket and identifier. */
  readonly #waiting = new Map<number, Transmission>();
  #answers = 0;
  #trouble: string | undefined;
  #closed = false;

  constructor(options: UdpLinkOptions) {
    this.#options = options;
  }

  ask(exchange: Exchange): () => void {
    const { timers, retransmission, random } = this.#options;
    const started = timers.now();
    const authenticator = random(AUTHENTICATOR_BYTES);
    const answersBefore = this.#answers;
    const sent: Transmission[] = [];
    let cancel = () => {};
    const end = (outcome: Outcome | undefined, answered?: Transmission) => {
      cancel();
      for (const one of sent) this.#forget(one, one !== answered);
      if (outcome !== undefined) exchange.done(outcome);
    };

    const transmit = (count: number, previous: Milliseconds | undefined) => {
      const waited = Math.floor((timers.now() - started) / 1000);
      const last = sent.at(-1);
      let current = last;
      // RFC 5080 §2.2.1: a retransmission is the same packet, with the same identifier and authenticator.
      if (last === undefined || (exchange.ages && waited !== last.waited)) {
        const made = this.#make(exchange, authenticator, waited, end);
        if (made === undefined) return end({ kind: 'silent', trouble: 'all identifiers are in use' });
        if ('kind' in made) return end(made);
        sent.push(made);
        current = made;
      }
      this.#send(current!);
      const left = started + retransmission.duration - timers.now();
      const delay = nextDelay(retransmission, previous, fraction(random));
      if (count < retransmission.count && delay < left) {
        cancel = timers.after(delay, () => transmit(count + 1, delay));
      } else {
        cancel = timers.after(left, () => {
          end({ kind: 'silent', trouble: this.#trouble });
          if (this.#answers === answersBefore) this.#renewSockets();
        });
      }
    };
    transmit(0, undefined);
    return () => end(undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    await Promise.all(this.#sockets.map((socket) => socket?.close()));
  }

  #make(
    exchange: Exchange,
    authenticator: Uint8Array,
    waited: number,
    end: (outcome: Outcome, answered: Transmission) => void,
  ): Transmission | Extract<Outcome, { kind: 'unsendable' }> | undefined {
    const { secret, timers } = this.#options;
    const slot = this.#slots.take(timers.now());
    if (slot === undefined) return undefined;
    const attributes = exchange.attributes({ secret, authenticator, waited });
    const encoded = encodeRequest({ code: exchange.code, id: slot.id, attributes, secret, authenticator });
    if (!encoded.ok) {
      this.#slots.release(slot, timers.now(), { silent: false });
      return { kind: 'unsendable', refusal: encoded.failure };
    }
    const bytes = encoded.value;
    const transmission: Transmission = {
      slot,
      bytes,
      waited,
      answer: (datagram) => {
        const decoded = decodeResponse(datagram, {
          secret,
          request: { code: exchange.code, id: slot.id, authenticator: bytes.subarray(4, 4 + AUTHENTICATOR_BYTES) },
          messageAuthenticator: exchange.messageAuthenticator,
        });
        if (!decoded.ok) return this.#reject(decoded.failure);
        this.#trouble = undefined;
        this.#answers++;
        end({ kind: 'answered', packet: decoded.value }, transmission);
      },
    };
    this.#waiting.set(keyOf(slot), transmission);
    return transmission;
  }

  #forget({ slot }: Transmission, silent: boolean): void {
    if (!this.#waiting.delete(keyOf(slot))) return;
    this.#slots.release(slot, this.#options.timers.now(), { silent });
  }

  #send({ slot, bytes }: Transmission): void {
    if (this.#closed) return;
    let socket = this.#sockets[slot.socket];
    if (socket === undefined) {
      socket = new LinkSocket(this.#options, {
        message: (datagram) => this.#received(slot.socket, datagram),
        // A later transmission tries again.
        failure: (trouble) => {
          this.#trouble = trouble;
          this.#sockets[slot.socket] = undefined;
        },
      });
      this.#sockets[slot.socket] = socket;
    }
    socket.send(bytes);
  }

  /** The server may have another address by now: sockets that are made anew look it up. */
  #renewSockets(): void {
    for (const socket of this.#sockets) void socket?.close();
    this.#sockets = [];
  }

  /** Forged, late or damaged: counted, and waited on for the right one. */
  #received(socket: number, datagram: Uint8Array): void {
    const asked = datagram.length < 2 ? undefined : this.#waiting.get(keyOf({ socket, id: datagram[1]! }));
    if (asked === undefined) this.#reject('not-asked');
    else asked.answer(datagram);
  }

  #reject(rejection: Rejection): void {
    this.#trouble = troubleOf(rejection) ?? this.#trouble;
    this.#options.onRejected(rejection);
  }
}

interface Transmission {
  readonly slot: IdentifierSlot;
  readonly bytes: Uint8Array;
  /** Whole seconds after the first one. */
  readonly waited: number;
  readonly answer: (datagram: Uint8Array) => void;
}

const keyOf = ({ socket, id }: IdentifierSlot) => socket * 256 + id;

/** A socket that is connected as soon as the server's address is known; what is sent before waits. */
class LinkSocket {
  #socket: Socket | undefined;
  #early: Uint8Array[] = [];
  #closed = false;
  constructor(
    { host, port }: { readonly host: string; readonly port: number },
    on: { readonly message: (datagram: Uint8Array) => void; readonly failure: (trouble: string) => void },
  ) {
    this.#connect(host, port, on.message).catch((error: Error) => on.failure(error.message));
  }

  send(bytes: Uint8Array): void {
    // What cannot be sent is as good as lost on the way: it is sent again.
    if (this.#socket !== undefined) this.#socket.send(bytes, () => {});
    else this.#early.push(bytes);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) await new Promise<void>((closed) => socket.close(closed));
  }

  async #connect(host: string, port: number, message: (datagram: Uint8Array) => void): Promise<void> {
    const { address, family } = await lookup(host);
    if (this.#closed) return;
    const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', recvBufferSize: 1 << 20 });
    // A port that nobody listens on says so later; the server may be starting.
    socket.on('error', () => {});
    try {
      await new Promise<void>((connected, refused) => {
        socket.connect(port, address, (error?: Error) => (error === undefined ? connected() : refused(error)));
      });
    } catch (error) {
      socket.close();
      throw error;
    }
    if (this.#closed) {
      socket.close();
      return;
    }
    socket.on('message', message);
    this.#socket = socket;
    for (const bytes of this.#early.splice(0)) this.send(bytes);
  }
}
