import type { Socket } from 'node:net';
import {
  type Clock,
  failed,
  type Log,
  type Milliseconds,
  milliseconds,
  ok,
  type Result,
  systemClock,
} from '@sublane/basics';
import type { Acceptor } from '../acceptor.ts';
import type { CountedSession, Session } from '../session.ts';
import { type HostKeyFailure, type SshAcceptorOptions, sshAcceptor } from '../ssh/ssh-acceptor.ts';
import {
  TlsAcceptor,
  type TlsAcceptorOptions,
  type TlsFailure,
  type TlsTrust,
  tlsAcceptor,
} from '../tls/tls-acceptor.ts';
import { dial } from './dial.ts';
import { afterFailure, afterSession, beginSearch, nextPeriod, RECONNECT, type ReconnectStrategy } from './reconnect.ts';

export interface CallHomeOptions {
  /** Of the client, for log and state. */
  readonly name: string;
  /** Where it waits, one or more. Port 4334 over SSH, 4335 over TLS (RFC 8071 §6) unless given. */
  readonly endpoints: readonly { readonly host: string; readonly port?: number }[];
  /** RFC 8071 §4.1, S2: who dialled is the server still: it shows its key or certificate, and the client has to log in. */
  readonly transport: ({ readonly kind: 'ssh' } & SshAcceptorOptions) | ({ readonly kind: 'tls' } & TlsAcceptorOptions);
  readonly connection?: ConnectionType;
  readonly reconnect?: Partial<ReconnectStrategy>;
  /** For an endpoint to take the connection; 10 s unless given. */
  readonly connectTimeout?: Milliseconds;
  readonly onState?: (state: CallHomeState) => void;
  readonly clock?: Clock;
  /** From 0 up to 1. */
  readonly random?: () => number;
}

export type ConnectionType =
  /** There is one always; what ends is begun anew. */
  | { readonly kind: 'persistent' }
  /** One each `period`, from `anchor` (milliseconds since 1970 UTC) or else from the last one's beginning. */
  | {
      readonly kind: 'periodic';
      readonly period: Milliseconds;
      readonly anchor?: Milliseconds;
      /** A session in which nothing was asked or notified for so long is ended; 3 min unless given. */
      readonly idleTimeout?: Milliseconds;
    };

export type CallHomeState =
  | { readonly kind: 'dialling'; readonly to: string }
  /** It took the connection; who it is, it has to prove yet. */
  | { readonly kind: 'greeting'; readonly to: string }
  | { readonly kind: 'connected'; readonly to: string; readonly session: Session }
  /** After a failure or an end. */
  | { readonly kind: 'waiting'; readonly retryIn: Milliseconds; readonly reason: string }
  /** Until the next of the periods. */
  | { readonly kind: 'resting'; readonly next: Milliseconds }
  | { readonly kind: 'stopped' };

export interface CallHome {
  readonly name: string;
  readonly state: CallHomeState;
  /** Over TLS: new certificates, authorities or names for the next connection; refused, all stays as it was. */
  replace(trust: TlsTrust): Result<undefined, TlsFailure>;
  /** Calls no more; resolves when the connection there is has ended, with its sessions: `server.close()` ends them. */
  close(): Promise<void>;
}

export type CallHomeFailure =
  | HostKeyFailure
  | TlsFailure
  | { readonly kind: 'endpoints' | 'period'; readonly message: string };

const PORTS = { ssh: 4334, tls: 4335 } as const;
const CONNECT_TIMEOUT = milliseconds(10_000);
const IDLE_TIMEOUT = milliseconds(180_000);
/** Periods shorter than this are a slip: nobody logs in so often. */
const SHORTEST_PERIOD = milliseconds(1_000);

/**
 * Calls a NETCONF client, and goes on doing so (RFC 8071, the server's role). No phase lasts for ever: connecting has its
 * time, the client's login has the acceptor's grace time, its first words the server's, and a peer that died is noticed by
 * SSH's or TCP's keepalives.
 */
export function callHome(options: CallHomeOptions): Result<CallHome, CallHomeFailure> {
  const { endpoints, transport, connection } = options;
  if (endpoints.length === 0) return failed({ kind: 'endpoints', message: 'there is none to call' });
  if (connection?.kind === 'periodic' && !(connection.period >= SHORTEST_PERIOD))
    return failed({ kind: 'period', message: `expected at least ${SHORTEST_PERIOD} ms` });
  const acceptor = transport.kind === 'ssh' ? sshAcceptor(transport) : tlsAcceptor(transport);
  return acceptor.ok ? ok(new Caller(options, acceptor.value)) : acceptor;
}

class Caller implements CallHome {
  readonly name: string;
  readonly #options: CallHomeOptions;
  readonly #acceptor: Acceptor;
  readonly #strategy: ReconnectStrategy;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #log: Log;
  readonly #stop = new AbortController();
  readonly #stopped: Promise<void>;
  #state: CallHomeState = { kind: 'resting', next: milliseconds(0) };

  constructor(options: CallHomeOptions, acceptor: Acceptor) {
    this.name = options.name;
    this.#options = options;
    this.#acceptor = acceptor;
    this.#strategy = { ...RECONNECT, ...options.reconnect };
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#log = options.transport.log ?? options.transport.server.log;
    // Not in this turn: the caller has not got this object yet when `onState` is called.
    this.#stopped = Promise.resolve().then(() => this.#run());
  }

  get state(): CallHomeState {
    return this.#state;
  }

  replace(trust: TlsTrust): Result<undefined, TlsFailure> {
    return this.#acceptor instanceof TlsAcceptor ? this.#acceptor.replace(trust) : ok();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#acceptor.closeWhenIdle();
    await this.#stopped;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const { endpoints } = this.#options;
    let search = beginSearch(this.#strategy, endpoints.length, this.#random);
    while (!signal.aborted) {
      const begun = this.#clock.now();
      const { reason, lasted } = await this.#call(endpoints[search.endpoint]!);
      if (signal.aborted) break;
      const next =
        lasted === undefined
          ? afterFailure(this.#strategy, endpoints.length, this.#random, search)
          : afterSession(this.#strategy, endpoints.length, this.#random, search, lasted);
      search = next.search;
      await this.#pause(begun, next.wait, reason, lasted !== undefined);
    }
    this.#enter({ kind: 'stopped' });
  }

  async #pause(begun: Milliseconds, wait: Milliseconds, reason: string, served: boolean): Promise<void> {
    const { connection } = this.#options;
    let duration = wait;
    if (served && connection?.kind === 'periodic') {
      const now = this.#clock.now();
      const { period, anchor = begun } = connection;
      const next = nextPeriod(now, period, anchor);
      duration = milliseconds(next - now);
      this.#enter({ kind: 'resting', next });
    } else {
      this.#enter({ kind: 'waiting', retryIn: wait, reason });
    }
    await this.#clock.sleep(duration, this.#stop.signal).catch(() => undefined);
  }

  /** One connection, from dialling to its end. `lasted`: how long its session did; undefined where none came to stand. */
  async #call(endpoint: { readonly host: string; readonly port?: number }): Promise<{
    readonly reason: string;
    readonly lasted?: Milliseconds;
  }> {
    const { transport, connectTimeout = CONNECT_TIMEOUT } = this.#options;
    const to = { host: endpoint.host, port: endpoint.port ?? PORTS[transport.kind] };
    const place = `${to.host.includes(':') ? `[${to.host}]` : to.host}:${to.port}`;
    this.#enter({ kind: 'dialling', to: place });
    const dialled = await dial(to, connectTimeout, this.#clock, this.#stop.signal);
    if (!dialled.ok) return this.#failed(place, dialled.failure);
    if (this.#stop.signal.aborted) {
      dialled.value.destroy(); // it came about in the moment of the end
      return { reason: 'given up' };
    }

    this.#enter({ kind: 'greeting', to: place });
    const socket = dialled.value;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    let refused = 'it ended the connection before a session stood';
    let since: Milliseconds | undefined;
    this.#acceptor.take(socket, {
      session: (session) => {
        since ??= this.#clock.sinceBoot();
        this.#enter({ kind: 'connected', to: place, session });
        this.#log.info({ client: this.name, to: place, session: session.id }, 'called home');
        this.#endWhenIdle(socket, session);
      },
      refused: (reason) => {
        refused = reason;
      },
    });
    await closed;
    if (since === undefined) return this.#failed(place, refused);
    return { reason: 'the connection ended', lasted: milliseconds(this.#clock.sinceBoot() - since) };
  }

  #failed(to: string, reason: string) {
    if (!this.#stop.signal.aborted) this.#log.info({ client: this.name, to, reason }, 'call came to nothing');
    return { reason };
  }

  /** Of a periodic connection: when nothing was asked or notified for its idle time. Keepalives are no reason to stay. */
  #endWhenIdle(socket: Socket, session: CountedSession): void {
    const { connection } = this.#options;
    if (connection?.kind !== 'periodic') return;
    const { idleTimeout = IDLE_TIMEOUT } = connection;
    const watch = async () => {
      for (let said = -1; !socket.destroyed; ) {
        const { inRpcs, inBadRpcs, outNotifications } = session.counters;
        const now = inRpcs + inBadRpcs + outNotifications;
        if (now === said)
          return session.closeWhenIdle('nothing was said for as long as a periodic connection may be idle');
        said = now;
        await this.#clock.sleep(idleTimeout);
      }
    };
    void watch();
  }

  #enter(state: CallHomeState): void {
    this.#state = state;
    this.#options.onState?.(state);
  }
}
