import type { Socket } from 'node:net';
import { failed, type Log, type Milliseconds, milliseconds, ok, type Result } from '@sublane/basics';
import ssh2, { type Connection, type ParsedKey } from 'ssh2';
import type { Acceptor, ConnectionWatch } from '../acceptor.ts';
import { ConnectionGate } from '../connection-gate.ts';
import { DEFAULT_SSH_LIMITS, type SshLimits } from '../limits.ts';
import { notify } from '../notify.ts';
import type { NetconfServer } from '../server.ts';
import { gatherWrites } from './gathered-writes.ts';
import { type HostKeyFault, readHostKey } from './host-key.ts';
import { speedUpKeyExchange } from './key-exchange.ts';
import { type Authenticate, type Method, SshConnection, type SshHome } from './ssh-connection.ts';
import { UserKeyRing } from './user-key.ts';

export interface SshAcceptorOptions {
  readonly server: NetconfServer;
  /** Private keys: PEM or OpenSSH's format, at most one of each type. */
  readonly hostKeys: readonly string[];
  readonly authenticate: Authenticate;
  /** What is offered, to all or by user name; both unless given. */
  readonly methods?: readonly Method[] | ((user: string) => readonly Method[]);
  readonly limits?: Partial<SshLimits>;
  /** How often a silent peer is asked whether it is there, and how often it may not answer. 30 s and 3 unless given. */
  readonly keepalive?: { readonly interval: Milliseconds; readonly most: number };
  readonly log?: Log;
  /** Milliseconds of a clock that never goes back; for tests. */
  readonly now?: () => number;
  /** How often connections are looked through for keys that are due to be exchanged again; for tests. */
  readonly rekeySweep?: Milliseconds;
}

export type HostKeyFailure = { readonly kind: 'host-key' } & HostKeyFault;

/** What is offered, best first. No SHA-1, no CBC, no 1024-bit group; aes128-ctr is for paramiko, under ncclient. */
const ALGORITHMS = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group14-sha256',
  ],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
} as const;

const BOTH: readonly Method[] = ['publickey', 'password'];

const REKEY_SWEEP = milliseconds(15_000);

/** The server's side of NETCONF over SSH (RFC 6242): the subsystem `netconf`, and nothing else of SSH. */
export function sshAcceptor(options: SshAcceptorOptions): Result<SshAcceptor, HostKeyFailure> {
  const keys: ParsedKey[] = [];
  for (const [index, pem] of options.hostKeys.entries()) {
    const key = readHostKey(pem, index);
    if (!key.ok) return failed({ kind: 'host-key', ...key.failure });
    keys.push(key.value);
  }
  if (keys.length > 0) return ok(new SshAcceptor(options, keys));
  return failed({ kind: 'host-key', index: 0, message: 'there is none; `ssh-keygen -t ed25519` makes one' });
}

export class SshAcceptor implements Acceptor {
  readonly #ssh: InstanceType<typeof ssh2.Server>;
  readonly #home: SshHome;
  readonly #connections = new Map<string, SshConnection>();
  readonly #sweep: NodeJS.Timeout;

  constructor(options: SshAcceptorOptions, hostKeys: readonly ParsedKey[]) {
    const { server, methods = BOTH, keepalive = { interval: milliseconds(30_000), most: 3 } } = options;
    const limits = { ...DEFAULT_SSH_LIMITS, ...options.limits };
    const log = options.log ?? server.log;
    this.#home = {
      server,
      authenticate: options.authenticate,
      methods: typeof methods === 'function' ? methods : () => methods,
      limits,
      gate: new ConnectionGate(limits),
      keys: new UserKeyRing(),
      log,
      events: server.events,
      now: options.now ?? (() => performance.now()),
    };
    speedUpKeyExchange();
    this.#ssh = new ssh2.Server({
      hostKeys: hostKeys.map((key) => ({ key })),
      algorithms: ALGORITHMS as never,
      ident: 'netconf',
      keepaliveInterval: keepalive.interval,
      keepaliveCountMax: keepalive.most,
    });
    this.#ssh.on('connection', (client: Connection, { ip, port }) => {
      const connection = this.#connections.get(`${ip} ${port}`);
      if (connection === undefined) client.end();
      else connection.serve(client);
    });
    this.#ssh.on('error', (error: Error) => log.error({ err: error }, 'ssh listener failed'));
    this.#sweep = setInterval(() => {
      for (const connection of this.#connections.values()) connection.rekeyIfDue();
    }, options.rekeySweep ?? REKEY_SWEEP).unref();
  }

  get connections(): number {
    return this.#connections.size;
  }

  take(socket: Socket, watch?: ConnectionWatch): void {
    socket.on('error', () => {}); // its close follows
    const { remoteAddress: address, remotePort: port } = socket;
    if (address === undefined || port === undefined) {
      socket.destroy(); // gone before it was here
      return;
    }
    const peer = { address, port };
    const refusal = this.#home.gate.enter(address, this.#home.now());
    if (refusal !== undefined) {
      socket.destroy();
      this.#home.log.info({ peer, reason: refusal }, 'connection refused');
      const what = { peer, user: undefined, method: undefined, reason: refusal };
      notify(this.#home.events, this.#home.log, 'authenticationRefused', what);
      watch?.refused?.(refusal);
      return;
    }
    const name = `${address} ${port}`;
    this.#connections.set(name, new SshConnection(socket, peer, this.#home, watch));
    socket.once('close', () => this.#connections.delete(name));
    gatherWrites(socket);
    this.#ssh.injectSocket(socket);
  }

  closeWhenIdle(): void {
    clearInterval(this.#sweep);
    for (const connection of this.#connections.values()) connection.closeWhenIdle();
  }
}
