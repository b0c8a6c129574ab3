import type { Socket } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { failed, type Log, type Milliseconds, milliseconds, ok, type Result } from '@sublane/basics';
import type { Acceptor, ConnectionWatch } from '../acceptor.ts';
import { ConnectionGate } from '../connection-gate.ts';
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from '../limits.ts';
import { notify } from '../notify.ts';
import type { NetconfServer } from '../server.ts';
import { type CertToName, type NameTable, readCertToName } from './cert-to-name.ts';
import { type CredentialsFailure, type ReadCredentials, readCredentials, type TlsCredentials } from './credentials.ts';
import { type Identify, TlsConnection, type TlsHome } from './tls-connection.ts';

/** What may be replaced while the server runs, for the connections that come then. */
export interface TlsTrust extends TlsCredentials {
  /** Searched in this order (RFC 7407 §4). */
  readonly certToName: readonly CertToName[];
}

export interface TlsAcceptorOptions extends TlsTrust {
  readonly server: NetconfServer;
  readonly identify: Identify;
  readonly limits?: Partial<ConnectionLimits>;
  /** How long a peer may be silent before TCP asks whether it is there. 30 s unless given. */
  readonly keepalive?: Milliseconds;
  readonly log?: Log;
  /** Milliseconds of a clock that never goes back; for tests. */
  readonly now?: () => number;
}

export type TlsFailure =
  | CredentialsFailure
  /** `index`: which entry, from 0. */
  | { readonly kind: 'cert-to-name'; readonly index: number; readonly message: string };

interface Trust {
  readonly credentials: ReadCredentials;
  readonly names: NameTable;
}

function readTrust(options: TlsTrust): Result<Trust, TlsFailure> {
  const credentials = readCredentials(options);
  if (!credentials.ok) return credentials;
  const names = readCertToName(options.certToName);
  if (!names.ok) return failed({ kind: 'cert-to-name', ...names.failure });
  return ok({ credentials: credentials.value, names: names.value });
}

/** The server's side of NETCONF over TLS with mutual X.509 authentication (RFC 7589). */
export function tlsAcceptor(options: TlsAcceptorOptions): Result<TlsAcceptor, TlsFailure> {
  const trust = readTrust(options);
  return trust.ok ? ok(new TlsAcceptor(options, trust.value)) : trust;
}

export class TlsAcceptor implements Acceptor {
  /** Never listens: Node documents that it takes connections by its event. */
  readonly #tls: Server;
  readonly #home: TlsHome;
  readonly #keepalive: Milliseconds;
  readonly #connections = new Map<string, TlsConnection>();
  #trust: Trust;

  constructor(options: TlsAcceptorOptions, trust: Trust) {
    const { server, identify, keepalive = milliseconds(30_000) } = options;
    const limits = { ...DEFAULT_CONNECTION_LIMITS, ...options.limits };
    this.#trust = trust;
    this.#keepalive = keepalive;
    this.#home = {
      server,
      identify,
      names: () => this.#trust.names,
      authorities: () => this.#trust.credentials.authorities,
      limits,
      gate: new ConnectionGate(limits),
      log: options.log ?? server.log,
      events: server.events,
      now: options.now ?? (() => performance.now()),
    };
    this.#tls = createServer({
      ...trust.credentials.context,
      requestCert: true,
      // Whoever shows none, or a bad one, is refused by TlsConnection, which can say whose it was.
      rejectUnauthorized: false,
      handshakeTimeout: limits.graceTime + 60_000, // TlsConnection has the time in its hands
    });
    this.#tls.on('secureConnection', (tls) => {
      tls.disableRenegotiation();
      const connection = this.#connections.get(nameOf(tls));
      if (connection === undefined) tls.destroy();
      else connection.secured(tls);
    });
    this.#tls.on('tlsClientError', (error: NodeJS.ErrnoException, tls) =>
      this.#connections.get(nameOf(tls))?.failed(error.code ?? error.message),
    );
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** For what comes from now on; refused, all stays as it was. */
  replace(trust: TlsTrust): Result<undefined, TlsFailure> {
    const read = readTrust(trust);
    if (!read.ok) return read;
    this.#trust = read.value;
    this.#tls.setSecureContext(read.value.credentials.context);
    return ok();
  }

  take(socket: Socket, watch?: ConnectionWatch): void {
    socket.on('error', () => {}); // its close follows
    const { remoteAddress: address, remotePort: port } = socket;
    if (address === undefined || port === undefined) {
      socket.destroy(); // gone before it was here
      return;
    }
    const peer = { address, port };
    const { gate, log, events } = this.#home;
    const refusal = gate.enter(address, this.#home.now());
    if (refusal !== undefined) {
      socket.destroy();
      log.info({ peer, reason: refusal }, 'connection refused');
      notify(events, log, 'authenticationRefused', { peer, user: undefined, method: undefined, reason: refusal });
      watch?.refused?.(refusal);
      return;
    }
    // Dead peers are noticed by TCP: TLS's own heartbeats (RFC 6520) are in no TLS library any more.
    socket.setKeepAlive(true, this.#keepalive);
    const name = nameOf(socket);
    this.#connections.set(name, new TlsConnection(socket, peer, this.#home, watch));
    socket.once('close', () => this.#connections.delete(name));
    this.#tls.emit('connection', socket);
  }

  closeWhenIdle(): void {
    for (const connection of this.#connections.values()) connection.closeWhenIdle();
  }
}

/** The same for a socket and for the TLS over it, and for no other that is open. */
function nameOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
