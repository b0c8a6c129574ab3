import type { ListenOptions, Server } from 'node:net';
import { failed, ok, type Result } from '@sublane/basics';

export interface ListenFailure {
  readonly kind: 'in-use' | 'not-permitted' | 'no-such-address' | 'failed';
  /** What was wanted, what is in the way, what to do. */
  readonly message: string;
}

/** Binds; what is in the way of it is an expected failure. */
export function listen(server: Server, options: ListenOptions): Promise<Result<undefined, ListenFailure>> {
  const where = options.path ?? `${options.host} port ${options.port}`;
  return new Promise((resolve) => {
    const refuse = (error: NodeJS.ErrnoException) => resolve(failed(listenFailure(error, where)));
    server.once('error', refuse);
    server.listen(options, () => {
      server.off('error', refuse);
      resolve(ok());
    });
  });
}

export function listenFailure(error: NodeJS.ErrnoException, where: string): ListenFailure {
  switch (error.code) {
    case 'EADDRINUSE':
      return { kind: 'in-use', message: `${where}: another program listens there; stop it or take another` };
    case 'EACCES':
    case 'EPERM':
      return {
        kind: 'not-permitted',
        message: `${where}: not permitted (a port below 1024 needs CAP_NET_BIND_SERVICE)`,
      };
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return { kind: 'no-such-address', message: `${where}: this machine does not have the address` };
    default:
      return { kind: 'failed', message: `${where}: ${error.message}` };
  }
}
