import { chmod, lstat, mkdtemp, rename, rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { failed, ok, type Result } from '@sublane/basics';
import type { Identity } from '../access.ts';
import { type ListenFailure, listen } from '../listen.ts';
import type { NetconfServer } from '../server.ts';

export interface UnixListenerOptions {
  readonly server: NetconfServer;
  /** At most 90 bytes: Linux allows 107, and the socket is bound in a folder of its own first. */
  readonly path: string;
  /** Who may connect, as of a file: 0o600 or 0o660. */
  readonly mode: number;
  /** Who everyone is that may connect: the kernel tells Node nothing about them. */
  readonly identity: Identity;
}

export interface UnixListener {
  readonly path: string;
  /** Takes no new connections, removes the socket, resolves when the sessions have ended: `server.close()` ends them. */
  close(): Promise<void>;
}

export type UnixListenFailure =
  | ListenFailure
  | { readonly kind: 'not-a-socket' | 'path-too-long'; readonly message: string };

const LONGEST_PATH = 90;

/**
 * NETCONF over a Unix socket, plain: the file's mode is the authentication. A socket that a dead process left is
 * replaced; one that somebody listens on, or a file of another kind, is not touched.
 */
export async function listenUnix(options: UnixListenerOptions): Promise<Result<UnixListener, UnixListenFailure>> {
  const { server, path, mode, identity } = options;
  if (Buffer.byteLength(path) > LONGEST_PATH) {
    return failed({ kind: 'path-too-long', message: `${path}: at most ${LONGEST_PATH} bytes; take a shorter one` });
  }
  const obstacle = await obstacleAt(path);
  if (obstacle !== undefined) return failed(obstacle);
  const net = createServer((socket) => {
    socket.on('error', () => {}); // its close follows
    const begun = server.accept(socket, { identity, transport: 'unix' });
    if (!begun.ok) socket.destroy();
  });
  // Bound where nobody else can look, given its mode, and only then put in its place: never open wider than `mode`, and
  // a stale socket is replaced in one step.
  let folder: string | undefined;
  try {
    folder = await mkdtemp(`${path}.`);
    const bound = await listen(net, { path: join(folder, 's') });
    if (!bound.ok) return bound;
    await chmod(join(folder, 's'), mode);
    await rename(join(folder, 's'), path);
  } catch (error) {
    net.close();
    return failed({ kind: 'failed', message: `${path}: ${(error as Error).message}` });
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
  const { ino } = await lstat(path);
  return ok({
    path,
    async close() {
      const closed = new Promise<void>((resolve) => net.close(() => resolve()));
      // Not the socket of a successor that has taken the place.
      const there = await lstat(path).catch(() => undefined);
      if (there?.ino === ino) await rm(path, { force: true });
      await closed;
    },
  });
}

async function obstacleAt(path: string): Promise<UnixListenFailure | undefined> {
  const there = await lstat(path).catch(() => undefined);
  if (there === undefined) return undefined;
  if (!there.isSocket()) {
    return { kind: 'not-a-socket', message: `${path}: there is a file that is no socket; remove it or take another` };
  }
  return (await somebodyListens(path))
    ? { kind: 'in-use', message: `${path}: another program listens there; stop it or take another` }
    : undefined;
}

function somebodyListens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createConnection(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    // Only a refusal says that nobody is there: one with a full queue answers EAGAIN.
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}
