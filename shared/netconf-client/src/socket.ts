import { connect as connectSocket, type Socket } from 'node:net';
import { failed, ok, type Result } from '@sublane/basics';
import type { ConnectFailure } from './failures.ts';

/** @param signal ends the attempt; whoever raises it answers for the failure */
export function openSocket(
  to: { readonly host: string; readonly port: number } | { readonly path: string },
  name: string,
  signal: AbortSignal,
): Promise<Result<Socket, ConnectFailure>> {
  return new Promise((resolve) => {
    // Without noDelay a large message waits for the acknowledgement of its first part.
    const socket = connectSocket({ ...to, noDelay: true });
    const abandon = () => socket.destroy();
    signal.addEventListener('abort', abandon, { once: true });
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      // What goes wrong later is told by `close`; an error without a listener would end the process.
      socket.on('error', () => {});
      resolve(ok(socket));
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      signal.removeEventListener('abort', abandon);
      resolve(
        failed({ kind: 'unreachable', code: error.code, message: `${name} cannot be reached: ${reasonText(error)}` }),
      );
    });
  });
}

/** What an error of the operating system means; Node's own text for the rest. */
function reasonText(error: NodeJS.ErrnoException): string {
  // Node tries all addresses of a name, and gathers their errors.
  const first = error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException) : error;
  return REASONS[first.code ?? ''] ?? first.message;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused); is the server running?',
  ENOENT: 'there is no such socket; is the server running?',
  EACCES: 'this user may not open it (permission denied)',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name server does not answer',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'it does not answer',
  ECONNRESET: 'it closed the connection',
  ENOTSOCK: 'that file is not a socket',
};
