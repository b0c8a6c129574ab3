import type { Duplex } from 'node:stream';
import {
  type Clock,
  failed,
  type Log,
  type Milliseconds,
  milliseconds,
  ok,
  type Result,
  silentLog,
  systemClock,
} from '@sublane/basics';
import type { ConnectFailure } from './failures.ts';
import { NetconfClient, type SessionOptions } from './netconf-client.ts';
import { openSsh, type Progress, type SshOptions } from './ssh-transport.ts';
import type { Transport } from './transport.ts';
import { openUnix } from './unix-transport.ts';

export interface OpenOptions extends SessionOptions {
  /** For all of it, up to the server's hello; default 20 s. */
  readonly timeout?: Milliseconds;
  readonly signal?: AbortSignal;
  readonly log?: Log;
  readonly clock?: Clock;
}

/** Opens a session over SSH (RFC 6242). */
export function connect(options: SshOptions & OpenOptions): Promise<Result<NetconfClient, ConnectFailure>> {
  const { host, port = 830 } = options;
  return openSession(options, `${host}:${port}`, (signal, progress) => openSsh(options, signal, progress));
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

async function openSession(
  options: OpenOptions,
  name: string,
  open: (signal: AbortSignal, progress: Progress) => Promise<Result<Transport, ConnectFailure>>,
): Promise<Result<NetconfClient, ConnectFailure>> {
  const { timeout = milliseconds(20_000), signal, log = silentLog, clock = systemClock } = options;
  if (signal?.aborted) return failed(GIVEN_UP);
  const progress: Progress = { waitingFor: 'the connection' };
  const attempt = new AbortController();
  const stopWaiting = new AbortController();

  const work = async (): Promise<Result<NetconfClient, ConnectFailure>> => {
    const transport = await open(attempt.signal, progress);
    if (!transport.ok) return transport;
    if (attempt.signal.aborted) {
      transport.value.close();
      return failed(GIVEN_UP);
    }
    progress.waitingFor = "the server's hello";
    return NetconfClient.open(transport.value, options, { clock, log, signal: attempt.signal });
  };
  const late = async (): Promise<Result<never, ConnectFailure>> => {
    await clock.sleep(timeout, stopWaiting.signal).catch(() => undefined);
    return failed({
      kind: 'timeout',
      message: `${name} did not answer within ${timeout / 1000} s (waited for ${progress.waitingFor}).`,
    });
  };
  const abandoned = new Promise<Result<never, ConnectFailure>>((resolve) => {
    signal?.addEventListener('abort', () => resolve(failed(GIVEN_UP)), { once: true, signal: stopWaiting.signal });
  });

  const result = await Promise.race([abandoned, work(), late()]);
  stopWaiting.abort();
  if (!result.ok) attempt.abort();
  return result;
}

const GIVEN_UP: ConnectFailure = { kind: 'aborted', message: 'Connecting was given up.' };
