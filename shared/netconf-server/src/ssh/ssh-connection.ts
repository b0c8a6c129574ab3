import type { Socket } from 'node:net';
import { type Log, milliseconds } from '@sublane/basics';
import type { AuthContext, Connection, ServerChannel } from 'ssh2';
import type { ConnectionWatch } from '../acceptor.ts';
import type { Identity } from '../access.ts';
import type { ConnectionGate } from '../connection-gate.ts';
import type { AuthenticationRefused, ServerEvents } from '../events.ts';
import type { SshLimits } from '../limits.ts';
import { notify } from '../notify.ts';
import type { NetconfServer } from '../server.ts';
import type { Peer } from '../session.ts';
import { holdSessionKeys } from './session-keys.ts';
import type { UserKey, UserKeyRing } from './user-key.ts';

/** One try of a user to prove who they are. A key's signature has been verified; whose key it is has not. */
export type AuthenticationAttempt = { readonly user: string; readonly peer: Peer } & (
  | { readonly method: 'publickey'; readonly key: UserKey }
  | { readonly method: 'password'; readonly password: string }
);

/**
 * Who the user is, or undefined. Compare secrets in constant time, and let an unknown user take as long as a known one.
 * What is thrown is logged and counts as undefined.
 */
export type Authenticate = (attempt: AuthenticationAttempt) => Promise<Identity | undefined> | Identity | undefined;

export type Method = AuthenticationAttempt['method'];

/** What a connection shares with the others of its listener. */
export interface SshHome {
  readonly server: NetconfServer;
  readonly authenticate: Authenticate;
  methods(user: string): readonly Method[];
  readonly limits: SshLimits;
  readonly gate: ConnectionGate;
  readonly keys: UserKeyRing;
  readonly log: Log;
  readonly events: ServerEvents;
  now(): number;
}

const LONGEST_NAME = 256;
const LONGEST_PASSWORD = 1024;
/** Requests of other methods and questions whether a key would do: no attempts, so bounded apart. */
const MOST_QUESTIONS = 64;

/** One TCP connection: from its arrival to its user's proof, and then its channels (RFC 4252, RFC 4254, RFC 6242 §3). */
export class SshConnection {
  readonly peer: Peer;
  readonly #socket: Socket;
  readonly #home: SshHome;
  readonly #watch: ConnectionWatch | undefined;
  #client: Connection | undefined;
  #identity: Identity | undefined;
  #failures = 0;
  #questions = 0;
  #exchanges = 0;
  #channels = 0;
  #sessions = 0;
  #closing = false;
  #timer: NodeJS.Timeout | undefined;
  #keysSince: number;
  #keysSinceBytes = 0;

  constructor(socket: Socket, peer: Peer, home: SshHome, watch?: ConnectionWatch) {
    this.#socket = socket;
    this.#home = home;
    this.#watch = watch;
    this.peer = peer;
    this.#keysSince = home.now();
    this.#timer = setTimeout(() => {
      this.#refused('too-late', undefined, undefined);
      socket.destroy();
    }, home.limits.graceTime);
    socket.once('close', () => {
      clearTimeout(this.#timer);
      home.gate.leave(peer.address, this.#identity !== undefined);
    });
  }

  /** ssh2 has read the peer's first line. */
  serve(client: Connection): void {
    this.#client = client;
    client.on('error', (error) =>
      this.#home.log.debug({ peer: this.peer, error: error.message }, 'ssh connection failed'),
    );
    client.on('handshake', () => {
      // Nobody who means well exchanges keys again before saying who they are: it costs us more than them.
      if (++this.#exchanges > 1 && this.#identity === undefined) {
        this.close();
        return;
      }
      holdSessionKeys(client);
      this.#keysSince = this.#home.now();
      this.#keysSinceBytes = this.#socket.bytesRead + this.#socket.bytesWritten;
    });
    client.on('authentication', (context) => {
      this.#authenticate(context).catch((error: unknown) => {
        this.#home.log.error({ err: error, peer: this.peer }, 'authentication failed');
        this.close();
      });
    });
    client.on('ready', () => this.#ready());
    client.on('session', (accept, reject) => {
      if (this.#closing || this.#channels >= this.#home.limits.channels) {
        reject();
        return;
      }
      this.#channels++;
      const channel = accept();
      channel.once('close', () => {
        this.#channels--;
      });
      // No listener for shell, exec and the others: ssh2 refuses what nobody listens for.
      channel.on('subsystem', (take, refuse, { name }) => {
        // RFC 6242 §3: "invoke the NETCONF subsystem"
        if (name === 'netconf') this.#begin(take());
        else refuse?.();
      });
    });
  }

  /** Ends once no session is left on it: at once where there is none. */
  closeWhenIdle(): void {
    this.#closing = true;
    if (this.#sessions === 0) this.close();
  }

  close(): void {
    this.#client?.end();
    this.#socket.end();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#socket.destroy(), this.#home.server.limits.lingerTime);
  }

  /** RFC 4253 §9: "after each gigabyte of transmitted data or after each hour of connection time, whichever comes sooner". */
  rekeyIfDue(): void {
    const { rekeyBytes, rekeyTime } = this.#home.limits;
    const now = this.#home.now();
    const bytes = this.#socket.bytesRead + this.#socket.bytesWritten;
    if (this.#identity === undefined) return;
    if (now - this.#keysSince < rekeyTime && bytes - this.#keysSinceBytes < rekeyBytes) return;
    this.#client?.rekey(); // nothing, while an exchange is under way
  }

  #ready(): void {
    this.#home.gate.authenticated(this.peer.address);
    clearTimeout(this.#timer);
    this.#awaitChannel();
  }

  /** A connection without a channel serves nobody. */
  #awaitChannel(): void {
    this.#timer = setTimeout(() => this.close(), this.#home.server.limits.helloTime);
  }

  #begin(channel: ServerChannel): void {
    if (this.#identity === undefined) throw new Error('a channel before authentication');
    const begun = this.#home.server.accept(
      channel,
      { identity: this.#identity, peer: this.peer, transport: 'ssh' },
      (reason) => channel.stderr.write(`${reason}\n`),
    );
    if (!begun.ok) {
      channel.stderr.write(`${begun.failure.message}\n`);
      channel.exit(1);
      channel.end();
      return;
    }
    clearTimeout(this.#timer);
    this.#sessions++;
    this.#watch?.session?.(begun.value);
    // It is over when we have said our last, whether or not the peer closes the channel in its turn.
    let over = false;
    const end = () => {
      if (over) return;
      over = true;
      this.#sessions--;
      this.#sessionOver();
    };
    channel.once('finish', end);
    channel.once('close', end);
  }

  #sessionOver(): void {
    if (this.#sessions > 0) return;
    if (this.#closing) {
      this.close();
      return;
    }
    // It may begin another; most close the connection themselves.
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.close(), milliseconds(1_000));
  }

  async #authenticate(context: AuthContext): Promise<void> {
    const { gate, keys } = this.#home;
    const { username: user, method } = context;
    const methods = this.#home.methods(user);
    if (this.#failures >= this.#home.limits.attempts) return; // sent before it saw that we are done
    const attempted = method === 'password' || (method === 'publickey' && context.signature !== undefined);
    if (!attempted && ++this.#questions > MOST_QUESTIONS) {
      context.reject();
      this.#tooMany();
      return;
    }
    if ((method !== 'publickey' && method !== 'password') || !methods.includes(method)) {
      context.reject([...methods]);
      return;
    }
    if (method === 'publickey' && context.signature === undefined) {
      // "Would this key do?" (RFC 4252 §7): yes to all, for who may enter is said only to who can sign.
      context.accept();
      return;
    }
    // A change of password comes as an object (RFC 4252 §8); nobody here asked for one.
    const malformed =
      Buffer.byteLength(user) > LONGEST_NAME ||
      (method === 'password' &&
        (typeof context.password !== 'string' || Buffer.byteLength(context.password) > LONGEST_PASSWORD));
    if (malformed) {
      this.#failed(context, 'malformed', undefined, method);
      return;
    }
    if (gate.blocked(this.peer.address, this.#home.now())) {
      this.#failed(context, 'too-many-failures', user, method);
      return;
    }
    let attempt: AuthenticationAttempt;
    if (method === 'publickey') {
      const key = keys.verified(context);
      if (key === undefined) {
        this.#failed(context, 'bad-signature', user, method);
        return;
      }
      attempt = { user, peer: this.peer, method, key };
    } else {
      attempt = { user, peer: this.peer, method, password: context.password };
    }
    const identity = await this.#ask(attempt);
    if (this.#socket.destroyed) return;
    if (identity === undefined) {
      this.#failed(context, 'not-accepted', user, method);
      return;
    }
    this.#identity = identity;
    context.accept();
  }

  async #ask(attempt: AuthenticationAttempt): Promise<Identity | undefined> {
    try {
      return await this.#home.authenticate(attempt);
    } catch (error) {
      this.#home.log.error({ err: error, user: attempt.user, peer: this.peer }, 'authentication failed to decide');
      return undefined;
    }
  }

  #failed(
    context: AuthContext,
    reason: AuthenticationRefused['reason'],
    user: string | undefined,
    method: Method,
  ): void {
    this.#failures++;
    this.#home.gate.failure(this.peer.address, this.#home.now());
    this.#refused(reason, user, method);
    context.reject([...this.#home.methods(context.username)]);
    if (this.#failures >= this.#home.limits.attempts) this.#tooMany();
  }

  #tooMany(): void {
    this.#refused('too-many-attempts', undefined, undefined);
    this.close();
  }

  #refused(reason: AuthenticationRefused['reason'], user: string | undefined, method: Method | undefined): void {
    this.#home.log.info({ peer: this.peer, user, method, reason }, 'authentication refused');
    notify(this.#home.events, this.#home.log, 'authenticationRefused', { peer: this.peer, user, method, reason });
    this.#watch?.refused?.(user === undefined ? reason : `${user}: ${reason}`);
  }
}
