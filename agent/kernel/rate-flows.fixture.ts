import { setTimeout as pause } from 'node:timers/promises';
import { ADDRESSES, PYTHON, toolPath } from '../../test/lab/index.ts';
import type { SubscriberHost } from './subscriber-host.fixture.ts';

export interface FlowSpec {
  /** Absent: the host's own, which nothing holds. */
  readonly groupId?: number;
  /** The lane's, where it is not one of the uplink's own segment. */
  readonly address?: string;
  readonly direction: 'up' | 'down';
  readonly protocol: 'tcp' | 'udp';
  readonly family: 4 | 6;
  /** What is offered, kbit/s of layer 3. TCP offers all it can. */
  readonly offered: number;
  readonly seconds: number;
  /** What comes before does not count for the rate. */
  readonly warmUp: number;
}

/** What the receiver saw: layer 3, headers and all. */
export interface SeenFlow {
  readonly kbps: number | null;
  readonly bytes: number;
  /** In the first 50 ms. */
  readonly burst: number;
  /** Of the first and the last packet, s of the machine's clock. */
  readonly begun: number | null;
  readonly ended: number | null;
}

/**
 * To a neighbour without any delay TCP gives the kernel 64 KiB in one piece, which no queue divides: half a second at
 * 1 Mbit/s. To anything behind an access network it does not; so it is told here.
 */
export async function asIfFarAway({ host, server }: SubscriberHost['network']): Promise<void> {
  for (const end of [host, server]) await end.sysctl({ 'net.ipv4.tcp_tso_rtt_log': 0 });
}

let port = 20_000;

/** Sends between a lane of the lab's subscriber and the server, and tells what came through. */
export async function runFlow(subscriber: SubscriberHost, spec: FlowSpec): Promise<SeenFlow> {
  const { groupId, direction, protocol, family, offered, seconds, warmUp } = spec;
  const { host, server } = subscriber.network;
  const at = groupId === undefined ? 7 : 50 + groupId;
  const lane = spec.address ?? (family === 4 ? `192.0.2.${at}` : `2001:db8:a::${at}`);
  const target = direction === 'down' ? lane : family === 4 ? ADDRESSES.server.v4 : ADDRESSES.server.v6;
  const place = [protocol, target, String(++port)];
  const receive = [PYTHON, toolPath('rate.py'), 'receive', ...place, String(seconds), String(warmUp)];
  const send = [PYTHON, toolPath('rate.py'), 'send', ...place, String(offered), String(seconds + 0.3)];
  const inLane = (argv: readonly string[]) =>
    host.start(groupId === undefined ? argv : subscriber.asGroup(groupId, argv));
  const receiver = direction === 'up' ? server.start(receive) : inLane(receive);
  await receiver.printed(/^ready$/m);
  const sender = direction === 'up' ? inLane(send) : server.start(send);
  try {
    const [line] = await receiver.printed(/^\{.*\}$/m, { timeout: 30_000 });
    return JSON.parse(line) as SeenFlow;
  } finally {
    await Promise.all([sender.stop(), receiver.stop()]);
  }
}

const TRIES = 6;
/** Milliseconds between two: what disturbed the first may be over then. */
const PAUSE = 500;

/**
 * Tries a measurement again that was disturbed: by others who use the machine it comes out too low, and the next time it
 * does not. Where it fails time and again, the same load is sent without a limit; what does not even come through then says
 * that this machine cannot measure now: resolves with the reason. Else it was the limit: throws what the last try did.
 */
export async function undisturbed(
  subscriber: SubscriberHost,
  offered: number,
  measure: () => Promise<void>,
): Promise<string | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      await measure();
      return undefined;
    } catch (error) {
      if (tries < TRIES) {
        await pause(PAUSE);
        continue;
      }
      const spec = { direction: 'up', family: 4, offered, seconds: 2, warmUp: 0.5 } as const;
      const free = await Promise.all([
        runFlow(subscriber, { ...spec, protocol: 'udp' }),
        runFlow(subscriber, { ...spec, protocol: 'udp', direction: 'down' }),
      ]);
      const least = Math.min(...free.map(({ kbps }) => kbps ?? 0));
      if (least > offered * 0.9) throw error;
      return `this machine is too busy to measure: of ${offered} kbit/s without a limit ${least} come through`;
    }
  }
}
