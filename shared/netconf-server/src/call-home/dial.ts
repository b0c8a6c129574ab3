import { connect, type Socket } from 'node:net';
import { type Clock, failed, type Milliseconds, ok, type Result } from '@sublane/basics';

/** A TCP connection, or in a few words why there is none. `signal` gives it up. */
export async function dial(
  to: { readonly host: string; readonly port: number },
  timeout: Milliseconds,
  clock: Clock,
  signal: AbortSignal,
): Promise<Result<Socket, string>> {
  if (signal.aborted) return failed('given up');
  const settled = new AbortController();
  const socket = connect({ ...to, noDelay: true });
  const outcome = new Promise<Result<Socket, string>>((resolve) => {
    socket.once('connect', () => resolve(ok(socket)));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(failed(error.code ?? error.message)));
    signal.addEventListener('abort', () => resolve(failed('given up')), { once: true, signal: settled.signal });
  });
  const late = clock.sleep(timeout, settled.signal).then(
    () => failed(`no answer within ${timeout / 1000} s`),
    () => failed('given up'),
  );
  const result = await Promise.race([outcome, late]);
  settled.abort();
  if (!result.ok) socket.destroy();
  return result;
}
