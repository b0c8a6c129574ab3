import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SHARED_PREFIX } from '../lanes/shared-link.ts';
import { CgroupTree } from './cgroup-tree.ts';
import { errnoName, libc, SOCK_CLOEXEC, SOCK_NONBLOCK, SOL_SOCKET } from './libc.ts';
import { SEARCH } from './tool.ts';
import type { WireguardState } from './wireguard-state.ts';
import { encodeState, QUESTION, readError, readState } from './wireguard-text.ts';

/** Where WireGuard programs listen: one folder for all network namespaces. */
const SOCKETS = '/var/run/wireguard';
const socketOf = (link: string) => join(SOCKETS, `${link}.sock`);

/**
 * Starts wireguard-go for a link: it makes the link, outlives this process, and ends when the link goes. It answers on
 * its socket once this returns. A message where it does not start.
 */
export async function startDaemon(link: string): Promise<string | undefined> {
  // In the foreground, so that who listens is who works; its log would have addresses of peers.
  const child = spawn('wireguard-go', ['-f', link], {
    cwd: '/',
    detached: true,
    stdio: 'ignore',
    env: { PATH: SEARCH, LOG_LEVEL: 'silent' },
  });
  let ended: string | undefined;
  child.on('error', () => {
    ended = 'there is no program wireguard-go';
  });
  child.on('exit', (status, signal) => {
    ended ??= `wireguard-go ended at once (${status ?? signal}); "wireguard-go -f ${link}" says why`;
  });
  child.unref();
  for (let waited = 0; waited < PATIENCE; waited += STEP) {
    await pause(STEP);
    if (ended !== undefined) return ended;
    if (child.pid === undefined || converse(link, QUESTION)?.pid !== child.pid) continue;
    leaveService(child.pid);
    return undefined;
  }
  child.kill('SIGKILL');
  return 'wireguard-go does not answer on its socket';
}

/** A service manager ends what it started together: the link shall outlive a restart of the agent's service. */
function leaveService(pid: number): void {
  const root = CgroupTree.find()?.root;
  try {
    if (root !== undefined) writeFileSync(join(root, 'cgroup.procs'), `${pid}\n`);
  } catch {
    // Not permitted in a container: then it ends with the service, and is made again.
  }
}

/** Tells the program of a link all that it shall be; a message where it refuses. */
export function tellDaemon(link: string, state: WireguardState): string | undefined {
  const answer = converse(link, encodeState(state));
  if (answer === undefined) return `the program of ${link} does not answer`;
  const error = readError(answer.text);
  return error === 0 ? undefined : `the program of ${link} refuses its settings (error ${error ?? 'unknown'})`;
}

/** What the program of a link says; undefined where there is none in this network namespace. */
export function askDaemon(link: string): WireguardState | undefined {
  const answer = converse(link, QUESTION);
  return answer === undefined ? undefined : readState(answer.text);
}

/** The process of a link's program, while it listens; also of one that does not answer. */
export const daemonOf = (link: string): number | undefined => connected(link, (_, pid) => pid);

/** Waits until a program whose link is gone has ended, and ends it where it does not by itself. */
export async function endDaemon(pid: number): Promise<void> {
  for (const signal of [0, 'SIGTERM', 'SIGKILL'] as const) {
    for (let waited = 0; waited < MANNERS && isDaemon(pid); waited += STEP) await pause(STEP);
    if (!isDaemon(pid)) return;
    try {
      process.kill(pid, signal === 0 ? 'SIGTERM' : signal);
    } catch {
      return;
    }
  }
}

/**
 * Removes the sockets of tunnels of ours, whatever their network namespace, whose programs were killed: who ends by
 * itself takes its socket along.
 */
export async function removeDeadSockets(): Promise<void> {
  const dead = () => namesIn(SOCKETS).filter((name) => OURS.test(name) && isDead(join(SOCKETS, name)));
  const found = dead();
  if (found.length === 0) return;
  // One that was made this moment is not listened on yet.
  await pause(STEP);
  for (const name of dead()) if (found.includes(name)) rmSync(join(SOCKETS, name), { force: true });
}

const OURS = new RegExp(`^${SHARED_PREFIX}t[0-9a-f]{8}\\.sock$`);

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Nobody listens, in no network namespace. */
function isDead(path: string): boolean {
  const descriptor = libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return false;
  try {
    const address = addressOf(path);
    const refused = libc.connect(descriptor, address, address.length) !== 0;
    return refused && errnoName() === 'ECONNREFUSED';
  } finally {
    libc.close(descriptor);
  }
}

/** struct sockaddr_un. */
function addressOf(path: string): Buffer {
  const text = Buffer.from(path);
  const address = Buffer.alloc(2 + text.length + 1);
  address.writeUInt16LE(AF_UNIX, 0);
  address.set(text, 2);
  return address;
}

/** Milliseconds. */
const PATIENCE = 5_000;
const MANNERS = 2_000;
const STEP = 10;

/** Still the same program: an id may come to be another's. */
function isDaemon(pid: number): boolean {
  try {
    const state = /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return state !== 'Z' && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'wireguard-go';
  } catch {
    return false;
  }
}

/** One question and its answer; undefined where nobody of this network namespace answers. */
const converse = (link: string, question: string): { readonly pid: number; readonly text: string } | undefined =>
  connected(link, (descriptor, pid) => {
    const asked = Buffer.from(question);
    if (Number(libc.send(descriptor, asked, asked.length, MSG_NOSIGNAL)) !== asked.length) return undefined;
    let text = '';
    while (readError(text) === undefined && text.length < LONGEST_ANSWER) {
      const length = Number(libc.recv(descriptor, piece, piece.length, 0));
      if (length <= 0) return undefined;
      text += piece.toString('latin1', 0, length);
    }
    piece.fill(0);
    return { pid, text };
  });

/** Does a job over a connection to the program of a link; undefined where none of this network namespace listens. */
function connected<T>(link: string, job: (descriptor: number, pid: number) => T): T | undefined {
  const address = addressOf(socketOf(link));
  if (address.length > LONGEST_ADDRESS || !existsSync(socketOf(link))) return undefined;
  const descriptor = libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return undefined;
  try {
    const timeout = Buffer.alloc(16);
    timeout.writeBigInt64LE(TIMEOUT_SECONDS, 0);
    for (const option of [SO_RCVTIMEO, SO_SNDTIMEO]) libc.setsockopt(descriptor, SOL_SOCKET, option, timeout, 16);
    if (libc.connect(descriptor, address, address.length) !== 0) return undefined;
    const credentials = Buffer.alloc(12);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(credentials.length);
    if (libc.getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, credentials, size) !== 0) return undefined;
    const pid = credentials.readInt32LE(0);
    return isHere(pid) ? job(descriptor, pid) : undefined;
  } finally {
    libc.close(descriptor);
  }
}

/** Whether a process is in this thread's network namespace: the names of links are each namespace's own. */
function isHere(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`) === readlinkSync('/proc/thread-self/ns/net');
  } catch {
    return false;
  }
}

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SO_PEERCRED = 17;
const SO_RCVTIMEO = 20;
const SO_SNDTIMEO = 21;
const MSG_NOSIGNAL = 0x4000;
const TIMEOUT_SECONDS = 2n;
const LONGEST_ADDRESS = 110;
const LONGEST_ANSWER = 1024 * 1024;
const piece = Buffer.alloc(64 * 1024);
