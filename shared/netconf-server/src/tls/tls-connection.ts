import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Log } from '@sublane/basics';
import type { ConnectionWatch } from '../acceptor.ts';
import type { Identity } from '../access.ts';
import type { ConnectionGate } from '../connection-gate.ts';
import type { AuthenticationRefused, ServerEvents } from '../events.ts';
import type { ConnectionLimits } from '../limits.ts';
import { notify } from '../notify.ts';
import type { NetconfServer } from '../server.ts';
import type { Peer } from '../session.ts';
import type { CertToName, NameTable } from './cert-to-name.ts';
import { trustedIssuers } from './certificate-chain.ts';
import { holderOf } from './credentials.ts';

/** Who has shown a certificate that is valid, and maps to a name. */
export interface CertifiedUser {
  readonly user: string;
  readonly peer: Peer;
  readonly certificate: X509Certificate;
  /** The entry that gave the name. */
  readonly entry: CertToName;
}

/** Who the user is to this server, or undefined. What is thrown is logged and counts as undefined. */
export type Identify = (user: CertifiedUser) => Promise<Identity | undefined> | Identity | undefined;

/** What a connection shares with the others of its acceptor. */
export interface TlsHome {
  readonly server: NetconfServer;
  readonly identify: Identify;
  names(): NameTable;
  authorities(): readonly X509Certificate[];
  readonly limits: ConnectionLimits;
  readonly gate: ConnectionGate;
  readonly log: Log;
  readonly events: ServerEvents;
  now(): number;
}

/** One TCP connection, from its arrival through its peer's certificate to its one session (RFC 7589). */
export class TlsConnection {
  readonly peer: Peer;
  readonly #socket: Socket;
  readonly #home: TlsHome;
  readonly #watch: ConnectionWatch | undefined;
  readonly #timer: NodeJS.Timeout;
  #settled = false;
  #authenticated = false;
  #session = false;

  constructor(socket: Socket, peer: Peer, home: TlsHome, watch?: ConnectionWatch) {
    this.#socket = socket;
    this.#home = home;
    this.#watch = watch;
    this.peer = peer;
    this.#timer = setTimeout(() => this.#refuse('too-late'), home.limits.graceTime);
    socket.once('close', () => {
      clearTimeout(this.#timer);
      home.gate.leave(peer.address, this.#authenticated);
    });
  }

  /** The handshake did not come to its end. */
  failed(detail: string): void {
    this.#fail('handshake-failed', detail);
  }

  /** The handshake is done; whether its certificate is valid stands in `tls.authorized`. */
  secured(tls: TLSSocket): void {
    this.#prove(tls).catch((error: unknown) => {
      this.#home.log.error({ err: error, peer: this.peer }, 'authentication failed');
      this.#socket.destroy();
    });
  }

  async #prove(tls: TLSSocket): Promise<void> {
    tls.on('error', () => {}); // its close follows
    if (this.#settled) return;
    const certificate = tls.getPeerX509Certificate();
    if (certificate === undefined) return this.#fail('no-certificate');
    const subject = holderOf(certificate);
    if (!tls.authorized) return this.#fail('bad-certificate', `${subject}: ${tls.authorizationError}`);
    if (this.#home.gate.blocked(this.peer.address, this.#home.now())) return this.#fail('too-many-failures', subject);
    const issuers = trustedIssuers(certificate, sentWith(certificate), this.#home.authorities());
    const mapped = this.#home.names().nameOf(certificate, issuers);
    if (mapped === undefined) {
      const above = issuers.length === 0 ? '; the authority that issued it is not among those held here' : '';
      return this.#fail('not-mapped', `${subject}${above}`);
    }
    const { name: user, entry } = mapped;
    const identity = await this.#identify({ user, peer: this.peer, certificate, entry });
    if (this.#settled || this.#socket.destroyed) return;
    if (identity === undefined) return this.#fail('not-accepted', subject, user);
    this.#begin(tls, identity);
  }

  /** Ends at once what has no session; the server ends the others. */
  closeWhenIdle(): void {
    if (this.#session) return;
    this.#settled = true;
    this.#socket.destroy();
  }

  #begin(tls: TLSSocket, identity: Identity): void {
    clearTimeout(this.#timer);
    this.#settled = true;
    this.#authenticated = true;
    this.#home.gate.authenticated(this.peer.address);
    const begun = this.#home.server.accept(tls, { identity, peer: this.peer, transport: 'tls' });
    if (!begun.ok) {
      this.#watch?.refused?.(begun.failure.message);
      tls.destroy();
      return;
    }
    this.#session = true;
    this.#watch?.session?.(begun.value);
  }

  async #identify(user: CertifiedUser): Promise<Identity | undefined> {
    try {
      return await this.#home.identify(user);
    } catch (error) {
      this.#home.log.error({ err: error, user: user.user, peer: this.peer }, 'authentication failed to decide');
      return undefined;
    }
  }

  #fail(reason: AuthenticationRefused['reason'], detail?: string, user?: string): void {
    if (this.#settled) return;
    this.#home.gate.failure(this.peer.address, this.#home.now());
    this.#refuse(reason, detail, user);
  }

  /** RFC 7589 §7: whose identity cannot be established is not let in; TLS has no words for why, so log and events have them. */
  #refuse(reason: AuthenticationRefused['reason'], detail?: string, user?: string): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    const { log, events } = this.#home;
    const what = {
      peer: this.peer,
      user,
      method: 'certificate',
      reason,
      ...(detail !== undefined && { detail }),
    } as const;
    log.info(what, 'authentication refused');
    notify(events, log, 'authenticationRefused', what);
    this.#watch?.refused?.(detail === undefined ? reason : `${reason} (${detail})`);
    this.#socket.destroy();
  }
}

/**
 * What the peer sent beside its own, as far as Node tells: some releases lose what is not among the trusted
 * (nodejs/node#65579), so authorities between belong among those. Node hands the chain out once: whoever asks again finds
 * none.
 */
function sentWith(certificate: X509Certificate): X509Certificate[] {
  const sent: X509Certificate[] = [];
  let one = certificate.issuerCertificate;
  while (one !== undefined && !sent.includes(one)) {
    sent.push(one);
    one = one.issuerCertificate;
  }
  return sent;
}
