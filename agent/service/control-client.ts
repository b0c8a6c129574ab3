import { request as httpRequest } from 'node:http';
import { failed, type Result } from '@sublane/basics';
import type { ControlTrouble } from './control-server.ts';

export type ControlFailure =
  /** Nobody listens. */
  | { readonly kind: 'no-daemon'; readonly path: string }
  /** This user may not ask. */
  | { readonly kind: 'not-permitted'; readonly path: string }
  /** The daemon ended before it answered: whether it has done what was asked is not known. */
  | { readonly kind: 'daemon-gone'; readonly path: string }
  | ControlTrouble;

/** Asks the running daemon. The answer is its own Result. */
export function askDaemon<T, F>(
  path: string,
  method: 'GET' | 'POST',
  url: string,
  body?: unknown,
): Promise<Result<T, F | ControlFailure>> {
  return new Promise((resolve) => {
    const fail = (kind: 'no-daemon' | 'not-permitted' | 'daemon-gone') => resolve(failed({ kind, path }));
    const asked = httpRequest({ socketPath: path, method, path: url }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('error', () => fail('daemon-gone'));
      response.on('end', () => {
        try {
          resolve(JSON.parse(text) as Result<T, F>);
        } catch {
          fail('daemon-gone');
        }
      });
    });
    asked.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'EACCES' || code === 'EPERM') fail('not-permitted');
      else fail(code !== undefined && ABSENT.has(code) ? 'no-daemon' : 'daemon-gone');
    });
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** No socket, nobody behind it, or no folder. */
const ABSENT = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTDIR']);
