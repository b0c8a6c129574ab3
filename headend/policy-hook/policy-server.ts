import http from 'node:http';
import https from 'node:https';
import { failed, type Milliseconds, ok, type Result } from '@sublane/basics';
import type { HookTrouble } from './policy-hook.ts';

export interface PolicyServerOptions {
  /** http or https. */
  readonly url: string;
  /** How long an answer may take: connecting, waiting for a free connection, and the last byte included. */
  readonly timeout: Milliseconds;
  /** Sent as `Authorization: Bearer …` (RFC 6750 §2.1). */
  readonly token?: string;
  /** Certificates in PEM; absent: the system's. */
  readonly ca?: string;
}

/** One policy server, over connections that are kept. */
export interface PolicyServer {
  /** Posts a JSON text; answers the body of a 200. A redirect is not followed: it would take the token elsewhere. */
  post(body: string): Promise<Result<string, HookTrouble>>;
  /** Its connections end when the questions under way have their answers. */
  close(): void;
}

const CONNECTIONS_MAX = 32;
/** Questions under way, those that wait for a connection included. */
const QUESTIONS_MAX = 512;
export const ANSWER_MAX = 65_536;
/** What a connection says that ended before it was used again. */
const GONE: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

/**
 * node:http and not fetch, since Node's own fetch takes no certificates of the configuration's and cannot be told how
 * many connections to open.
 */
export function createPolicyServer({ url, timeout, token, ca }: PolicyServerOptions): PolicyServer {
  const secure = url.startsWith('https:');
  const settings = { keepAlive: true, maxSockets: CONNECTIONS_MAX, maxFreeSockets: CONNECTIONS_MAX };
  const agent = secure ? new https.Agent({ ...settings, ...(ca !== undefined && { ca }) }) : new http.Agent(settings);
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    'accept-encoding': 'identity',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  let underWay = 0;
  let closing = false;
  const endIfIdle = () => {
    if (closing && underWay === 0) agent.destroy();
  };

  const once = (body: string, signal: AbortSignal) =>
    new Promise<Result<string, HookTrouble> | 'again'>((resolve) => {
      const request = (secure ? https : http).request(url, {
        method: 'POST',
        agent,
        signal,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      });
      const broken = (error: NodeJS.ErrnoException) => {
        if (signal.aborted) return resolve(failed({ kind: 'timed-out' }));
        // The server closed a kept connection as this question came: it has not seen it.
        if (request.reusedSocket && GONE.has(error.code ?? '')) return resolve('again');
        resolve(failed({ kind: 'unreachable', message: error.code ?? error.message }));
      };
      request.on('error', broken);
      request.on('response', (response) => {
        response.on('error', broken);
        const refused = statusTrouble(response.statusCode ?? 0);
        if (refused !== undefined) {
          resolve(failed(refused));
          // What such an answer says is not wanted; the connection is not kept for it.
          response.destroy();
          return;
        }
        const parts: Buffer[] = [];
        let size = 0;
        response.on('data', (part: Buffer) => {
          size += part.length;
          parts.push(part);
          if (size <= ANSWER_MAX) return;
          resolve(failed({ kind: 'too-big' }));
          response.destroy();
        });
        response.on('end', () => resolve(ok(Buffer.concat(parts).toString('utf8'))));
        response.on('close', () => broken(new Error('the answer broke off')));
      });
      request.end(body);
    });

  return {
    async post(body) {
      if (underWay >= QUESTIONS_MAX) return failed({ kind: 'overloaded' });
      underWay++;
      try {
        const signal = AbortSignal.timeout(timeout);
        for (;;) {
          const answer = await once(body, signal);
          if (answer !== 'again') return answer;
        }
      } finally {
        underWay--;
        endIfIdle();
      }
    },
    close() {
      closing = true;
      endIfIdle();
    },
  };
}

function statusTrouble(status: number): HookTrouble | undefined {
  if (status === 200) return undefined;
  return status >= 300 && status < 400 ? { kind: 'redirected' } : { kind: 'status', status };
}
