import { ChunkedFramer } from './chunked-framer.ts';
import { EndOfMessageFramer } from './end-of-message-framer.ts';
import { type Framer, type FramerStep, type Framing, MORE } from './framing.ts';

const LF = 10;
const HASH = 35;

/**
 * Cuts out the first message. A hello is always followed by the end-of-message mark (RFC 6242 §4.1), but some clients
 * have read ours when they send theirs and chunk it already (ncclient#524): one that begins with LF HASH, as no XML
 * does, is read that way.
 */
export class HelloFramer implements Framer {
  readonly #limit: number;
  #framer: Framer | undefined;
  #sawLineFeed = false;
  #framing: Framing | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** `undefined` until the first two bytes are there. */
  get framing(): Framing | undefined {
    return this.#framing;
  }

  read(piece: Buffer, from: number): FramerStep {
    if (this.#framer !== undefined) return this.#framer.read(piece, from);
    const second = this.#sawLineFeed ? piece[from] : piece[from] === LF ? piece[from + 1] : 0;
    if (second === undefined) {
      this.#sawLineFeed ||= from < piece.length;
      return MORE;
    }
    this.#framing = second === HASH ? 'chunked' : 'end-of-message';
    this.#framer = openFramer(this.#framing, this.#limit);
    if (this.#sawLineFeed) this.#framer.read(LINE_FEED, 0);
    return this.#framer.read(piece, from);
  }
}

const LINE_FEED = Buffer.of(LF);

/** @param limit bytes of one message, framing not counted */
export function openFramer(framing: Framing, limit: number): Framer {
  return framing === 'chunked' ? new ChunkedFramer(limit) : new EndOfMessageFramer(limit);
}
