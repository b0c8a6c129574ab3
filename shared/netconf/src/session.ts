import type { Base } from './capabilities.ts';
import { type Framer, type Framing, type FramingFailure, frame } from './framing.ts';
import type { HelloFailure } from './hello-codec.ts';
import { HelloFramer, openFramer } from './hello-framer.ts';
import type { MessageLimits } from './limits.ts';
import { decodeUtf8 } from './utf8.ts';

/** Why a session must end; whoever owns the stream closes it. */
export type SessionFailure =
  | FramingFailure
  | HelloFailure
  | { readonly kind: 'no-common-version'; readonly message: string };

/** Closed reason in one sentence. */
export function sessionFailureText(failure: SessionFailure): string {
  return failure.kind === 'too-big'
    ? `the peer's message is over the limit on ${failure.limit} (${failure.allowed})`
    : failure.message;
}

export interface SessionCounters {
  /** Messages received, the hello among them. */
  received: number;
  sent: number;
  /** Bytes that came after the session had ended. */
  discardedBytes: number;
  /** Was the peer's hello chunked, against RFC 6242 §4.1? */
  chunkedHellos: number;
}

/**
 * What both ends have in common: hello first, then messages, in the framing both hellos give. Owns no socket and no
 * timer: what is pushed comes out as events.
 */
export abstract class Session<Event> {
  protected readonly limits: MessageLimits;
  readonly #hello: HelloFramer;
  #framer: Framer;
  #base: Base | undefined;
  #ended = false;

  constructor(limits: MessageLimits) {
    this.limits = limits;
    this.#hello = new HelloFramer(limits.hello);
    this.#framer = this.#hello;
  }

  abstract readonly counters: SessionCounters;

  /** `undefined` until both hellos are exchanged. */
  get base(): Base | undefined {
    return this.#base;
  }

  /** No more events come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Takes what the stream gave, in pieces of any size. Their memory must stay as it is until this returns. */
  push(piece: Buffer): Event[] {
    const events: Event[] = [];
    let at = 0;
    while (at < piece.length && !this.#ended) {
      const step = this.#framer.read(piece, at);
      if (step.kind === 'more') return events;
      if (step.kind === 'refused') {
        at = piece.length;
        events.push(this.fail(step.failure));
        break;
      }
      at = step.next;
      this.counters.received++;
      events.push(this.#base === undefined ? this.#takeHello(step.message) : this.message(step.message));
    }
    this.counters.discardedBytes += piece.length - at;
    return events;
  }

  /** What comes from now on is counted and dropped: the owner is closing the stream. */
  end(): void {
    this.#ended = true;
  }

  /** A message ready to be written. Before the session is open only the hello may be sent. */
  frame(message: string): Buffer {
    this.counters.sent++;
    return frame(message, this.#framing());
  }

  protected abstract hello(text: string): Base | SessionFailure;
  protected abstract opened(base: Base): Event;
  protected abstract message(bytes: Buffer): Event;
  protected abstract closed(failure: SessionFailure): Event;

  protected fail(failure: SessionFailure): Event {
    this.#ended = true;
    return this.closed(failure);
  }

  #takeHello(bytes: Buffer): Event {
    if (this.#hello.framing === 'chunked') this.counters.chunkedHellos++;
    const text = decodeUtf8(bytes);
    if (text === undefined) return this.fail({ kind: 'malformed', message: 'expected UTF-8' });
    const base = this.hello(text.replace(/^[ \t\r\n]+/, ''));
    if (typeof base === 'object') return this.fail(base);
    this.#base = base;
    this.#framer = openFramer(this.#framing(), this.limits.message);
    return this.opened(base);
  }

  #framing(): Framing {
    return this.#base === '1.1' ? 'chunked' : 'end-of-message';
  }
}
