import { ok, type Result } from '@sublane/basics';
import type { ConnectFailure } from './failures.ts';
import { openSocket } from './socket.ts';
import type { Transport } from './transport.ts';

/** NETCONF without SSH: who may open the socket is in. */
export async function openUnix(path: string, signal: AbortSignal): Promise<Result<Transport, ConnectFailure>> {
  const socket = await openSocket({ path }, path, signal);
  if (!socket.ok) return socket;
  const stream = socket.value;
  return ok({
    stream,
    name: path,
    trouble: () => stream.errored?.message,
    close: () => stream.destroySoon(),
  });
}
