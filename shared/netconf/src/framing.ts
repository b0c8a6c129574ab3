/** How messages are told apart in the stream (RFC 6242 §4). */
export type Framing = 'end-of-message' | 'chunked';

/**
 * Cuts a stream of bytes into messages, whatever the borders of the pieces. Owns no socket, no timer. After a refusal
 * the stream has no meaning any more: "the peer MUST terminate the NETCONF session" (RFC 6242 §4.2).
 */
export interface Framer {
  /** Reads `piece` from `from` up to the end of the first message that ends in it. */
  read(piece: Buffer, from: number): FramerStep;
}

export type FramerStep =
  /** Valid until the piece's memory is used again. `next` is where the following message begins in the piece. */
  | { readonly kind: 'message'; readonly message: Buffer; readonly next: number }
  /** The whole piece is taken in. */
  | { readonly kind: 'more' }
  | { readonly kind: 'refused'; readonly failure: FramingFailure };

export type FramingFailure =
  | { readonly kind: 'bad-framing'; readonly message: string }
  | { readonly kind: 'too-big'; readonly limit: 'message'; readonly allowed: number };

export const MORE: FramerStep = { kind: 'more' };

/** A message as it goes on the wire. */
export function frame(message: string, framing: Framing): Buffer {
  if (framing === 'end-of-message') {
    // In well-formed XML the mark can stand only in an attribute's value or a comment; there this means the same.
    return Buffer.from(`${message.includes(MARK) ? message.replaceAll(MARK, ']]&gt;]]&gt;') : message}${MARK}`);
  }
  return Buffer.from(`\n#${Buffer.byteLength(message)}\n${message}\n##\n`);
}

export const MARK = ']]>]]>';

/** The pieces of one message. A message that lies in one piece is not copied; many small pieces cost no more than their bytes. */
export class Gatherer {
  #held: Buffer = EMPTY;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(part: Buffer): void {
    const size = this.#size + part.length;
    if (size > this.#held.length) {
      const larger = Buffer.allocUnsafe(Math.max(size, 2 * this.#held.length, 1024));
      this.#held.copy(larger, 0, 0, this.#size);
      this.#held = larger;
    }
    part.copy(this.#held, this.#size);
    this.#size = size;
  }

  /** The last bytes, `count` or fewer. */
  tail(count: number): Buffer {
    return this.#held.subarray(Math.max(0, this.#size - count), this.#size);
  }

  /** All but the last `drop` bytes, and the start of a new message. */
  take(drop = 0): Buffer {
    const message = this.#held.subarray(0, this.#size - drop);
    this.#held = EMPTY;
    this.#size = 0;
    return message;
  }
}

const EMPTY = Buffer.alloc(0);
