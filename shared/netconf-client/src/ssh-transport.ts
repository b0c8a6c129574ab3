import type { Socket } from 'node:net';
import { failed, type Milliseconds, ok, type Result, seconds, toMilliseconds } from '@sublane/basics';
import ssh2, { type Algorithms, type AnyAuthMethod, type Client, type ClientChannel } from 'ssh2';
import type { ConnectFailure } from './failures.ts';
import { fingerprintOf, type HostKeyCheck, isKeyAmong, parseFingerprints } from './host-key.ts';
import { openSocket } from './socket.ts';
import { type RekeyOptions, rekeyRegularly } from './ssh-rekey.ts';
import type { Progress, Transport } from './transport.ts';

export interface SshOptions extends SshLogin {
  /** A name or an address. */
  readonly host: string;
  /** Default 830 (RFC 6242 §7). */
  readonly port?: number;
}

/** Who we are to a server, and how we know it: the same whichever side dialled. */
export interface SshLogin {
  readonly user: string;
  /** In OpenSSH's form (`ssh-keygen`), or PEM. Tried first. */
  readonly privateKey?: string | Buffer;
  readonly passphrase?: string;
  readonly password?: string;
  readonly hostKey: HostKeyCheck;
  /** Asks an idle server for a sign of life; default every 30 s, and 3 unanswered end the session. `false`: never. */
  readonly keepalive?: { readonly interval: Milliseconds; readonly misses: number } | false;
  /** When keys are exchanged again (RFC 4253 §9); after 1 GiB or an hour unless given. `false`: when the server asks. */
  readonly rekey?: RekeyOptions | false;
  /** ssh2's, for old devices that speak none of its defaults. */
  readonly algorithms?: Algorithms;
}

/** NETCONF over SSH (RFC 6242 §3): host key, authentication, the subsystem `netconf`. */
export async function openSsh(
  options: SshOptions,
  signal: AbortSignal,
  progress: Progress,
): Promise<Result<Transport, ConnectFailure>> {
  const { host, port = 830, user } = options;
  const name = `ssh://${user}@${host.includes(':') ? `[${host}]` : host}:${port}`;
  const checked = checkLogin(options);
  if (!checked.ok) return checked;

  progress.waitingFor = 'the connection';
  const socket = await openSocket({ host, port }, name, signal);
  if (!socket.ok) return socket;
  return sshOver(socket.value, name, options, checked.value, progress);
}

/** The client's side of SSH over a connection, whichever side dialled. A socket that comes to nothing is destroyed. */
export async function sshOver(
  socket: Socket,
  name: string,
  login: SshLogin,
  checked: CheckedLogin,
  progress: Progress,
): Promise<Result<Transport, ConnectFailure>> {
  progress.waitingFor = 'the key exchange and authentication';
  const client = new ssh2.Client();
  let trouble: string | undefined;
  client.on('error', ({ message }) => {
    trouble ??= message;
  });
  const authenticated = await authenticate(client, socket, name, login, checked);
  if (!authenticated.ok) {
    socket.destroy();
    return authenticated;
  }
  if (login.rekey !== false) rekeyRegularly(client, socket, login.rekey);

  progress.waitingFor = 'the subsystem "netconf"';
  const channel = await openSubsystem(client, name);
  if (!channel.ok) {
    client.end();
    return channel;
  }
  return ok({
    stream: channel.value,
    name,
    trouble: () => trouble,
    complaint: firstWords(channel.value),
    close: () => {
      channel.value.end();
      client.end();
      // Once all is written; a peer that never closes its end must not keep us.
      socket.destroySoon();
    },
  });
}

/** What a login comes to, once it is known to be usable. */
export interface CheckedLogin {
  readonly digests: readonly Buffer[] | undefined;
  readonly methods: readonly AnyAuthMethod[];
  /** Is told the server's key, once it is trusted. */
  readonly onHostKey?: (fingerprint: string) => void;
}

export function checkLogin({
  user,
  privateKey,
  passphrase,
  password,
  hostKey,
}: SshLogin): Result<CheckedLogin, ConnectFailure> {
  let digests: readonly Buffer[] | undefined;
  if ('fingerprints' in hostKey) {
    const parsed = parseFingerprints(hostKey.fingerprints);
    if (!parsed.ok) {
      const { fingerprint } = parsed.failure;
      const found = fingerprint === undefined ? 'there is none' : `found "${fingerprint}"`;
      return badInput(
        'fingerprint',
        `Expected the server's fingerprint as "SHA256:" and 43 characters; ${found}. \`ssh-keygen -l -f KEY.pub\` prints it.`,
      );
    }
    digests = parsed.value;
  }

  const methods: AnyAuthMethod[] = [];
  if (privateKey !== undefined) {
    const key = ssh2.utils.parseKey(privateKey, passphrase);
    if (key instanceof Error) {
      return badInput('private-key', `The private key cannot be used: ${key.message}. \`ssh-keygen\` makes one.`);
    }
    methods.push({
      type: 'publickey',
      username: user,
      key: privateKey,
      ...(passphrase !== undefined && { passphrase }),
    });
  }
  if (password !== undefined) {
    methods.push({ type: 'password', username: user, password });
    // What OpenSSH offers where PAM asks for the password.
    methods.push({
      type: 'keyboard-interactive',
      username: user,
      prompt: (_name, _instructions, _language, prompts, finish) =>
        finish(prompts.map(({ echo }) => (echo ? '' : password))),
    });
  }
  if (methods.length === 0) return badInput('credentials', 'Expected a private key or a password to log in with.');
  return ok({ digests, methods });
}

function badInput(input: 'private-key' | 'fingerprint' | 'credentials', message: string) {
  return failed({ kind: 'bad-input', input, message } as const);
}

function authenticate(
  client: Client,
  socket: Socket,
  name: string,
  { user, hostKey, keepalive = KEEPALIVE, algorithms }: SshLogin,
  { digests, methods, onHostKey }: CheckedLogin,
): Promise<Result<undefined, ConnectFailure>> {
  return new Promise((resolve) => {
    let wrongKey: ConnectFailure | undefined;
    const tried = new Set<string>();
    const left = [...methods];
    const refused = (): ConnectFailure => ({
      kind: 'authentication-refused',
      user,
      methods: [...tried],
      message: `${name} does not let "${user}" in (tried: ${[...tried].join(', ') || 'nothing it accepts'}). Is the user known there, and the key or password the right one?`,
    });

    client.on('ready', () => resolve(ok()));
    client.on('error', (error: Error & { level?: string; code?: string }) => {
      if (wrongKey !== undefined) return resolve(failed(wrongKey));
      if (error.level === 'client-authentication') return resolve(failed(refused()));
      resolve(failed({ kind: 'unreachable', code: error.code, message: `${name}: no SSH session: ${error.message}.` }));
    });
    // Some servers hang up instead of saying no.
    client.on('close', () =>
      resolve(
        failed(
          tried.size > 0
            ? refused()
            : { kind: 'closed', message: `${name} closed the connection during the key exchange.` },
        ),
      ),
    );
    client.connect({
      sock: socket,
      ...(algorithms && { algorithms }),
      username: user,
      readyTimeout: 0, // the whole attempt has one
      keepaliveInterval: keepalive === false ? 0 : keepalive.interval,
      keepaliveCountMax: keepalive === false ? 0 : keepalive.misses,
      hostVerifier: (key: Buffer, verify: (accepted: boolean) => void) => {
        void isTrusted(key, hostKey, digests).then((trusted) => {
          if (trusted) onHostKey?.(fingerprintOf(key));
          else wrongKey = mismatch(name, key, hostKey);
          verify(trusted);
        });
      },
      authHandler: (allowed, _partial, next) => {
        // What the last refusal said may go on; null before the first.
        const offered = allowed as readonly string[] | null;
        const index = left.findIndex(({ type }) => offered?.includes(type) !== false);
        const method = left[index];
        if (method === undefined) return next(false as never);
        left.splice(0, index + 1);
        tried.add(method.type);
        next(method);
      },
    });
  });
}

const KEEPALIVE = { interval: toMilliseconds(seconds(30)), misses: 3 };

async function isTrusted(key: Buffer, check: HostKeyCheck, digests: readonly Buffer[] | undefined): Promise<boolean> {
  if (digests !== undefined) return isKeyAmong(key, digests);
  if (!('verify' in check)) return false;
  try {
    return (await check.verify(fingerprintOf(key), key)) === true;
  } catch {
    return false;
  }
}

function mismatch(name: string, key: Buffer, check: HostKeyCheck): ConnectFailure {
  const seen = fingerprintOf(key);
  const expected = 'fingerprints' in check ? check.fingerprints : [];
  const wanted = expected.length === 0 ? 'the caller does not trust it' : `expected ${expected.join(' or ')}`;
  return {
    kind: 'host-key-mismatch',
    expected,
    seen,
    message: `${name} showed the key ${seen} (${keyType(key)}); ${wanted}. If the server was not given a new key, somebody stands in between.`,
  };
}

/** The first string of the wire form (RFC 4253 §6.6). */
function keyType(key: Buffer): string {
  const length = key.length >= 4 ? key.readUInt32BE(0) : 0;
  return key.toString('latin1', 4, 4 + Math.min(length, 64)).replace(/[^\w.@-]/g, '?');
}

function openSubsystem(client: Client, name: string): Promise<Result<ClientChannel, ConnectFailure>> {
  return new Promise((resolve) => {
    const gone = () => resolve(failed({ kind: 'closed', message: `${name} closed the connection after the login.` }));
    client.once('close', gone);
    try {
      client.subsys('netconf', (error, channel) => {
        client.off('close', gone);
        if (error === undefined) return resolve(ok(channel));
        resolve(
          failed({
            kind: 'not-netconf',
            message: `${name} offers no NETCONF subsystem (${error.message}). Is this the port of its NETCONF server? (830 by default)`,
          }),
        );
      });
    } catch {
      gone(); // ssh2 throws where the connection has ended by now
    }
  });
}

/** What the subsystem writes to its standard error first: a server that cannot start says why. */
function firstWords(channel: ClientChannel): () => string | undefined {
  let words = '';
  channel.stderr.on('data', (piece: Buffer) => {
    if (words.length < 300) words += piece.toString('latin1', 0, 300);
  });
  return () => words.replace(/[^\x20-\x7e]+/g, ' ').trim() || undefined;
}
