import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect } from 'node:net';
import type { Result } from '@sublane/basics';

/** What the daemon does when asked on its socket, by `METHOD /path`. Body and answer are JSON. */
export type ControlTable = Readonly<Record<string, (body: unknown) => Promise<Result<unknown, unknown>>>>;

const LONGEST_BODY = 64 * 1024;

/**
 * HTTP on a Unix socket, for the program's own commands. The file's mode is the authentication: root, and who root lets.
 * Answers `{ ok: true, value }` or `{ ok: false, failure }`. Throws where the socket belongs to a running daemon.
 */
export async function serveControl(path: string, table: ControlTable): Promise<{ close(): Promise<void> }> {
  if (await answers(path)) throw new ControlSocketInUse(path);
  rmSync(path, { force: true }); // of a daemon that was killed
  const server = createServer({ requestTimeout: 5_000 }, (request, response) => {
    void handle(table, request)
      .then(({ status, body }) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      )
      .catch((error) => response.destroy(error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return { close: () => closed(server, path) };
}

export class ControlSocketInUse extends Error {
  constructor(path: string) {
    super(`another service-agent is running (it answers on ${path})`);
  }
}

async function handle(table: ControlTable, request: IncomingMessage): Promise<{ status: number; body: unknown }> {
  const handler = table[`${request.method} ${request.url}`];
  if (handler === undefined) return { status: 404, body: { ok: false, failure: { kind: 'unknown-command' } } };
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > LONGEST_BODY) return { status: 413, body: { ok: false, failure: { kind: 'too-big' } } };
  }
  let body: unknown;
  try {
    body = text === '' ? undefined : JSON.parse(text);
  } catch {
    return { status: 400, body: { ok: false, failure: { kind: 'malformed' } } };
  }
  return { status: 200, body: await handler(body) };
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function closed(server: Server, path: string): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      rmSync(path, { force: true });
      resolve();
    });
    server.closeIdleConnections();
  });
}
