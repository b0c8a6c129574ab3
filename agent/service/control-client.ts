import { request as httpRequest } from 'node:http';
import type { Result } from '@sublane/basics';

export type ControlFailure = { readonly kind: 'no-daemon'; readonly path: string };

/** Asks the running daemon. The answer is its own Result, or `no-daemon` where nobody listens. */
export function askDaemon<T, F>(
  path: string,
  method: 'GET' | 'POST',
  url: string,
  body?: unknown,
): Promise<Result<T, F | ControlFailure>> {
  return new Promise((resolve) => {
    const asked = httpRequest({ socketPath: path, method, path: url }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('error', gone);
      response.on('end', () => {
        try {
          resolve(JSON.parse(text) as Result<T, F>);
        } catch {
          gone();
        }
      });
    });
    const gone = () => resolve({ ok: false, failure: { kind: 'no-daemon', path } });
    asked.on('error', gone);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
