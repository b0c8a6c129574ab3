import type { Duplex } from 'node:stream';
import type { Log } from '@sublane/basics';
import {
  type Framing,
  type ReplyTag,
  type RpcEnvelope,
  type RpcError,
  ServerSession,
  sessionFailureText,
} from '@sublane/netconf';
import type { Identity } from './access.ts';
import type { Answer, CallingSession, Dispatcher } from './dispatcher.ts';
import type { Limits } from './limits.ts';
import type { NotificationMessage, NotifiedSession } from './notifications/outlet.ts';
import type { CloseReason, CountedSession, Peer, Transport } from './session.ts';

/** What a session needs of its server. */
export interface SessionHome {
  readonly capabilities: readonly string[];
  readonly limits: Limits;
  /** Bytes of one message from an identity, where that is less. */
  readonly messageLimit?: ((identity: Identity) => number | undefined) | undefined;
  readonly dispatcher: Dispatcher;
  readonly log: Log;
  /** Its hello has come. */
  opened(session: PeerSession): void;
  /** Called once. */
  closed(session: PeerSession, reason: CloseReason): void;
  /** Undefined where nobody listens. */
  readonly answered:
    | ((session: PeerSession, envelope: RpcEnvelope | undefined, answer: Answer, started: number, size: number) => void)
    | undefined;
}

type Waiting =
  | { readonly kind: 'rpc'; readonly envelope: RpcEnvelope }
  | { readonly kind: 'bad-rpc'; readonly reply: ReplyTag; readonly error: RpcError };

/** Says to the peer, beside the stream, why the application ends the session. */
export type Farewell = (reason: string) => void;

/** Requests of one session that are handled in one turn of the event loop, before others get theirs. */
const MOST_IN_ONE_TURN = 16;

/**
 * A session's effects: reads its stream, handles the requests one after another ("The NETCONF requests MUST be
 * processed serially", RFC 6241 §4.5), writes what a turn of the event loop brought about at once.
 */
export class PeerSession implements CallingSession, NotifiedSession {
  readonly id: number;
  readonly identity: Identity;
  readonly peer?: Peer;
  readonly transport: Transport;
  readonly startedAt: Date;
  readonly protocol: ServerSession;
  readonly #home: SessionHome;
  readonly #stream: Duplex;
  readonly #farewell: Farewell | undefined;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #unsent: Buffer[] = [];
  #unsentBytes = 0;
  /** A request is being handled, or the next turn is booked. */
  #busy = false;
  #stalled = false;
  #paused = false;
  #inputEnded = false;
  #open = false;
  #ended = false;
  #lastWords: CloseReason | undefined;
  #closeWhenIdle: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #abort: AbortController | undefined;
  #afterReply: (() => void)[] = [];
  #whenReady: (() => void)[] = [];
  readonly #whenEnded = new Set<() => void>();

  constructor(
    id: number,
    stream: Duplex,
    from: { readonly identity: Identity; readonly peer?: Peer; readonly transport: Transport },
    startedAt: Date,
    home: SessionHome,
    farewell?: Farewell,
  ) {
    this.id = id;
    this.identity = from.identity;
    if (from.peer !== undefined) this.peer = from.peer;
    this.transport = from.transport;
    this.startedAt = startedAt;
    this.#home = home;
    this.#stream = stream;
    this.#farewell = farewell;
    const own = home.messageLimit?.(from.identity);
    const limits = own === undefined ? home.limits : { ...home.limits, message: Math.min(own, home.limits.message) };
    this.protocol = new ServerSession({ sessionId: id, capabilities: home.capabilities, limits });
  }

  start(): void {
    const stream = this.#stream;
    stream.on('error', (error) => this.end({ kind: 'dropped', detail: error.message }));
    stream.on('close', () => this.#gone());
    stream.on('end', () => {
      this.#inputEnded = true;
      this.#work();
    });
    this.#timer = setTimeout(
      () => this.end({ kind: 'timeout', detail: 'no hello came in time' }),
      this.#home.limits.helloTime,
    );
    this.#write(this.protocol.start());
    stream.on('data', (piece: Buffer) => this.#take(piece));
  }

  /** Has its hello come? */
  get open(): boolean {
    return this.#open;
  }

  get framing(): Framing {
    return this.protocol.base === '1.1' ? 'chunked' : 'end-of-message';
  }

  send(message: NotificationMessage): void {
    if (this.#ended) return;
    this.protocol.counters.outNotifications++;
    this.protocol.counters.sent++;
    this.#write(message.framed(this.framing));
  }

  get congested(): boolean {
    return this.#unsentBytes + this.#stream.writableLength > this.#home.limits.unsentNotifications;
  }

  whenReady(call: () => void): void {
    this.#whenReady.push(call);
    // Else `#written` calls.
    if (!this.congested) process.nextTick(() => this.#tellReady());
  }

  afterReply(call: () => void): void {
    this.#afterReply.push(call);
  }

  whenEnded(call: () => void): () => void {
    if (this.#ended) process.nextTick(call);
    else this.#whenEnded.add(call);
    return () => void this.#whenEnded.delete(call);
  }

  get counters(): CountedSession['counters'] {
    return this.protocol.counters;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#ended) this.#abort.abort();
    return this.#abort.signal;
  }

  close(reason: string): void {
    if (!this.#ended) this.#farewell?.(reason);
    this.end({ kind: 'other', detail: reason });
  }

  endAfterReply(reason: CloseReason): void {
    this.#lastWords = reason;
  }

  closeWhenIdle(reason: string): void {
    if (!this.#busy && this.#waiting.length === 0) this.close(reason);
    else this.#closeWhenIdle = reason;
  }

  /** What has been answered still leaves; then the stream is closed, however long the peer takes. */
  end(reason: CloseReason): void {
    if (this.#ended) return;
    this.#ended = true;
    this.protocol.end();
    this.#waiting = [];
    this.#waitingBytes = 0;
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#flush();
    this.#stream.end();
    this.#stream.resume(); // so that its end is seen
    this.#timer = setTimeout(() => this.#stream.destroy(), this.#home.limits.lingerTime);
    this.#whenReady = [];
    for (const call of this.#whenEnded) call();
    this.#whenEnded.clear();
    this.#home.closed(this, reason);
  }

  /** For a stream that is gone already. */
  #gone(): void {
    this.end({ kind: 'dropped', detail: 'the connection was closed' });
    clearTimeout(this.#timer);
    this.#unsent = [];
  }

  #take(piece: Buffer): void {
    for (const event of this.protocol.push(piece)) {
      switch (event.kind) {
        case 'open':
          clearTimeout(this.#timer);
          this.#timer = undefined;
          this.#open = true;
          this.#home.opened(this);
          break;
        case 'closed': {
          const detail = sessionFailureText(event.failure);
          this.end(this.#open ? { kind: 'other', detail } : { kind: 'bad-hello', detail });
          return;
        }
        default:
          this.#waiting.push(event);
          this.#waitingBytes += sizeOf(event);
      }
    }
    this.#work();
  }

  #work(): void {
    let turn = 0;
    while (!this.#busy && !this.#ended && !this.#stalled) {
      const next = this.#waiting[0];
      if (next === undefined) break;
      if (this.#unsentBytes + this.#stream.writableLength > this.#home.limits.unsentReplies) {
        this.#stall();
        break;
      }
      if (turn++ >= MOST_IN_ONE_TURN) {
        this.#busy = true;
        setImmediate(() => {
          this.#busy = false;
          this.#work();
        });
        break;
      }
      this.#waiting.shift();
      this.#waitingBytes -= sizeOf(next);
      this.#handle(next);
    }
    if (this.#ended) return;
    if (!this.#busy && this.#waiting.length === 0) {
      if (this.#inputEnded) this.end({ kind: 'dropped', detail: 'the peer closed its side' });
      else if (this.#closeWhenIdle !== undefined) this.close(this.#closeWhenIdle);
      if (this.#ended) return;
    }
    this.#regulate();
  }

  #handle(next: Waiting): void {
    const started = this.#home.answered === undefined ? 0 : performance.now();
    if (next.kind === 'bad-rpc') {
      this.#answer(undefined, next.reply, { kind: 'refused', errors: [next.error] }, started);
      return;
    }
    const { envelope } = next;
    this.#busy = true;
    const answer = this.#home.dispatcher.dispatch(envelope, this);
    if (!(answer instanceof Promise)) {
      this.#busy = false;
      this.#answer(envelope, envelope.reply, answer, started);
      return;
    }
    void answer.then((settled) => {
      this.#busy = false;
      if (!this.#ended) this.#answer(envelope, envelope.reply, settled, started);
      this.#work();
    });
  }

  #answer(envelope: RpcEnvelope | undefined, reply: ReplyTag, answer: Answer, started: number): void {
    if (this.#ended) return;
    if (answer.kind === 'malformed') {
      const event = this.protocol.refuseMalformed(answer.message, reply);
      if (event.kind === 'closed') {
        this.end({ kind: 'other', detail: sessionFailureText(event.failure) });
        return;
      }
      if (event.kind === 'bad-rpc') {
        this.#answer(envelope, event.reply, { kind: 'refused', errors: [event.error] }, started);
      }
      return;
    }
    this.#write(this.protocol.encodeReply(reply, answer));
    this.#home.answered?.(this, envelope, answer, started, envelope?.text.length ?? 0);
    for (const call of this.#afterReply.splice(0)) call();
    if (this.#lastWords !== undefined) this.end(this.#lastWords);
  }

  #write(bytes: Buffer): void {
    this.#unsentBytes += bytes.length;
    if (this.#unsent.push(bytes) === 1) process.nextTick(() => this.#flush());
  }

  #flush(): void {
    const [first, second] = this.#unsent;
    if (first === undefined) return;
    const all = second === undefined ? first : Buffer.concat(this.#unsent);
    this.#unsent = [];
    this.#unsentBytes = 0;
    if (this.#stream.writable) this.#stream.write(all, this.#written);
  }

  readonly #written = (): void => {
    if (this.#whenReady.length > 0) this.#tellReady();
    if (!this.#stalled || this.#stream.writableLength > this.#home.limits.unsentReplies / 2) return;
    this.#stalled = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#work();
  };

  /** Those who wait for room go on when half of it is free: in fewer, larger steps. */
  #tellReady(): void {
    if (this.#unsentBytes + this.#stream.writableLength > this.#home.limits.unsentNotifications / 2) return;
    for (const call of this.#whenReady.splice(0)) call();
  }

  /** The peer does not take its replies: it gets no more until it does. Nobody else waits for it. */
  #stall(): void {
    this.#flush();
    if (this.#stream.writableLength <= this.#home.limits.unsentReplies / 2) {
      setImmediate(() => this.#work());
      return;
    }
    this.#stalled = true;
    this.#timer = setTimeout(
      () => this.end({ kind: 'timeout', detail: 'the peer did not take its replies' }),
      this.#home.limits.stallTime,
    );
  }

  /** Reads on only while no more waits than may. */
  #regulate(): void {
    const { outstandingRpcs, outstandingBytes } = this.#home.limits;
    const full = this.#waiting.length >= outstandingRpcs || this.#waitingBytes > outstandingBytes;
    if (full === this.#paused) return;
    this.#paused = full;
    if (full) this.#stream.pause();
    else this.#stream.resume();
  }
}

const sizeOf = (waiting: Waiting) => (waiting.kind === 'rpc' ? waiting.envelope.text.length : 0);
