import type { Duplex } from 'node:stream';
import {
  type ClientEvent,
  ClientSession,
  childElement,
  childElements,
  elementText,
  parseRpcError,
  type RpcError,
  writeXml,
  type XmlElement,
} from '@sublane/netconf';
import { faultsOf } from './appendix-a.ts';

/** The client's end of a session over any stream; as raw as a test wants it. */
export class TestClient {
  readonly stream: Duplex;
  readonly session: ClientSession;
  readonly #events: ClientEvent[] = [];
  readonly #waiting: ((event: ClientEvent | undefined) => void)[] = [];
  readonly closed: Promise<void>;
  #over = false;

  constructor(stream: Duplex, capabilities?: readonly string[]) {
    this.stream = stream;
    this.session = new ClientSession(capabilities === undefined ? {} : { capabilities });
    stream.on('data', (piece: Buffer) => {
      for (const event of this.session.push(piece)) this.#deliver(event);
    });
    stream.on('error', () => {});
    this.closed = new Promise((resolve) => {
      for (const name of ['end', 'close']) stream.on(name, () => resolve());
    });
    void this.closed.then(() => {
      this.#over = true;
      for (const waiter of this.#waiting.splice(0)) waiter(undefined);
    });
  }

  #deliver(event: ClientEvent): void {
    const waiter = this.#waiting.shift();
    if (waiter === undefined) this.#events.push(event);
    else waiter(event);
  }

  /** The next thing the server says; undefined when it has closed. */
  async next(): Promise<ClientEvent | undefined> {
    const event = this.#events.shift();
    if (event !== undefined || this.#over) return event;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Sends our hello and takes the server's. */
  async open(): Promise<Extract<ClientEvent, { kind: 'open' }>> {
    this.stream.write(this.session.start());
    const event = await this.next();
    if (event?.kind !== 'open') throw new Error(`expected a hello, got ${event?.kind}`);
    return event;
  }

  /** Sends an operation; the reply's whole element. */
  async rpc(operation: string): Promise<XmlElement> {
    this.send(operation);
    return this.reply();
  }

  send(operation: string): void {
    const request = this.session.request(operation);
    if (!request.ok) throw new Error(request.failure.kind);
    this.stream.write(request.value.bytes);
  }

  /** Writes a message as it is, framed. */
  sendRaw(message: string): void {
    this.stream.write(this.session.frame(message));
  }

  async reply(): Promise<XmlElement> {
    const event = await this.next();
    if (event?.kind === 'reply') return event.reply.element;
    throw new Error(`expected a reply, got ${event?.kind ?? 'the end'}`);
  }

  /** The errors of an operation that must fail. */
  async errors(operation: string): Promise<RpcError[]> {
    return errorsOf(await this.rpc(operation));
  }
}

/** Throws where one is not as RFC 6241 wants it. */
export function errorsOf(reply: XmlElement): RpcError[] {
  const errors = childElements(reply).filter(({ name }) => name === 'rpc-error');
  for (const error of errors) {
    const faults = faultsOf(error);
    if (faults.length > 0) throw new Error(`an <rpc-error> is wrong: ${faults.join('; ')}\n${writeXml(error)}`);
  }
  return errors.map(parseRpcError);
}

export function isOk(reply: XmlElement): boolean {
  return childElement(reply, 'ok') !== undefined;
}

/** The text of an error's info, by element. */
export function infoOf(error: RpcError): Record<string, string> {
  return Object.fromEntries((error.info ?? []).map((one) => [one.name, elementText(one)]));
}
