import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect } from 'node:net';
import type { Log, Result } from '@sublane/basics';

/** What the daemon does when asked on its socket, by `METHOD /path`. Body and answer are JSON. */
export type ControlTable = Readonly<Record<string, (body: unknown) => Promise<Result<unknown, unknown>>>>;

/** What the daemon itself answers where it does not come to a handler's own answer. */
export type ControlTrouble = {
  readonly kind: 'control';
  readonly reason: string;
};

const LONGEST_BODY = 64 * 1024;

/**
 * HTTP on a Unix socket, for the program's own commands. The file's mode is the authentication: root, and who root lets.
 * Answers `{ ok: true, value }` or `{ ok: false, failure }`. Throws where the socket belongs to a running daemon.
 */
export async function serveControl(path: string, table: ControlTable, log: Log): Promise<{ close(): Promise<void> }> {
  if (await answers(path)) throw new ControlSocketInUse(path);
  rmSync(path, { force: true }); // of a daemon that was killed
  const server = createServer({ requestTimeout: 5_000 }, (request, response) => {
    void handle(table, request, log).then(({ status, body }) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    );
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

interface Reply {
  readonly status: number;
  readonly body: Result<unknown, unknown>;
}

async function handle(table: ControlTable, request: IncomingMessage, log: Log): Promise<Reply> {
  const handler = table[`${request.method} ${request.url}`];
  if (handler === undefined)
    return trouble(404, 'the daemon does not know this command: is it of another version? Restart it');
  try {
    let text = '';
    for await (const chunk of request) {
      text += chunk;
      if (text.length > LONGEST_BODY) return trouble(413, `what was asked is longer than ${LONGEST_BODY} bytes`);
    }
    return { status: 200, body: await handler(text === '' ? undefined : JSON.parse(text)) };
  } catch (error) {
    if (error instanceof SyntaxError) return trouble(400, 'what was asked is no JSON');
    log.error({ command: request.url, err: error }, 'internal error; going on');
    return trouble(500, 'internal error of the daemon; its log says more');
  }
}

const trouble = (status: number, reason: string): Reply => {
  const failure: ControlTrouble = { kind: 'control', reason };
  return { status, body: { ok: false, failure } };
};

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
