import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { failed, ok, type Result } from '@sublane/basics';
import { type ConnectFailure, connect, connectUnix, type NetconfClient } from 'netconf-client';
import { endpointText } from '../settings/endpoint.ts';
import { placesOf } from '../settings/places.ts';
import type { GlobalOptions } from './command.ts';
import { type HeadendClient, headendClient } from './headend-client.ts';
import type { CliFailure } from './outcome.ts';

/** Opens the session a command talks over: SSH with `--connect`, else the Unix socket in the headend's folder. */
export async function openHeadend(options: GlobalOptions): Promise<Result<HeadendClient, CliFailure>> {
  const opened = options.connect === undefined ? await overSocket(options) : await overSsh(options, options.connect);
  return opened.ok ? ok(headendClient(opened.value)) : opened;
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

export const CONNECT_EXPECTED = 'expected ssh://NAME@HOST[:PORT], as ssh://olga@edge.example:830';
const NETCONF_PORT = 830;

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
