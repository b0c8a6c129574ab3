import type { Duplex } from 'node:stream';
import { failed, type Milliseconds, type Result } from '@sublane/basics';
import type { ClientSession, RpcError, XmlElement } from '@sublane/netconf';
import type { RpcFailure } from './failures.ts';
import { contentXml, type XmlContent } from './operations/xml-parts.ts';
import type { Timeouts } from './timeouts.ts';

export interface CallOptions {
  readonly timeout?: Milliseconds;
  /** Gives the rpc up. If it was sent already, the server goes on with it all the same. */
  readonly signal?: AbortSignal;
  /**
   * Of an rpc that was given up: what became of it all the same, told once. `undefined`: it was never sent. A failure of
   * kind `closed`: nobody knows.
   */
  readonly onLate?: (result: Result<RpcReply, RpcFailure> | undefined) => void;
}

export interface RpcReply {
  /** The whole `<rpc-reply>`, as the server wrote it. */
  readonly xml: string;
  /** The same, read. */
  readonly content: XmlElement;
  /** `<rpc-error>`s of severity `warning`. */
  readonly warnings: readonly RpcError[];
}

interface Call {
  readonly content: string;
  /** `undefined` until it is sent. */
  messageId: string | undefined;
  settled: boolean;
  readonly settle: (result: Result<RpcReply, RpcFailure>) => void;
  readonly onLate: CallOptions['onLate'];
}

/** The rpcs of one session: those that wait to be sent, and those that wait for their replies. */
export class RpcCalls {
  readonly #name: string;
  readonly #stream: Duplex;
  readonly #session: ClientSession;
  readonly #timeouts: Timeouts;
  readonly #rpcTimeout: Milliseconds;
  readonly #queueLimit: number;
  readonly #queue: Call[] = [];
  readonly #inFlight = new Map<string, Call>();
  #over: RpcFailure | undefined;
  #sending = false;

  constructor(options: {
    readonly name: string;
    readonly stream: Duplex;
    readonly session: ClientSession;
    readonly timeouts: Timeouts;
    readonly rpcTimeout: Milliseconds;
    readonly queueLimit: number;
  }) {
    this.#name = options.name;
    this.#stream = options.stream;
    this.#session = options.session;
    this.#timeouts = options.timeouts;
    this.#rpcTimeout = options.rpcTimeout;
    this.#queueLimit = options.queueLimit;
  }

  start(
    content: XmlContent,
    { timeout = this.#rpcTimeout, signal, onLate }: CallOptions,
  ): Promise<Result<RpcReply, RpcFailure>> {
    return new Promise((resolve) => {
      if (this.#over !== undefined) return resolve(failed(this.#over));
      if (signal?.aborted) {
        onLate?.(undefined);
        return resolve(failed(ABORTED));
      }
      if (this.#queue.length >= this.#queueLimit) return resolve(failed(this.#busy()));

      const abort = () => this.#giveUp(call, ABORTED);
      const stopTimeout = this.#timeouts.start(timeout, () =>
        this.#giveUp(call, {
          kind: 'timeout',
          message: `${this.#name} did not answer within ${timeout / 1000} s.`,
        }),
      );
      const call: Call = {
        content: contentXml(content),
        messageId: undefined,
        settled: false,
        settle: (result) => {
          call.settled = true;
          stopTimeout();
          signal?.removeEventListener('abort', abort);
          resolve(result);
        },
        onLate,
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#queue.push(call);
      this.sendSoon();
    });
  }

  /** Gives a call its reply. */
  settle(messageId: string, result: Result<RpcReply, RpcFailure>): void {
    const call = this.#inFlight.get(messageId);
    this.#inFlight.delete(messageId);
    if (call?.settled === true) call.onLate?.(result);
    else call?.settle(result);
    this.sendSoon();
  }

  /** Fails them all, and every one to come. */
  end(failure: RpcFailure): void {
    this.#over = failure;
    for (const call of [...this.#inFlight.values(), ...this.#queue]) {
      if (!call.settled) call.settle(failed(failure));
      else if (call.messageId !== undefined) call.onLate?.(failed(failure));
    }
    this.#inFlight.clear();
    this.#queue.length = 0;
  }

  /** There may be room again. What was asked for in one turn of the event loop goes out in one write. */
  sendSoon(): void {
    if (this.#sending || this.#queue.length === 0) return;
    this.#sending = true;
    process.nextTick(() => {
      this.#sending = false;
      this.#send();
    });
  }

  #send(): void {
    const messages: Buffer[] = [];
    // Where the server does not read, requests stay here: they can still be given up.
    while (this.#queue.length > 0 && !this.#stream.writableNeedDrain) {
      if (this.#queue[0]!.settled) {
        this.#queue.shift();
        continue;
      }
      const request = this.#session.request(this.#queue[0]!.content);
      if (!request.ok) break; // no room: the next reply makes some
      const call = this.#queue.shift()!;
      call.messageId = request.value.messageId;
      this.#inFlight.set(call.messageId, call);
      messages.push(request.value.bytes);
    }
    if (messages.length > 0) this.#stream.write(messages.length === 1 ? messages[0] : Buffer.concat(messages));
  }

  #giveUp(call: Call, failure: RpcFailure): void {
    if (call.messageId === undefined) call.onLate?.(undefined);
    else if (call.onLate === undefined) {
      this.#inFlight.delete(call.messageId);
      this.#session.forget(call.messageId);
    }
    call.settle(failed(failure));
  }

  #busy(): RpcFailure {
    const allowed = this.#queueLimit;
    return { kind: 'busy', allowed, message: `${allowed} rpcs wait for ${this.#name} already.` };
  }
}

const ABORTED: RpcFailure = { kind: 'aborted', message: 'The rpc was given up.' };
