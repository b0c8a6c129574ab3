import { createSecureContext, type SecureContext } from 'node:tls';
import { type Backoff, backoffDelay, type Milliseconds, milliseconds } from '@sublane/basics';
import { decodeResponse, encodeRequest, type Secret } from '../codec/message.ts';
import { AUTHENTICATOR_BYTES } from '../codec/packet.ts';
import { fraction, type RandomBytes } from '../surroundings.ts';
import type { RadiusTls } from './client-types.ts';
import { type Exchange, type Link, type Rejection, troubleOf } from './exchange.ts';
import type { Timers } from './timers.ts';
import { TlsConnection } from './tls-connection.ts';

export interface TlsLinkOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: RadiusTls;
  readonly connections: number;
  /** How long a connection may take to stand, and how long an answer. */
  readonly timeout: Milliseconds;
  readonly timers: Timers;
  readonly random: RandomBytes;
  readonly onRejected: (rejection: Rejection) => void;
}

/** RFC 6614 §2.3: "The shared secret is 'radsec'"; what is proved, TLS proves. */
const SECRET: Secret = 'radsec';
const BACKOFF: Backoff = { first: milliseconds(250), longest: milliseconds(5_000) };
/** What has carried nothing for longer may be cut on the way, unnoticed; a request would wait for nothing. */
const STALE_AFTER = milliseconds(30_000);
/** How often a request is sent again because its connection broke under it. */
const MOST_CONNECTIONS_BROKEN = 2;

/**
 * Requests to a server over a pool of connections, one at a time on each: there are servers that stall on more. What finds
 * no connection idle waits for one. Connections are begun when they are needed, and stay
 * as long as they are used.
 */
export class TlsLink implements Link {
  readonly #options: TlsLinkOptions;
  readonly #all = new Set<TlsConnection>();
  /** The one used last comes last. */
  #idle: { readonly connection: TlsConnection; readonly since: Milliseconds }[] = [];
  #queue: Job[] = [];
  readonly #context: SecureContext | undefined;
  #failures = 0;
  #notBefore = 0;
  #cancelWait = () => {};
  #trouble: string | undefined;

  constructor(options: TlsLinkOptions) {
    this.#options = options;
    try {
      this.#context = secureContext(options.tls);
    } catch (error) {
      this.#trouble = `our certificate, its key or the CA cannot be used (${(error as Error).message})`;
    }
  }

  ask(exchange: Exchange): () => void {
    if (this.#context === undefined) {
      exchange.done({ kind: 'silent', trouble: this.#trouble });
      return () => {};
    }
    const job: Job = { exchange, started: this.#options.timers.now(), broken: 0, end: () => {} };
    this.#queue.push(job);
    this.#pump();
    return () => {
      this.#queue = this.#queue.filter((other) => other !== job);
      job.end();
    };
  }

  async close(): Promise<void> {
    this.#cancelWait();
    this.#queue = [];
    await Promise.all([...this.#all].map((connection) => connection.close()));
  }

  #pump(): void {
    const { timers, connections } = this.#options;
    while (this.#queue.length > 0) {
      const idle = this.#idle.pop();
      if (idle === undefined) break;
      if (timers.now() - idle.since > STALE_AFTER) idle.connection.destroy('idle for long');
      else this.#assign(idle.connection, this.#queue.shift()!);
    }
    const standing = [...this.#all].filter(({ stands }) => stands).length;
    const beginning = this.#all.size - standing;
    for (let missing = this.#queue.length - beginning; missing > 0 && this.#all.size < connections; missing--) {
      const wait = this.#notBefore - timers.now();
      if (wait > 0) {
        this.#cancelWait();
        this.#cancelWait = timers.after(wait, () => this.#pump());
        return;
      }
      if (this.#context !== undefined) this.#connect(this.#context);
    }
  }

  #connect(context: SecureContext): void {
    const { timers, timeout, random, host, port, onRejected } = this.#options;
    const connection = new TlsConnection(
      { host, port, context, onRejected },
      {
        ready: () => {
          tooLong();
          this.#failures = 0;
          this.#isIdle(connection);
          this.#pump();
        },
        gone: (trouble) => {
          tooLong();
          this.#all.delete(connection);
          this.#idle = this.#idle.filter((idle) => idle.connection !== connection);
          if (!connection.stood) {
            this.#trouble = trouble;
            this.#notBefore = timers.now() + backoffDelay(BACKOFF, this.#failures++, () => fraction(random));
            // Nobody is there to wait for: whoever asks may try another server.
            if (this.#all.size === 0) for (const job of this.#queue.splice(0)) this.#silent(job);
          }
          this.#pump();
        },
      },
    );
    this.#all.add(connection);
    const tooLong = timers.after(timeout, () => connection.destroy('no connection stood in time'));
  }

  #assign(connection: TlsConnection, job: Job): void {
    const { timers, timeout, random } = this.#options;
    const { exchange } = job;
    const waited = Math.floor((timers.now() - job.started) / 1000);
    const random16 = random(AUTHENTICATOR_BYTES);
    const attributes = exchange.attributes({ secret: SECRET, authenticator: random16, waited });
    const id = connection.nextIdentifier();
    const encoded = encodeRequest({ code: exchange.code, id, attributes, secret: SECRET, authenticator: random16 });
    if (!encoded.ok) {
      this.#isIdle(connection);
      exchange.done({ kind: 'unsendable', refusal: encoded.failure });
      return;
    }
    const authenticator = encoded.value.subarray(4, 4 + AUTHENTICATOR_BYTES);
    const cancelAlarm = timers.after(timeout, () => {
      job.end = () => {};
      connection.destroy('no answer in time');
      this.#trouble ??= 'it is connected and does not answer';
      this.#silent(job);
    });
    job.end = () => {
      cancelAlarm();
      connection.destroy('given up');
    };
    connection.request(encoded.value, {
      answer: (bytes) => {
        cancelAlarm();
        job.end = () => {};
        const decoded = decodeResponse(bytes, {
          secret: SECRET,
          request: { code: exchange.code, id, authenticator },
          messageAuthenticator: exchange.messageAuthenticator,
        });
        if (!decoded.ok) {
          // RFC 6613 §2.6.4: whatever is wrong inside TLS, the connection is of no more use.
          this.#options.onRejected(decoded.failure);
          this.#trouble = troubleOf(decoded.failure);
          connection.destroy(decoded.failure);
          return this.#silent(job);
        }
        this.#trouble = undefined;
        this.#isIdle(connection);
        exchange.done({ kind: 'answered', packet: decoded.value });
        this.#pump();
      },
      broken: (trouble) => {
        cancelAlarm();
        job.end = () => {};
        this.#trouble = trouble;
        // RFC 6613 §2.6.1: what was not answered is sent again on another connection.
        if (job.broken++ >= MOST_CONNECTIONS_BROKEN) return this.#silent(job);
        this.#queue.unshift(job);
      },
    });
  }

  #isIdle(connection: TlsConnection): void {
    this.#idle.push({ connection, since: this.#options.timers.now() });
  }

  #silent(job: Job): void {
    job.exchange.done({ kind: 'silent', trouble: this.#trouble });
  }
}

function secureContext({ ca, certificate, key }: RadiusTls): SecureContext {
  const pem = (given: string | Uint8Array) => (typeof given === 'string' ? given : Buffer.from(given));
  return createSecureContext({
    minVersion: 'TLSv1.2',
    ...(ca !== undefined && { ca: pem(ca) }),
    ...(certificate !== undefined && { cert: pem(certificate) }),
    ...(key !== undefined && { key: pem(key) }),
  });
}

interface Job {
  readonly exchange: Exchange;
  readonly started: Milliseconds;
  /** How many connections broke under it. */
  broken: number;
  /** Gives it up while it is with a connection. */
  end: () => void;
}
