import type { Duplex } from 'node:stream';
import { ok, type Result } from '@sublane/basics';
import type { ConnectFailure } from './failures.ts';
import type { NetconfClient } from './netconf-client.ts';
import { type OpenOptions, openSession } from './open-session.ts';
import { openSsh, type SshOptions } from './ssh-transport.ts';
import { openTls, type TlsOptions } from './tls-transport.ts';
import type { Transport } from './transport.ts';
import { openUnix } from './unix-transport.ts';

export type { OpenOptions } from './open-session.ts';

/** Opens a session over SSH (RFC 6242). */
export function connect(options: SshOptions & OpenOptions): Promise<Result<NetconfClient, ConnectFailure>> {
  const { host, port = 830 } = options;
  return openSession(options, `${host}:${port}`, (signal, progress) => openSsh(options, signal, progress));
}

/** Opens a session over TLS, with a certificate for a user name (RFC 7589). */
export function connectTls(options: TlsOptions & OpenOptions): Promise<Result<NetconfClient, ConnectFailure>> {
  const { host, port = 6513 } = options;
  return openSession(options, `${host}:${port}`, (signal, progress) => openTls(options, signal, progress));
}

/** Opens a session over a Unix socket. */
export function connectUnix(path: string, options: OpenOptions = {}): Promise<Result<NetconfClient, ConnectFailure>> {
  return openSession(options, path, (signal) => openUnix(path, signal));
}

/** Opens a session over a stream that stands already: a channel, a process, a pair in memory. */
export function attach(
  stream: Duplex,
  { name = 'the peer', ...options }: OpenOptions & { readonly name?: string } = {},
): Promise<Result<NetconfClient, ConnectFailure>> {
  const transport: Transport = {
    stream,
    name,
    trouble: () => stream.errored?.message,
    close: () => {
      stream.end();
      // Once all is written; a peer that never ends must not keep us.
      if (stream.writableFinished) stream.destroy();
      else stream.once('finish', () => stream.destroy());
    },
  };
  return openSession(options, name, async () => ok(transport));
}
