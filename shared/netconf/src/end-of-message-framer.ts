import { type Framer, type FramerStep, Gatherer, MARK, MORE } from './framing.ts';

/** RFC 6242 §4.3: each message is followed by `]]>]]>`. Every hello travels like this. */
export class EndOfMessageFramer implements Framer {
  readonly #limit: number;
  readonly #gathered = new Gatherer();

  /** @param limit bytes of one message, the mark not counted */
  constructor(limit: number) {
    this.#limit = limit;
  }

  read(piece: Buffer, from: number): FramerStep {
    // A mark that began in an earlier piece ends in the first five bytes of this one.
    const tail = this.#gathered.tail(MARK.length - 1);
    const border = Buffer.concat([tail, piece.subarray(from, from + MARK.length - 1)]);
    const atBorder = tail.length === 0 ? -1 : border.indexOf(MARK);
    if (atBorder >= 0) {
      if (this.#gathered.size - (tail.length - atBorder) > this.#limit) return this.#tooBig();
      const next = from + atBorder + MARK.length - tail.length;
      return { kind: 'message', message: this.#gathered.take(tail.length - atBorder), next };
    }

    const at = piece.indexOf(MARK, from);
    const end = at < 0 ? piece.length : at;
    const size = this.#gathered.size + end - from;
    // Without a mark, up to five bytes at the end may be part of one.
    if (size > (at < 0 ? this.#limit + MARK.length - 1 : this.#limit)) return this.#tooBig();
    if (at >= 0 && this.#gathered.size === 0) {
      return { kind: 'message', message: piece.subarray(from, at), next: at + MARK.length };
    }
    this.#gathered.add(piece.subarray(from, end));
    return at < 0 ? MORE : { kind: 'message', message: this.#gathered.take(), next: at + MARK.length };
  }

  #tooBig(): FramerStep {
    return { kind: 'refused', failure: { kind: 'too-big', limit: 'message', allowed: this.#limit } };
  }
}
