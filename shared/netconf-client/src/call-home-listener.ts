import type { X509Certificate } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { failed, type Log, ok, type Result, silentLog } from '@sublane/basics';
import type { ConnectFailure } from './failures.ts';
import type { NetconfClient } from './netconf-client.ts';
import { type OpenOptions, openSession } from './open-session.ts';
import { checkLogin, type SshLogin, sshOver } from './ssh-transport.ts';
import { checkTlsLogin, type TlsLogin, tlsOver } from './tls-transport.ts';
import type { Progress, Transport } from './transport.ts';

export type CallHomeOptions = OpenOptions & {
  /** An address of this machine; `::` for all. */
  readonly host: string;
  /** 4334 over SSH, 4335 over TLS (RFC 8071 §6) unless given; 0 takes a free one. */
  readonly port?: number;
  /** Callers whose session does not stand yet; more are hung up on. 64 unless given. */
  readonly most?: number;
  /** As many of them from one address; 16 unless given. */
  readonly mostOfOne?: number;
  /** A caller with whom no session came to stand. */
  readonly onRefused?: (failure: ConnectFailure, from: CallerAddress) => void;
} & (({ readonly transport: 'ssh' } & SshLogin) | ({ readonly transport: 'tls' } & TlsLogin));

export interface CallerAddress {
  readonly address: string;
  readonly port: number;
}

/** A server that called, and has shown who it is. */
export interface Caller extends CallerAddress {
  /** Over SSH: of its host key, `SHA256:…`. */
  readonly hostKey?: string;
  /** Over TLS. */
  readonly certificate?: X509Certificate;
}

export interface CallHomeListener {
  readonly address: { readonly host: string; readonly port: number };
  /** Callers whose session does not stand yet. */
  readonly pending: number;
  /** Takes no more calls and gives up those whose session does not stand yet. The sessions are their owners' to close. */
  close(): Promise<void>;
}

export type CallHomeFailure = { readonly message: string } & (
  | Extract<ConnectFailure, { readonly kind: 'bad-input' }>
  /** The address is not to be had; `code` is the operating system's. */
  | { readonly kind: 'not-listening'; readonly code: string | undefined }
  | { readonly kind: 'aborted' }
);

const PORTS = { ssh: 4334, tls: 4335 } as const;
const MOST_PENDING = 64;
const MOST_OF_ONE = 16;

/**
 * Waits for servers to call (RFC 8071 §3, the client's role). Only who dialled is the other way round: the server still has
 * to show the host key or certificate that is expected, before anything of ours is sent, and we log in as ever.
 * `onSession` owns the sessions it is given.
 */
export async function listenCallHome(
  options: CallHomeOptions,
  onSession: (client: NetconfClient, caller: Caller) => void,
): Promise<Result<CallHomeListener, CallHomeFailure>> {
  const { host, port = PORTS[options.transport], signal } = options;
  const checked = checkOptions(options);
  if (!checked.ok) return checked;
  const aborted = () => failed({ kind: 'aborted', message: 'Listening was given up.' } as const);
  if (signal?.aborted) return aborted();
  const listener = new Listener(options, checked.value, onSession);
  const bound = await bind(listener.net, host, port);
  if (!bound.ok) return bound;
  if (signal?.aborted) {
    await listener.close();
    return aborted();
  }
  signal?.addEventListener('abort', () => void listener.close(), { once: true });
  return ok(listener);
}

type Open = (
  socket: Socket,
  name: string,
  caller: Told,
  progress: Progress,
) => Promise<Result<Transport, ConnectFailure>>;
/** A Caller, as it becomes known. */
type Told = { -readonly [Key in keyof Caller]: Caller[Key] };

function checkOptions(options: CallHomeOptions): Result<Open, CallHomeFailure> {
  if (options.transport === 'tls') {
    const checked = checkTlsLogin(options);
    if (!checked.ok) return failed(checked.failure as CallHomeFailure);
    return ok(async (socket, name, caller, progress) => {
      const opened = await tlsOver(socket, name, options, checked.value, progress);
      if (opened.ok) caller.certificate = opened.value.certificate;
      return opened;
    });
  }
  const checked = checkLogin(options);
  if (!checked.ok) return failed(checked.failure as CallHomeFailure);
  return ok((socket, name, caller, progress) => {
    const onHostKey = (fingerprint: string) => {
      caller.hostKey = fingerprint;
    };
    return sshOver(socket, name, options, { ...checked.value, onHostKey }, progress);
  });
}

class Listener implements CallHomeListener {
  readonly net: Server;
  readonly #options: CallHomeOptions;
  readonly #open: Open;
  readonly #onSession: (client: NetconfClient, caller: Caller) => void;
  readonly #log: Log;
  /** Gives up what is pending. */
  readonly #stop = new AbortController();
  readonly #pending = new Map<Promise<void>, string>();

  constructor(options: CallHomeOptions, open: Open, onSession: (client: NetconfClient, caller: Caller) => void) {
    this.#options = options;
    this.#open = open;
    this.#onSession = onSession;
    this.#log = options.log ?? silentLog;
    this.net = createServer({ noDelay: true }, (socket) => this.#called(socket));
  }

  get address() {
    const { address, port } = this.net.address() as AddressInfo;
    return { host: address, port };
  }

  get pending(): number {
    return this.#pending.size;
  }

  async close(): Promise<void> {
    // Its connections are not waited for: those with a session have another owner.
    if (this.net.listening) this.net.close();
    this.#stop.abort();
    await Promise.all(this.#pending.keys());
  }

  #called(socket: Socket): void {
    socket.on('error', () => {}); // its close follows
    const { remoteAddress: address, remotePort: port } = socket;
    if (address === undefined || port === undefined) {
      socket.destroy(); // gone before it was here
      return;
    }
    const { most = MOST_PENDING, mostOfOne = MOST_OF_ONE } = this.#options;
    const ofOne = Array.from(this.#pending.values()).filter((other) => other === address).length;
    if (this.#pending.size >= most || ofOne >= mostOfOne) {
      this.#log.info({ address, port, pending: this.#pending.size }, 'a call was not taken: too many wait');
      socket.destroy();
      return;
    }
    const taken = this.#take(socket, { address, port }).finally(() => this.#pending.delete(taken));
    this.#pending.set(taken, address);
  }

  async #take(socket: Socket, caller: Told): Promise<void> {
    const { address, port } = caller;
    const name = `the server that called from ${address.includes(':') ? `[${address}]` : address}:${port}`;
    const signal = this.#stop.signal;
    const opened = await openSession({ ...this.#options, signal }, name, (attempt, progress) => {
      attempt.addEventListener('abort', () => socket.destroy(), { once: true });
      return this.#open(socket, name, caller, progress);
    });
    if (!opened.ok) {
      socket.destroy();
      this.#log.info({ address, port, reason: opened.failure.kind }, 'a call came to nothing');
      this.#options.onRefused?.(opened.failure, { address, port });
      return;
    }
    this.#onSession(opened.value, caller);
  }
}

function bind(server: Server, host: string, port: number): Promise<Result<undefined, CallHomeFailure>> {
  return new Promise((resolve) => {
    const refuse = ({ code, message }: NodeJS.ErrnoException) => {
      const why = code === 'EADDRINUSE' ? 'another program listens there' : message;
      resolve(failed({ kind: 'not-listening', code, message: `${host} port ${port}: ${why}.` }));
    };
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse);
      server.on('error', () => {}); // of one connection that could not be taken
      resolve(ok());
    });
  });
}
