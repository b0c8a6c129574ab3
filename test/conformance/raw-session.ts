import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  BASE_NAMESPACE,
  CAPABILITY,
  CLIENT_LIMITS,
  childElement,
  childElements,
  elementText,
  frame,
  openFramer,
  readXml,
} from '@sublane/netconf';

/** What a server made of a message: `ok`, `data`, the error-tags of its reply, the end of the session, or nothing. */
export type Outcome = 'ok' | 'data' | 'closed' | 'silence' | `error ${string}`;

/** A session of base:1.1 over any stream, that sends what it is told and says what came of it. */
export class RawSession {
  readonly #stream: Duplex;
  readonly #messages: string[] = [];
  #framer = openFramer('end-of-message', CLIENT_LIMITS.message);
  #closed = false;
  #wake: (() => void) | undefined;

  private constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('error', () => {});
    stream.on('data', (piece: Buffer) => this.#take(piece));
    for (const event of ['end', 'close']) {
      stream.on(event, () => {
        this.#closed = true;
        this.#wake?.();
      });
    }
  }

  static async open(stream: Duplex): Promise<RawSession> {
    const session = new RawSession(stream);
    const hello = `<hello xmlns="${BASE_NAMESPACE}"><capabilities><capability>${CAPABILITY.base11}</capability></capabilities></hello>`;
    stream.write(frame(hello, 'end-of-message'));
    if ((await session.next()) === undefined) throw new Error('expected a hello');
    return session;
  }

  /** Sends the whole message, as it is. */
  async send(message: string): Promise<Outcome> {
    const reply = await this.text(message);
    if (reply === undefined) return this.#closed ? 'closed' : 'silence';
    return outcomeOf(reply);
  }

  /** The same; the reply as it came. */
  async text(message: string): Promise<string | undefined> {
    if (this.#closed) return undefined;
    this.#stream.write(frame(message, 'chunked'));
    return this.next();
  }

  end(): void {
    this.#stream.destroy();
  }

  #take(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      const step = this.#framer.read(piece, at);
      if (step.kind === 'more') break;
      if (step.kind === 'refused') throw new Error(`the server's framing: ${JSON.stringify(step.failure)}`);
      at = step.next;
      const text = step.message.toString();
      if (text.includes('<hello')) this.#framer = openFramer('chunked', CLIENT_LIMITS.message);
      this.#messages.push(text);
      this.#wake?.();
    }
  }

  /** The next message of the server; undefined at the end, and where none comes. */
  async next(): Promise<string | undefined> {
    const patience = new AbortController();
    if (this.#messages.length === 0 && !this.#closed) {
      await Promise.race([
        new Promise<void>((resolve) => {
          this.#wake = resolve;
        }),
        delay(PATIENCE, undefined, { signal: patience.signal }).catch(() => {}),
      ]);
      patience.abort();
    }
    return this.#messages.shift();
  }
}

/** Milliseconds. Only a server that never answers is waited for so long. */
const PATIENCE = 60_000;

function outcomeOf(message: string): Outcome {
  const read = readXml(message, CLIENT_LIMITS);
  if (!read.ok) return 'error (a reply that is no XML)';
  const tags = childElements(read.value)
    .filter(({ name }) => name === 'rpc-error')
    .map((error) => elementText(childElement(error, 'error-tag') ?? error).trim());
  if (tags.length > 0) return `error ${[...new Set(tags)].join(' ')}`;
  return childElement(read.value, 'ok') === undefined ? 'data' : 'ok';
}
