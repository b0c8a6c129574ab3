// Debian's FreeRADIUS, private: everything it reads and writes is in one folder, and it listens on free ports of 127.0.0.1.
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { configurationFiles } from './freeradius-configuration.ts';
import { OPENSSL, throwawayCertificates } from './throwaway-certificates.ts';

export interface FreeradiusUser {
  readonly name: string;
  /** Absent: none will do; the user is still known to Authorize-Only requests. */
  readonly password?: string;
  /** Attributes of the Access-Accept, by FreeRADIUS' names: `{ 'Filter-Id': 'gold', Class: ['a', '0x00ff'] }`. */
  readonly reply?: Readonly<Record<string, string | number | readonly (string | number)[]>>;
  /** Instead of a decision: an Access-Challenge, or silence. */
  readonly answer?: 'challenge' | 'nothing';
}

export interface FreeradiusOptions {
  readonly users?: readonly FreeradiusUser[];
  /** Shared with clients on 127.0.0.1; `testing123` by default. */
  readonly secret?: string;
  /** Whether it listens for RadSec too, with a CA of its own or that of another; not by default. */
  readonly tls?: boolean | { readonly caOf: Freeradius };
  /** Whether Access-Accept and -Reject have a Message-Authenticator; they do by default. */
  readonly messageAuthenticator?: boolean;
  /** Whether Status-Server is answered; it is by default. */
  readonly statusServer?: boolean;
  /**
   * Whether it listens for Disconnect-Requests and CoA-Requests too, as an edge does; not by default. It knows every
   * session but the Acct-Session-Ids given here.
   */
  readonly dynamicAuthorization?: { readonly unknownSessions: readonly string[] };
  /** Whether requests are written to files, for `accesses`, `accounts` and `changes`; they are by default. */
  readonly keep?: boolean;
  /** Words before its command, as those that put it into a network namespace. */
  readonly within?: readonly string[];
}

/** An attribute that comes more than once has its values in their order. Names and values as FreeRADIUS prints them. */
export type FreeradiusRecord = Readonly<Record<string, readonly string[]>>;

export interface Freeradius extends AsyncDisposable {
  /** 127.0.0.1; its certificate is for this and for localhost. */
  readonly host: string;
  readonly authenticationPort: number;
  readonly accountingPort: number;
  readonly secret: string;
  /** Where TLS was asked for. Files in PEM; the client's certificate is one that the server takes. */
  readonly tls?: {
    readonly port: number;
    readonly caFile: string;
    readonly certificateFile: string;
    readonly keyFile: string;
  };
  /** For Disconnect-Requests and CoA-Requests, where asked for. */
  readonly dynamicAuthorizationPort?: number;
  /** The Access-Requests that came, passwords left out. */
  accesses(): FreeradiusRecord[];
  /** The Accounting-Requests that came and were acknowledged. */
  accounts(): FreeradiusRecord[];
  /** The Disconnect-Requests and CoA-Requests that came. */
  changes(): FreeradiusRecord[];
  /** Other users than before, from its next start on. */
  keepUsers(users: readonly FreeradiusUser[]): void;
  /** What it has printed. */
  log(): string;
  readonly pid: number;
  /** Kills it: whoever asks hears nothing. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, on the same ports, with what it kept. */
  start(): Promise<void>;
  /** Knows these users and no others, from now on; it is started anew for that. */
  know(users: readonly FreeradiusUser[]): Promise<void>;
  /** It is there and does nothing. */
  pause(): void;
  resume(): void;
}

const PROGRAMS = { freeradius: '/usr/sbin/freeradius', radclient: '/usr/bin/radclient', openssl: OPENSSL };

/** Why it cannot run here; `undefined` where it can. Root is not needed. */
export function freeradiusMissing(): string | undefined {
  const missing = Object.values(PROGRAMS).filter((path) => !existsSync(path));
  return missing.length === 0
    ? undefined
    : `${missing.join(', ')} missing: apt-get install --no-install-recommends freeradius freeradius-utils openssl`;
}

/** Starts one, ready to answer. */
export async function startFreeradius(options: FreeradiusOptions = {}): Promise<Freeradius> {
  const folder = mkdtempSync(join(tmpdir(), 'freeradius-'));
  const at = (name: string) => join(folder, name);
  const secret = options.secret ?? 'testing123';
  const ports = {
    authentication: await freeUdpPort(),
    accounting: await freeUdpPort(),
    ...(options.tls && { tls: await freeTcpPort() }),
    ...(options.dynamicAuthorization && { dynamicAuthorization: await freeUdpPort() }),
  };
  if (options.tls)
    throwawayCertificates(folder, typeof options.tls === 'object' ? caFolder(options.tls.caOf) : undefined);
  for (const [name, text] of Object.entries(configurationFiles({ ...options, folder, secret, ports }))) {
    writeFileSync(at(name), text, { mode: 0o600 });
  }
  let child: ChildProcess | undefined;
  const start = async () => {
    if (child !== undefined) throw new Error('freeradius runs already');
    writeFileSync(at('log'), '');
    const own = [PROGRAMS.freeradius, '-f', '-d', folder, '-l', at('log')];
    const [program = '', ...words] = [...(options.within ?? []), ...own];
    child = spawn(program, words, { stdio: 'ignore' });
    await ready(child, () => readFileSync(at('log'), 'utf8'));
  };
  const kill = async () => {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = once(ending, 'exit');
    ending.kill('SIGKILL');
    await ended;
  };
  // Where a test ends without its `stop`.
  const onExit = () => void child?.kill('SIGKILL');
  process.once('exit', onExit);
  const stop = async () => {
    process.off('exit', onExit);
    await kill();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (reason) {
    await stop();
    throw reason;
  }
  return {
    host: '127.0.0.1',
    authenticationPort: ports.authentication,
    accountingPort: ports.accounting,
    secret,
    ...(ports.dynamicAuthorization !== undefined && { dynamicAuthorizationPort: ports.dynamicAuthorization }),
    ...(ports.tls !== undefined && {
      tls: {
        port: ports.tls,
        caFile: at('ca.pem'),
        certificateFile: at('client.pem'),
        keyFile: at('client.key'),
      },
    }),
    accesses: () => records(at('accesses')),
    accounts: () => records(at('accounts')),
    changes: () => records(at('changes')),
    keepUsers: (users) =>
      writeFileSync(at('users'), configurationFiles({ ...options, users, folder, secret, ports }).users ?? ''),
    log: () => readFileSync(at('log'), 'utf8'),
    get pid() {
      return child?.pid ?? 0;
    },
    kill,
    start,
    async know(users) {
      const { users: text = '' } = configurationFiles({ ...options, users, folder, secret, ports });
      await kill();
      writeFileSync(at('users'), text);
      await start();
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    [Symbol.asyncDispose]: stop,
  };
}

export interface RadclientOptions {
  /** The port on 127.0.0.1 it sends to. */
  readonly port: number;
  readonly secret: string;
  /** A Disconnect-Request or a CoA-Request; or what clients of FreeRADIUS send. */
  readonly kind: 'disconnect' | 'coa' | 'auth' | 'acct' | 'status';
  /** In FreeRADIUS' words: `['Acct-Session-Id="1"', 'Message-Authenticator=0x00']`. */
  readonly attributes: readonly string[];
  /** Seconds; 1 by default. */
  readonly timeout?: number;
  /** Words before its command, as those that put it into a network namespace. */
  readonly within?: readonly string[];
}

/** What radclient was answered, as `Disconnect-ACK`; nothing where it heard nothing it believes. */
export async function radclient(options: RadclientOptions): Promise<{ answer?: string; said: string }> {
  const { port, secret, kind, attributes, timeout = 1, within = [] } = options;
  const own = [PROGRAMS.radclient, '-x', '-r', '1', '-t', String(timeout), `127.0.0.1:${port}`, kind, secret];
  const [program = '', ...words] = [...within, ...own];
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  child.stdin.end(`${attributes.join('\n')}\n`);
  await once(child, 'close');
  const [, answer] = /^Received (\S+) Id/m.exec(said) ?? [];
  return { ...(answer !== undefined && { answer }), said };
}

/** Blocks of `\tName = value` lines, as FreeRADIUS' detail files have them. */
function records(file: string): FreeradiusRecord[] {
  if (!existsSync(file)) return [];
  const blocks = readFileSync(file, 'utf8').split('\n\n');
  // A block without its end is still being written.
  return blocks.slice(0, -1).map((block) => {
    const record: Record<string, string[]> = {};
    for (const [, name, value] of block.matchAll(/^\t(\S+) = (.*)$/gm)) {
      record[name!] ??= [];
      record[name!]!.push(value!.replace(/^"(.*)"$/, '$1').replace(/\\(["\\])/g, '$1'));
    }
    return record;
  });
}

const caFolder = ({ tls }: Freeradius) => (tls === undefined ? undefined : dirname(tls.caFile));

async function ready(child: ChildProcess, log: () => string): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (log().includes('Ready to process requests')) return;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`freeradius ended: ${log()}`);
    await delay(20);
  }
  throw new Error(`freeradius is not ready after 10 s: ${log()}`);
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((closed) => socket.close(closed));
  return port;
}

async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
