import { type Duplex, duplexPair } from 'node:stream';
import {
  BASE_NAMESPACE,
  CAPABILITY,
  CLIENT_LIMITS,
  frame,
  openFramer,
  readXml,
  type XmlElement,
} from '@sublane/netconf';
import type { NetconfServer } from '../server.ts';

/** A peer that writes bytes and reads messages, and believes nothing: what it gets is the text on the wire. */
export class RawPeer {
  readonly stream: Duplex;
  /** Messages not yet asked for. */
  readonly #messages: string[] = [];
  readonly #waiting: ((message: string | undefined) => void)[] = [];
  #over = false;
  #framer = openFramer('end-of-message', CLIENT_LIMITS.message);
  #sawHello = false;
  readonly closed: Promise<void>;
  base: '1.0' | '1.1' = '1.0';

  constructor(server: NetconfServer, identity = { user: 'ann', role: 'host' }) {
    const [ours, theirs] = duplexPair();
    this.stream = theirs;
    const begun = server.accept(ours, { identity, transport: 'other' });
    if (!begun.ok) throw new Error(begun.failure.message);
    theirs.on('error', () => {});
    theirs.on('data', (piece: Buffer) => this.#take(piece));
    this.closed = new Promise((resolve) => {
      for (const event of ['end', 'close']) {
        theirs.on(event, () => {
          this.#over = true;
          for (const waiter of this.#waiting.splice(0)) waiter(undefined);
          resolve();
        });
      }
    });
  }

  #take(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      const step = this.#framer.read(piece, at);
      if (step.kind === 'more') return;
      if (step.kind === 'refused') throw new Error(`the server's framing: ${JSON.stringify(step.failure)}`);
      at = step.next;
      if (!this.#sawHello) this.#hello();
      const message = step.message.toString();
      const waiter = this.#waiting.shift();
      if (waiter === undefined) this.#messages.push(message);
      else waiter(message);
    }
  }

  /** The next message; undefined when the server has ended the session. */
  async next(): Promise<string | undefined> {
    const message = this.#messages.shift();
    if (message !== undefined || this.#over) return message;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Exchanges hellos; from here on `send` frames as both agreed. The server's hello. */
  async open(base: '1.0' | '1.1' = '1.1'): Promise<string> {
    const uri = base === '1.1' ? CAPABILITY.base11 : CAPABILITY.base10;
    this.write(`${helloText([uri])}]]>]]>`);
    const hello = await this.next();
    if (hello === undefined) throw new Error('expected a hello');
    this.agreed(base);
    return hello;
  }

  /** The framing of all that follows the server's hello. */
  agreed(base: '1.0' | '1.1'): void {
    this.base = base;
    if (this.#sawHello) this.#hello();
  }

  #hello(): void {
    this.#sawHello = true;
    this.#framer = openFramer(this.base === '1.1' ? 'chunked' : 'end-of-message', CLIENT_LIMITS.message);
  }

  write(bytes: string | Buffer): void {
    this.stream.write(bytes);
  }

  send(message: string | Buffer): void {
    if (typeof message === 'string') this.write(frame(message, this.base === '1.1' ? 'chunked' : 'end-of-message'));
    else if (this.base === '1.0') this.write(Buffer.concat([message, Buffer.from(']]>]]>')]));
    else this.write(Buffer.concat([Buffer.from(`\n#${message.length}\n`), message, Buffer.from('\n##\n')]));
  }

  async ask(message: string | Buffer): Promise<XmlElement> {
    this.send(message);
    return this.reply();
  }

  async reply(): Promise<XmlElement> {
    const text = await this.next();
    if (text === undefined) throw new Error('expected a message; the session has ended');
    const read = readXml(text, CLIENT_LIMITS);
    if (!read.ok) throw new Error(`expected XML: ${text}`);
    return read.value;
  }
}

export function helloText(capabilities: readonly string[], more = ''): string {
  const list = capabilities.map((uri) => `<capability>${uri}</capability>`).join('');
  return `<hello xmlns="${BASE_NAMESPACE}"><capabilities>${list}</capabilities>${more}</hello>`;
}

export const rpcText = (operation: string, attributes = ' message-id="1"') =>
  `<rpc xmlns="${BASE_NAMESPACE}"${attributes}>${operation}</rpc>`;
