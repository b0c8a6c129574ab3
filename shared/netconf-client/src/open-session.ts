import {
  type Clock,
  failed,
  type Log,
  type Milliseconds,
  milliseconds,
  type Result,
  silentLog,
  systemClock,
} from '@sublane/basics';
import type { ConnectFailure } from './failures.ts';
import { NetconfClient, type SessionOptions } from './netconf-client.ts';
import type { Progress, Transport } from './transport.ts';

export interface OpenOptions extends SessionOptions {
  /** For all of it, up to the server's hello; default 20 s. */
  readonly timeout?: Milliseconds;
  readonly signal?: AbortSignal;
  readonly log?: Log;
  readonly clock?: Clock;
}

/** A session over what `open` brings, within the time and the signal of the options. */
export async function openSession(
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
    const opened = await NetconfClient.open(transport.value, options, { clock, log, signal: attempt.signal });
    const endedEarly = !opened.ok && opened.failure.kind === 'closed';
    const { refused } = transport.value;
    return endedEarly && refused !== undefined ? failed(refused(opened.failure)) : opened;
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
