import {
  type Backoff,
  backoffDelay,
  type Clock,
  failed,
  type Log,
  milliseconds,
  type Result,
  seconds,
  silentLog,
  systemClock,
  toMilliseconds,
} from '@sublane/basics';
import type { CloseReason, ConnectFailure, RpcFailure } from './failures.ts';
import {
  EstablishedSubscription,
  type LiveSubscribeOptions,
  type LiveSubscription,
  StreamSubscription,
} from './live-subscription.ts';
import type { NetconfClient } from './netconf-client.ts';
import type { NotificationHandler } from './notification-queue.ts';
import type { EstablishSubscription, SubscribeOptions, XmlContent } from './operations.ts';
import type { CallOptions, RpcReply } from './rpc-calls.ts';

export interface KeepLiveOptions {
  /** Makes one session: `(signal) => connect({ …, signal })`. Called again after each that ends. */
  readonly open: (signal: AbortSignal) => Promise<Result<NetconfClient, ConnectFailure>>;
  /** Default: 0.5 s, doubling up to 60 s. A session that lived at least as long as the longest begins anew at the first. */
  readonly backoff?: Backoff;
  /** Another after such an end; undefined: the same. */
  readonly backoffAfter?: (reason: ConnectFailure | CloseReason | RpcFailure) => Backoff | undefined;
  /** Told of every change, in order. */
  readonly onState?: (state: LiveState) => void;
  readonly log?: Log;
  readonly clock?: Clock;
  readonly random?: () => number;
}

export type LiveState =
  | { readonly kind: 'connecting'; readonly attempt: number }
  /** The session stands, and every subscription was asked for anew. */
  | { readonly kind: 'connected'; readonly client: NetconfClient }
  /** The next attempt comes after `retryIn` milliseconds. */
  | {
      readonly kind: 'disconnected';
      readonly reason: ConnectFailure | CloseReason | RpcFailure;
      readonly retryIn: number;
    }
  | { readonly kind: 'stopped' };

/** A session that comes back: reconnects with backoff, for ever, until it is closed. */
export function keepLive(options: KeepLiveOptions): LiveClient {
  return new LiveClient(options);
}

const BACKOFF: Backoff = { first: milliseconds(500), longest: toMilliseconds(seconds(60)) };

export class LiveClient {
  readonly #options: KeepLiveOptions;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<NotificationHandler>();
  readonly #subscriptions = new Set<LiveSubscription>();
  readonly #surroundings: ConstructorParameters<typeof StreamSubscription>[2];
  readonly #stopped: Promise<void>;
  #state: LiveState = { kind: 'connecting', attempt: 0 };
  #waiters: ((client: NetconfClient | undefined) => void)[] = [];

  constructor(options: KeepLiveOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#backoff = options.backoff ?? BACKOFF;
    this.#surroundings = {
      now: () => this.#clock.now(),
      report: (reason) => (options.log ?? silentLog).error({ err: reason }, 'a notification handler failed'),
    };
    // Not in this turn: the caller has not got this object yet when `onState` is called.
    this.#stopped = Promise.resolve().then(() => this.#run());
  }

  get state(): LiveState {
    return this.#state;
  }

  /** The session of now, if there is one. */
  get client(): NetconfClient | undefined {
    // A session that is over stays in the state until its end has been told.
    return this.#state.kind === 'connected' && this.#state.client.over === undefined ? this.#state.client : undefined;
  }

  /** The session of now, or the next; `undefined` when closed or given up. */
  connected(signal?: AbortSignal): Promise<NetconfClient | undefined> {
    if (this.client !== undefined) return Promise.resolve(this.client);
    if (this.#state.kind === 'stopped' || signal?.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      signal?.addEventListener('abort', () => resolve(undefined), { once: true });
    });
  }

  /** Over the session of now; `closed` at once where there is none. Nothing is ever sent twice. */
  rpc(content: XmlContent, options?: CallOptions): Promise<Result<RpcReply, RpcFailure>> {
    if (this.client !== undefined) return this.client.rpc(content, options);
    const why = this.#state.kind === 'disconnected' ? ` ${this.#state.reason.message}` : '';
    return Promise.resolve(failed({ kind: 'closed', message: `There is no session at the moment.${why}` }));
  }

  /**
   * Subscribes now and after every reconnection (RFC 5277 §2.1.1). What happens while there is no session is replayed by
   * the next one, where the server can; what it cannot is told to `onGap`. A refusal ends the session, and shows in the
   * state. Returns what stops it.
   */
  subscribe(handler: NotificationHandler, options: SubscribeOptions & LiveSubscribeOptions = {}): () => void {
    return this.#add(new StreamSubscription(handler, options, this.#surroundings));
  }

  /**
   * The same by RFC 8639 and RFC 8641; a session may have many. The handler gets the events of the stream, the updates of
   * the datastore, and what the server says of this subscription's state.
   */
  establish(
    handler: NotificationHandler,
    subscription: EstablishSubscription,
    options: LiveSubscribeOptions = {},
  ): () => void {
    return this.#add(new EstablishedSubscription(handler, subscription, options, this.#surroundings));
  }

  /** Has the notifications of every session handled, without asking for any. */
  listen(handler: NotificationHandler): void {
    this.#listeners.add(handler);
    this.client?.listen(handler);
  }

  /** Ends the session and comes back no more. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.client?.close();
    await this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (let attempt = 0; !signal.aborted; attempt++) {
      this.#enter({ kind: 'connecting', attempt });
      const begun = this.#clock.sinceBoot();
      const reason = await this.#live();
      if (signal.aborted) break;
      if (this.#clock.sinceBoot() - begun >= this.#backoff.longest) attempt = 0;
      const backoff = this.#options.backoffAfter?.(reason) ?? this.#backoff;
      const retryIn = backoffDelay(backoff, attempt, this.#options.random);
      this.#enter({ kind: 'disconnected', reason, retryIn });
      await this.#clock.sleep(retryIn, signal).catch(() => undefined);
    }
    this.#enter({ kind: 'stopped' });
  }

  /** One session, from its beginning to its end. */
  async #live(): Promise<ConnectFailure | CloseReason | RpcFailure> {
    const opened = await this.#options.open(this.#stop.signal);
    if (!opened.ok) return opened.failure;
    const client = opened.value;
    // Whoever closes us does not wait for a server that does not answer.
    const abandon = () => client.destroy();
    this.#stop.signal.addEventListener('abort', abandon, { once: true });
    for (const handler of this.#listeners) client.listen(handler);
    for (const subscription of this.#subscriptions) {
      if (subscription.over) {
        this.#subscriptions.delete(subscription);
        continue;
      }
      const reply = await subscription.begin(client);
      if (reply.ok) continue;
      client.destroy();
      return reply.failure;
    }
    this.#stop.signal.removeEventListener('abort', abandon);
    if (this.#stop.signal.aborted) return client.close();
    this.#enter({ kind: 'connected', client });
    return client.closed;
  }

  #add(subscription: LiveSubscription): () => void {
    this.#subscriptions.add(subscription);
    const { client } = this;
    if (client !== undefined) {
      void subscription.begin(client).then((reply) => {
        if (!reply.ok) client.destroy();
      });
    }
    return () => {
      subscription.stop();
      this.#subscriptions.delete(subscription);
    };
  }

  #enter(state: LiveState): void {
    this.#state = state;
    if (state.kind === 'connected' || state.kind === 'stopped') {
      const waiters = this.#waiters;
      this.#waiters = [];
      for (const resolve of waiters) resolve(this.client);
    }
    this.#options.onState?.(state);
  }
}
