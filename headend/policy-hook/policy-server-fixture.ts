import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

/** A request as a policy server saw it. */
export interface Asked {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  /** Which connection it came by: 1, 2, … */
  readonly connection: number;
}

export type Answering = (asked: Asked, response: ServerResponse) => void;

export interface TestPolicyServer {
  readonly url: string;
  readonly asked: readonly Asked[];
  answering: Answering;
  /** Ends the connections that no request is on. */
  hangUpIdle(): void;
  close(): Promise<void>;
}

/** An HTTP server on loopback that answers as it is told; with TLS where it gets a certificate. */
export async function startPolicyServer(
  answering: Answering,
  tls?: { readonly cert: string; readonly key: string },
): Promise<TestPolicyServer> {
  const asked: Asked[] = [];
  const connections = new Map<unknown, number>();
  const onRequest = async (request: IncomingMessage, response: ServerResponse) => {
    request.setEncoding('utf8');
    let body = '';
    for await (const part of request) body += part as string;
    const { method, url: path, headers, socket } = request;
    if (!connections.has(socket)) connections.set(socket, connections.size + 1);
    const one = { method, path, headers, body, connection: connections.get(socket)! };
    asked.push(one);
    self.answering(one, response);
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => void onRequest(request, response);
  const server = tls ? https.createServer(tls, listener) : http.createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const self: TestPolicyServer = {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/v1/data/sublane/decision`,
    asked,
    answering,
    hangUpIdle: () => server.closeIdleConnections(),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return self;
}

/**
 * OPA's data API as its documentation has it (REST API, "Get a Document (with Input)"): 200 with `result`, without one
 * where the document has no value, 400 with `code` and `message` where the body is no `{"input": …}`.
 */
export function opa(decision: (input: unknown) => unknown): Answering {
  return ({ method, body }, response) => {
    const answer = (status: number, content: object) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(content));
    };
    if (method !== 'POST') return answer(405, { code: 'invalid_parameter', message: 'method not allowed' });
    let input: unknown;
    try {
      input = (JSON.parse(body) as { input?: unknown }).input;
    } catch (error) {
      return answer(400, { code: 'invalid_parameter', message: String(error) });
    }
    const result = decision(input);
    answer(200, { decision_id: '5ebb9d87', ...(result !== undefined && { result }) });
  };
}
