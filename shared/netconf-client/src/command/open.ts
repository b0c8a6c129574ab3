import { readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { failed, milliseconds, ok, type Result } from '@sublane/basics';
import { connect, connectTls, connectUnix, type OpenOptions } from '../connect.ts';
import type { ConnectFailure } from '../failures.ts';
import type { HostKeyCheck } from '../host-key.ts';
import type { NetconfClient } from '../netconf-client.ts';
import type { SshLogin } from '../ssh-transport.ts';
import type { TlsLogin } from '../tls-transport.ts';
import { ADDRESS_EXPECTED, type Address, parseAddress } from './address.ts';
import { configFolder, hostName, KnownHosts } from './known-hosts.ts';
import { opensshFingerprints } from './openssh-known-hosts.ts';
import { type CommandFailure, usage } from './outcome.ts';
import { askSecret, readSecretLine } from './secrets.ts';
import type { GlobalOptions, Surroundings } from './surroundings.ts';

type Opened = Promise<Result<NetconfClient, CommandFailure>>;

/** Opens a session as the options say. */
export async function openClient(
  surroundings: Surroundings,
  options: GlobalOptions,
  signal?: AbortSignal,
): Promise<Result<NetconfClient, CommandFailure>> {
  const text = options.connect ?? surroundings.environment.NETCONF_CONNECT;
  if (text === undefined)
    return failed(usage(`which server? --connect ADDRESS, or NETCONF_CONNECT: ${ADDRESS_EXPECTED}`));
  const address = parseAddress(text);
  if (address === undefined) return failed(usage(`--connect ${text}: ${ADDRESS_EXPECTED}`));
  const common = openOptions(options, signal);
  if (address.kind === 'unix') return connected(await connectUnix(address.path, common));
  if (address.kind === 'tls') return overTls(address, options, common);
  return overSsh(surroundings, address, options, common);
}

export function openOptions({ timeout }: GlobalOptions, signal?: AbortSignal): OpenOptions {
  return {
    ...(timeout !== undefined && { timeout: milliseconds(timeout * 1000), rpcTimeout: milliseconds(timeout * 1000) }),
    ...(signal && { signal }),
  };
}

async function overSsh(
  surroundings: Surroundings,
  address: Extract<Address, { kind: 'ssh' | 'tls' }>,
  options: GlobalOptions,
  common: OpenOptions,
): Opened {
  const { host, port } = address;
  const login = await sshLogin(surroundings, options, address.user, hostName(host, port));
  if (!login.ok) return login;
  const known = new KnownHosts(options.knownHosts ?? join(configFolder(surroundings.environment), 'known-hosts'));
  const trusted = options.hostKey ?? knownFingerprints(known, host, port);
  let seen: string | undefined;
  const hostKey: HostKeyCheck =
    trusted.length > 0
      ? { fingerprints: [...trusted] }
      : {
          verify: (fingerprint) => {
            seen = fingerprint;
            return options.trustFirstUse === true;
          },
        };
  const attempt = (more: Partial<SshLogin> = {}) =>
    connect({ ...common, host, port, ...login.value, ...more, hostKey });
  let opened = await attempt();
  // A key with a passphrase, or a server that wants a password: the person at the terminal may know.
  if (!opened.ok && opened.failure.kind === 'bad-input' && /passphrase|encrypted/i.test(opened.failure.message)) {
    const passphrase = await askSecret(surroundings, 'Passphrase of the private key: ');
    if (passphrase !== undefined) opened = await attempt({ passphrase });
  } else if (!opened.ok && opened.failure.kind === 'authentication-refused' && login.value.password === undefined) {
    const password = await askSecret(surroundings, `Password of ${login.value.user}@${hostName(host, port)}: `);
    if (password !== undefined) opened = await attempt({ password });
  }
  if (opened.ok) {
    if (seen !== undefined) await known.remember(host, port, seen);
    return opened;
  }
  if (seen === undefined || opened.failure.kind !== 'host-key-mismatch') return connected(opened);
  return failed({
    kind: 'connect',
    failure: opened.failure,
    message:
      `${hostName(host, port)} shows the key ${seen}, which is not known here yet. Compare it with the server's own ` +
      `(ssh-keygen -l -f KEY.pub), then give --host-key ${seen}, or --trust-first-use to keep it in ${known.file}`,
  });
}

/** Our own file first; else what `ssh` has learnt of the same server. */
function knownFingerprints(known: KnownHosts, host: string, port: number): readonly string[] {
  const own = known.fingerprints(host, port);
  return own.length > 0 ? own : opensshFingerprints(join(homedir(), '.ssh', 'known_hosts'), host, port);
}

/** Who we are over SSH: keys and passwords never come from the command line itself. */
export async function sshLogin(
  surroundings: Surroundings,
  options: GlobalOptions,
  userOfAddress: string | undefined,
  peer: string,
): Promise<Result<Omit<SshLogin, 'hostKey'>, CommandFailure>> {
  const user = userOfAddress ?? options.user ?? userInfo().username;
  const identity = readIdentity(options.identity);
  if (!identity.ok) return identity;
  const password = await readPassword(
    surroundings,
    options,
    `Password of ${user}@${peer}: `,
    identity.value === undefined,
  );
  if (!password.ok) return password;
  if (identity.value === undefined && password.value === undefined) {
    return failed(
      usage('no private key in ~/.ssh, and no password: name a key with --identity FILE, or give --password-stdin'),
    );
  }
  return ok({
    user,
    ...(identity.value !== undefined && { privateKey: identity.value }),
    ...(password.value !== undefined && { password: password.value }),
  });
}

const IDENTITIES = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

function readIdentity(file: string | undefined): Result<string | undefined, CommandFailure> {
  const files = file === undefined ? IDENTITIES.map((name) => join(homedir(), '.ssh', name)) : [file];
  for (const path of files) {
    try {
      return ok(readFileSync(path, 'utf8'));
    } catch (error) {
      if (file !== undefined) return failed(usage(`--identity: cannot read ${path}: ${(error as Error).message}`));
    }
  }
  return ok(undefined);
}

async function readPassword(
  surroundings: Surroundings,
  options: GlobalOptions,
  question: string,
  needed: boolean,
): Promise<Result<string | undefined, CommandFailure>> {
  if (options.passwordStdin) return readSecretLine(surroundings.stdin);
  if (options.askPassword || needed) return ok(await askSecret(surroundings, question));
  return ok(undefined);
}

async function overTls(
  { host, port }: Extract<Address, { kind: 'ssh' | 'tls' }>,
  options: GlobalOptions,
  common: OpenOptions,
): Opened {
  const login = tlsLogin(options);
  return login.ok ? connected(await connectTls({ ...common, host, port, ...login.value })) : login;
}

/** Who we are over TLS (RFC 7589). */
export function tlsLogin(options: GlobalOptions): Result<TlsLogin, CommandFailure> {
  const { certificate, key, ca, hostKey } = options;
  if (certificate === undefined || key === undefined) {
    return failed(usage('over TLS, our certificate is our name: expected --certificate FILE and --key FILE'));
  }
  if (ca === undefined && hostKey === undefined) {
    return failed(
      usage("expected what the server's certificate is checked by: --ca FILE, or --host-key SHA256-FINGERPRINT"),
    );
  }
  try {
    return ok({
      certificate: readFileSync(certificate),
      key: readFileSync(key),
      server: ca === undefined ? { fingerprints: [...hostKey!] } : { ca: readFileSync(ca) },
    });
  } catch (error) {
    return failed(usage(`cannot read a file of the TLS login: ${(error as Error).message}`));
  }
}

function connected(opened: Result<NetconfClient, ConnectFailure>): Result<NetconfClient, CommandFailure> {
  if (opened.ok) return opened;
  return failed({ kind: 'connect', failure: opened.failure, message: opened.failure.message });
}
