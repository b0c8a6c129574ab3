import { type Framer, type FramerStep, Gatherer, MORE } from './framing.ts';

const LF = 10;
const HASH = 35;
const DIGIT_0 = 48;
/** RFC 6242 §4.2. */
const LARGEST_CHUNK = 4_294_967_295;

/**
 * RFC 6242 §4.2:
 *
 *     Chunked-Message = 1*chunk end-of-chunks
 *     chunk           = LF HASH chunk-size LF chunk-data
 *     chunk-size      = 1*DIGIT1 0*DIGIT          (1 to 4294967295, no leading zero)
 *     end-of-chunks   = LF HASH HASH LF
 */
export class ChunkedFramer implements Framer {
  readonly #limit: number;
  readonly #gathered = new Gatherer();
  #expect: 'LF' | 'HASH' | 'size' | 'digit or LF' | 'data' | 'LF after ##' = 'LF';
  /** Of the chunk being read: its size while that is read, then the bytes still to come. */
  #left = 0;
  #chunks = 0;
  /** A first chunk that lies whole in this piece: if the message ends in it too, nothing is copied. */
  #whole: Buffer | undefined;

  /** @param limit bytes of one message, framing not counted */
  constructor(limit: number) {
    this.#limit = limit;
  }

  read(piece: Buffer, from: number): FramerStep {
    let at = from;
    while (at < piece.length) {
      if (this.#expect === 'data') {
        at = this.#data(piece, at);
        continue;
      }
      const byte = piece[at++]!;
      if (this.#expect === 'LF after ##' && byte === LF) {
        return { kind: 'message', message: this.#message(), next: at };
      }
      const wrong = this.#header(byte);
      if (wrong !== undefined) return wrong;
    }
    this.#keepWhole();
    return MORE;
  }

  #header(byte: number): FramerStep | undefined {
    const digit = byte - DIGIT_0;
    switch (this.#expect) {
      case 'LF':
        if (byte !== LF) break;
        this.#expect = 'HASH';
        return undefined;
      case 'HASH':
        if (byte !== HASH) break;
        this.#expect = 'size';
        return undefined;
      case 'size':
        if (digit >= 1 && digit <= 9) {
          this.#left = digit;
          this.#expect = 'digit or LF';
          return undefined;
        }
        if (byte !== HASH || this.#chunks === 0) break;
        this.#expect = 'LF after ##';
        return undefined;
      case 'digit or LF':
        if (byte === LF) return this.#beginChunk();
        if (digit < 0 || digit > 9) break;
        this.#left = this.#left * 10 + digit;
        if (this.#left > LARGEST_CHUNK) return refused(`expected a chunk-size of at most ${LARGEST_CHUNK}`);
        return undefined;
    }
    return refused(`expected ${this.#expected()}, found ${characterText(byte)}`);
  }

  #beginChunk(): FramerStep | undefined {
    if (this.#size() + this.#left > this.#limit) {
      return { kind: 'refused', failure: { kind: 'too-big', limit: 'message', allowed: this.#limit } };
    }
    this.#chunks++;
    this.#expect = 'data';
    return undefined;
  }

  #data(piece: Buffer, at: number): number {
    const end = Math.min(piece.length, at + this.#left);
    this.#left -= end - at;
    if (this.#left === 0) this.#expect = 'LF';
    const part = piece.subarray(at, end);
    if (this.#size() === 0 && this.#left === 0) {
      this.#whole = part;
    } else {
      this.#keepWhole();
      this.#gathered.add(part);
    }
    return end;
  }

  #size(): number {
    return this.#gathered.size + (this.#whole?.length ?? 0);
  }

  /** The piece's memory is not ours once `read` has returned. */
  #keepWhole(): void {
    if (this.#whole !== undefined) this.#gathered.add(this.#whole);
    this.#whole = undefined;
  }

  #message(): Buffer {
    const message = this.#whole ?? this.#gathered.take();
    this.#whole = undefined;
    this.#chunks = 0;
    this.#expect = 'LF';
    return message;
  }

  #expected(): string {
    switch (this.#expect) {
      case 'LF':
        return 'a line feed before "#"';
      case 'HASH':
        return '"#"';
      case 'size':
        return this.#chunks === 0 ? 'a chunk-size from 1' : 'a chunk-size from 1, or "#"';
      case 'LF after ##':
        return 'a line feed after "##"';
      default:
        return 'a digit or a line feed';
    }
  }
}

function refused(message: string): FramerStep {
  return { kind: 'refused', failure: { kind: 'bad-framing', message: `chunked framing: ${message}` } };
}

function characterText(byte: number): string {
  return byte > 32 && byte < 127 ? `"${String.fromCharCode(byte)}"` : `byte ${byte}`;
}
