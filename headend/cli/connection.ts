import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { failed, ok, type Result } from '@sublane/basics';
import { type ConnectFailure, connect, connectTls, connectUnix, type NetconfClient } from 'netconf-client';
import { endpointText } from '../settings/endpoint.ts';
import { placesOf } from '../settings/places.ts';
import type { GlobalOptions } from './command.ts';
import { type HeadendClient, headendClient } from './headend-client.ts';
import type { CliFailure } from './outcome.ts';

/** Opens the session a command talks over: SSH or TLS with `--connect`, else the Unix socket in the headend's folder. */
export async function openHeadend(options: GlobalOptions): Promise<Result<HeadendClient, CliFailure>> {
  const opened = await open(options);
  return opened.ok ? ok(headendClient(opened.value)) : opened;
}

function open(options: GlobalOptions): Promise<Result<NetconfClient, CliFailure>> {
  if (options.connect === undefined) return overSocket(options);
  return options.connect.startsWith('tls:') ? overTls(options, options.connect) : overSsh(options, options.connect);
}

async function overSocket(options: GlobalOptions): Promise<Result<NetconfClient, CliFailure>> {
  const { socket, folder } = placesOf(options);
  const opened = await connectUnix(socket);
  if (opened.ok) return opened;
  const { failure } = opened;
  if (failure.kind !== 'unreachable') return failed({ kind: 'unreachable', message: failure.message });
  if (failure.code === 'EACCES')
    return failed({
      kind: 'unreachable',
      message: `${socket}: permission denied. Only the user that runs the headend may use its socket; come as that user, or by SSH: --connect ssh://NAME@HOST:PORT`,
    });
  return failed({
    kind: 'unreachable',
    message: `no headend is serving ${folder} (no answer at ${socket}). Start it: headend serve --dir ${folder}`,
  });
}

export const CONNECT_EXPECTED = 'expected ssh://NAME@HOST[:PORT], as ssh://olga@edge.example:830, or tls://HOST[:PORT]';
const NETCONF_PORT = 830;
const NETCONF_TLS_PORT = 6513;

/** Reads `ssh://olga@edge.example:830`. */
export function parseConnect(text: string): { user: string; host: string; port: number } | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return undefined;
  }
  const { protocol, username, password, hostname, port, pathname } = url;
  if (protocol !== 'ssh:' || username === '' || password !== '' || hostname === '' || pathname.length > 1)
    return undefined;
  return {
    user: decodeURIComponent(username),
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? NETCONF_PORT : Number(port),
  };
}

async function overSsh(options: GlobalOptions, address: string): Promise<Result<NetconfClient, CliFailure>> {
  const target = parseConnect(address);
  if (target === undefined) return failed({ kind: 'usage', message: `--connect ${address}: ${CONNECT_EXPECTED}` });
  const identity = options.identity ?? join(homedir(), '.ssh', 'id_ed25519');
  let privateKey: string;
  try {
    privateKey = readFileSync(identity, 'utf8');
  } catch (error) {
    return failed({
      kind: 'usage',
      message: `cannot read the key ${identity}: ${(error as Error).message}. Name your private key with --identity FILE`,
    });
  }
  const name = endpointText(target);
  const known = options.hostKey ?? knownKeys(name);
  let seen: string | undefined;
  const opened = await connect({
    ...target,
    privateKey,
    hostKey:
      known.length > 0
        ? { fingerprints: [...known] }
        : {
            verify: (fingerprint) => {
              seen = fingerprint;
              return options.trustFirstUse === true;
            },
          },
  });
  if (opened.ok) {
    if (seen !== undefined) await remember(name, seen);
    return opened;
  }
  return failed(sshFailure(opened.failure, name, seen));
}

/** The certificate says who we are, so the address has no name in it. */
async function overTls(options: GlobalOptions, address: string): Promise<Result<NetconfClient, CliFailure>> {
  const usage = (message: string) => failed({ kind: 'usage', message } as const);
  const target = /^tls:\/\/(?:\[([0-9A-Fa-f:.]+)\]|([^\s:@/[\]]+))(?::(\d{1,5}))?\/?$/.exec(address);
  const host = target?.[1] ?? target?.[2];
  const port = Number(target?.[3] ?? NETCONF_TLS_PORT);
  if (host === undefined || port < 1 || port > 65_535) return usage(`--connect ${address}: ${CONNECT_EXPECTED}`);
  const { certificate, certificateKey = certificate, ca } = options;
  if (certificate === undefined || certificateKey === undefined || ca === undefined)
    return usage(
      `--connect ${address}: name your certificate with --certificate FILE, the headend's authority with --ca FILE`,
    );
  const texts: string[] = [];
  for (const file of [certificate, certificateKey, ca]) {
    try {
      texts.push(readFileSync(file, 'utf8'));
    } catch (error) {
      return usage(`cannot read ${file}: ${(error as Error).message}`);
    }
  }
  const [ours = '', key = '', authority = ''] = texts;
  const opened = await connectTls({ host, port, certificate: ours, key, server: { ca: authority } });
  if (opened.ok) return opened;
  const { kind, message } = opened.failure;
  return failed({ kind: kind === 'bad-input' ? 'usage' : 'unreachable', message });
}

function sshFailure(failure: ConnectFailure, name: string, seen: string | undefined): CliFailure {
  if (seen !== undefined && failure.kind === 'host-key-mismatch')
    return {
      kind: 'unreachable',
      message:
        `${name} shows the key ${seen}, which is not known yet. Compare it with what "headend init" or "headend check" ` +
        `printed there, then give --host-key ${seen}, or --trust-first-use to keep it in ${knownFile()}`,
    };
  if (failure.kind === 'bad-input') return { kind: 'usage', message: failure.message };
  return { kind: 'unreachable', message: failure.message };
}

/** `HOST:PORT SHA256:…` a line. */
const knownFile = () => join(process.env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'sublane', 'known-headends');

function knownKeys(name: string): readonly string[] {
  if (!existsSync(knownFile())) return [];
  return readFileSync(knownFile(), 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([host]) => host === name)
    .map(([, fingerprint]) => fingerprint ?? '');
}

async function remember(name: string, fingerprint: string): Promise<void> {
  mkdirSync(dirname(knownFile()), { recursive: true, mode: 0o700 });
  await appendFile(knownFile(), `${name} ${fingerprint}\n`, { mode: 0o600 });
}
