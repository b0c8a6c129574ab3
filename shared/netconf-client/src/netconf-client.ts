import { type Clock, failed, type Log, type Milliseconds, milliseconds, ok, type Result } from '@sublane/basics';
import {
  type Base,
  CLIENT_LIMITS,
  type ClientEvent,
  ClientSession,
  type ClientSessionCounters,
  type MessageLimits,
  rpcErrorText,
  type ServerNotification,
  type ServerReply,
  type SessionFailure,
  sessionFailureText,
} from '@sublane/netconf';
import { ClientOperations } from './client-operations.ts';
import type { CloseReason, ConnectFailure, RpcFailure } from './failures.ts';
import { type NotificationHandler, NotificationQueue } from './notification-queue.ts';
import { filterNeeds } from './operation-needs.ts';
import { operation, type SubscribeOptions, type XmlContent } from './operations.ts';
import { type CallOptions, RpcCalls, type RpcReply } from './rpc-calls.ts';
import { firstMissing, needs, readSupport, type ServerSupport, unsupported } from './server-support.ts';
import { Timeouts } from './timeouts.ts';
import { type CheckFailure, runTransaction, type Transaction, type TransactionOptions } from './transaction.ts';
import type { Transport } from './transport.ts';

export interface ClientLimits extends MessageLimits {
  /** Rpcs sent and not answered; more wait. */
  readonly inFlight: number;
  /** Rpcs that wait to be sent; more are refused as `busy`. */
  readonly queued: number;
  /** Notifications that wait for one handler; more are dropped, and it is told how many. */
  readonly notifications: number;
}

export const DEFAULT_LIMITS: ClientLimits = { ...CLIENT_LIMITS, inFlight: 64, queued: 4096, notifications: 1024 };

export interface SessionOptions {
  /** What we announce; default base:1.0 and base:1.1. */
  readonly capabilities?: readonly string[];
  readonly limits?: Partial<ClientLimits>;
  /** For an rpc that gives none of its own; default 60 s. Fires up to 0.2 s late. */
  readonly rpcTimeout?: Milliseconds;
}

export interface ClientCounters extends ClientSessionCounters {
  /** Notifications nobody listened to. */
  readonly unheard: number;
  /** Notifications dropped because a handler was too slow. */
  readonly dropped: number;
}

/** One NETCONF session. Nothing it does throws or rejects for what the server or the network does. */
export class NetconfClient extends ClientOperations {
  readonly #transport: Transport;
  readonly #session: ClientSession;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #limits: ClientLimits;
  readonly #calls: RpcCalls;
  readonly #listeners = new Set<NotificationQueue>();
  readonly #closed = Promise.withResolvers<CloseReason>();
  #server: Extract<ClientEvent, { kind: 'open' }> | undefined;
  #support: ServerSupport | undefined;
  #over: CloseReason | undefined;
  #unheard = 0;
  #dropped = 0;

  private constructor(transport: Transport, { capabilities, limits, rpcTimeout }: SessionOptions, tools: Tools) {
    super();
    this.#transport = transport;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#log = tools.log;
    this.#clock = tools.clock;
    this.#session = new ClientSession({
      limits: this.#limits,
      requests: this.#limits.inFlight,
      ...(capabilities && { capabilities }),
    });
    this.#calls = new RpcCalls({
      name: transport.name,
      stream: transport.stream,
      session: this.#session,
      timeouts: new Timeouts(tools.clock),
      rpcTimeout: rpcTimeout ?? milliseconds(60_000),
      queueLimit: this.#limits.queued,
    });
  }

  /** Exchanges the hellos (RFC 6241 §8.1). For those who bring a transport; `connect` and its likes call it. */
  static open(
    transport: Transport,
    options: SessionOptions,
    tools: Tools & { readonly signal: AbortSignal },
  ): Promise<Result<NetconfClient, ConnectFailure>> {
    const client = new NetconfClient(transport, options, tools);
    return client.#open(tools.signal);
  }

  /** Of the server's hello. */
  get capabilities(): readonly string[] {
    return this.#server!.capabilities;
  }

  get sessionId(): number {
    return this.#server!.sessionId;
  }

  /** The version both speak. */
  get base(): Base {
    return this.#server!.base;
  }

  /** What those capabilities come to. */
  override get supports(): ServerSupport {
    this.#support ??= readSupport(this.capabilities);
    return this.#support;
  }

  /** `ssh://user@host:830`, `/run/server.sock`. */
  override get name(): string {
    return this.#transport.name;
  }

  /** Resolves, never rejects, when the session is over. */
  get closed(): Promise<CloseReason> {
    return this.#closed.promise;
  }

  /** Why the session is over; `undefined` while it is not. */
  get over(): CloseReason | undefined {
    return this.#over;
  }

  get counters(): ClientCounters {
    let dropped = this.#dropped;
    for (const listener of this.#listeners) dropped += listener.dropped;
    return { ...this.#session.counters, unheard: this.#unheard, dropped };
  }

  /** As it is, whatever the server announced. */
  override rpc(content: XmlContent, options: CallOptions = {}): Promise<Result<RpcReply, RpcFailure>> {
    return this.#calls.start(content, options);
  }

  /** Several edits, locked and committed as one; see `TransactionOptions`. All or nothing, with a candidate. */
  transaction<T, F>(
    work: (transaction: Transaction) => Promise<Result<T, F>>,
    options: TransactionOptions = {},
  ): Promise<Result<T, F | RpcFailure | CheckFailure>> {
    return runTransaction(this, work, options, this.#clock);
  }

  /** One edit, locked and committed: by the candidate where the server has one, else of running. */
  edit(
    change: Parameters<Transaction['edit']>[0],
    options: TransactionOptions = {},
  ): Promise<Result<RpcReply, RpcFailure | CheckFailure>> {
    return this.transaction(({ edit }) => edit(change), options);
  }

  /**
   * Asks for notifications (RFC 5277 §2.1.1) and has them handled. A session has one subscription at most; without the
   * capability `:interleave` the server may refuse other rpcs from then on.
   */
  async subscribe(
    handler: NotificationHandler,
    options: SubscribeOptions & CallOptions = {},
  ): Promise<Result<RpcReply, RpcFailure>> {
    const { filter } = options;
    const missing = firstMissing(this.supports, [needs.notification, ...filterNeeds({ ...(filter && { filter }) })]);
    if (missing !== undefined) return failed(unsupported(this.name, missing));
    const stop = this.listen(handler); // the first notification may come right behind the reply
    const reply = await this.rpc(operation.createSubscription(options), options);
    if (!reply.ok) stop();
    return reply;
  }

  /** Has all notifications of this session handled, whoever subscribed. Returns what stops it. */
  listen(handler: NotificationHandler): () => void {
    const queue = new NotificationQueue(handler, this.#limits.notifications, (reason) =>
      this.#log.error({ err: reason, peer: this.name }, 'a notification handler failed'),
    );
    this.#listeners.add(queue);
    return () => {
      if (this.#listeners.delete(queue)) this.#dropped += queue.dropped;
    };
  }

  /** Ends the session: asks the server to close it, waits at most `timeout` (default 2 s), then closes the stream. */
  async close({ timeout = milliseconds(2000) }: { readonly timeout?: Milliseconds } = {}): Promise<CloseReason> {
    if (this.#over === undefined) {
      await this.closeSession({ timeout });
      this.#finish({ kind: 'closed', message: `The session with ${this.name} was closed.` });
    }
    return this.closed;
  }

  /** Closes the stream at once. */
  destroy(): void {
    this.#finish({ kind: 'closed', message: `The session with ${this.name} was closed.` });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #open(signal: AbortSignal): Promise<Result<NetconfClient, ConnectFailure>> {
    const { stream, name } = this.#transport;
    return new Promise((resolve) => {
      const abandon = () => this.destroy();
      signal.addEventListener('abort', abandon, { once: true });
      // Whoever raised the signal answers for the failure; this is for the other ways not to get there.
      void this.closed.then(({ kind, message }) => {
        resolve(failed({ kind: kind === 'protocol' ? 'not-netconf' : 'closed', message }));
      });
      stream.on('data', (piece: Buffer) => {
        for (const event of this.#session.push(piece)) {
          this.#take(event);
          if (event.kind !== 'open') continue;
          signal.removeEventListener('abort', abandon);
          resolve(ok(this));
        }
      });
      stream.on('drain', () => this.#calls.sendSoon());
      stream.on('error', ({ message }) =>
        this.#finish({ kind: 'lost', message: `The connection to ${name} broke: ${message}.` }),
      );
      stream.on('end', () => this.#finishByPeer());
      stream.on('close', () => this.#finishByPeer());
      if (signal.aborted) return abandon();
      stream.write(this.#session.start());
    });
  }

  #take(event: ClientEvent): void {
    switch (event.kind) {
      case 'open':
        this.#server = event;
        return;
      case 'reply':
        this.#calls.settle(event.messageId, replyResult(event.reply));
        return;
      case 'bad-reply':
        this.#calls.settle(
          event.messageId,
          failed(this.#malformed(`cannot be read: ${sessionFailureText(event.failure)}`)),
        );
        return;
      case 'notification':
        this.#takeNotification(event.notification);
        return;
      case 'discarded':
        this.#log.debug({ peer: this.name, ...event.why }, 'a reply nobody waits for');
        this.#calls.sendSoon(); // it may have made room
        return;
      case 'closed':
        this.#finish({ kind: 'protocol', message: this.#protocolText(event.failure) });
    }
  }

  #takeNotification({ eventTime, content, text }: ServerNotification): void {
    if (this.#listeners.size === 0) this.#unheard++;
    for (const listener of this.#listeners) listener.push({ eventTime, content, xml: text });
  }

  #finishByPeer(): void {
    const trouble = this.#transport.trouble();
    if (trouble !== undefined) {
      this.#finish({ kind: 'lost', message: `The connection to ${this.name} broke: ${trouble}.` });
      return;
    }
    const early = this.#server === undefined ? ' before its hello' : '';
    const said = this.#transport.complaint?.();
    const why = said === undefined ? '' : `; it said: ${said}`;
    this.#finish({
      kind: 'closed-by-server',
      ...(said !== undefined && { said }),
      message: `${this.name} closed the session${early}${why}.`,
    });
  }

  #finish(reason: CloseReason): void {
    if (this.#over !== undefined) return;
    this.#over = reason;
    this.#session.end();
    this.#closed.resolve(reason);
    this.#calls.end({ kind: 'closed', message: reason.message });
    this.#transport.close();
  }

  #protocolText(failure: SessionFailure): string {
    const text = sessionFailureText(failure);
    return this.#server === undefined
      ? `${this.name} does not speak NETCONF as we do: ${text}.`
      : `${this.name} broke the protocol: ${text}.`;
  }

  #malformed(what: string): RpcFailure {
    return { kind: 'malformed', message: `The reply of ${this.name} ${what}.` };
  }
}

/** What a session needs of the world. */
export interface Tools {
  readonly clock: Clock;
  readonly log: Log;
}

function replyResult({ text, element, errors }: ServerReply): Result<RpcReply, RpcFailure> {
  const grave = errors.filter(({ severity }) => severity === 'error');
  return grave.length > 0
    ? failed({ kind: 'refused', errors: grave, message: grave.map(rpcErrorText).join('; ') })
    : ok({ xml: text, content: element, warnings: errors });
}
