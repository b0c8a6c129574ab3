import { join } from 'node:path';
import { ADDRESSES, type Ended, type Flow, PYTHON, SERVER_PORTS, toolPath } from '../lab/index.ts';
import { APPLICATIONS, type Application } from './applications.ts';
import type { Stage } from './stage.ts';

/** What the server saw of one application in one address family. */
export interface Sighting {
  readonly application: Application;
  readonly family: 4 | 6;
  /** Every source address and every DSCP its packets came with; one of each when all is well. */
  readonly sources: readonly string[];
  readonly dscps: readonly number[];
  /** Layer 3 kbit/s that arrived of its steady traffic. */
  readonly kbps: number | undefined;
  /** Layer 3 kbit/s that the application got of what the server sent it; undefined: nothing, or it asked for nothing. */
  readonly received: number | undefined;
  /** The tools whose packets were seen. */
  readonly tools: readonly string[];
}

/** How a command is put into an application's lane. */
export type Launch = (application: Application, command: readonly string[]) => Promise<Ended>;

const SECONDS = 2.5;

/** Lets every application use curl, ping and its own steady traffic, in each family, and reports what arrived. */
export async function watchTraffic(stage: Stage, launch: Launch): Promise<readonly Sighting[]> {
  const sightings: Sighting[] = [];
  for (const family of [4, 6] as const) {
    const probes = new Map<Application, readonly Flow[]>();
    for (const application of APPLICATIONS) {
      await stage.network.observer.flows();
      await launch(application, ['sh', '-c', `${ping(family)}; ${curl(application, family)}`]);
      const flows = await stage.network.observer.flows();
      // The last packets of a connection may come late: those of others are known by their ports.
      probes.set(
        application,
        flows.filter((flow) => flow.protocol === 'icmp' || isOf(flow, application)),
      );
    }
    const received = await Promise.all(
      APPLICATIONS.map(async (application) => {
        const [coming] = await Promise.all([
          application.incoming > 0 ? launch(application, view(application, family)) : undefined,
          launch(application, steady(stage, application, family)),
        ]);
        return Number(coming?.stdout) || undefined;
      }),
    );
    const streams = await stage.network.observer.flows();
    for (const [index, application] of APPLICATIONS.entries()) {
      const stream = streams.filter((flow) => isOf(flow, application)).sort((a, b) => b.bytes - a.bytes);
      const flows = [...(probes.get(application) ?? []), ...stream].filter((flow) => flow.family === family);
      sightings.push({
        application,
        family,
        sources: distinct(flows.map(({ source }) => source)),
        dscps: distinct(flows.map(({ dscp }) => dscp)),
        kbps: stream[0]?.kbps ?? undefined,
        received: received[index],
        tools: distinct(flows.map(toolOf)),
      });
    }
  }
  return sightings;
}

/** Not for icmp, which has no ports. */
const isOf = ({ protocol, port }: Flow, { ports }: Application) =>
  protocol === 'tcp' ? port === ports.tcp : port === ports.udp;

const toolOf = ({ protocol }: Flow) => ({ icmp: 'ping', tcp: 'curl', udp: 'udp' })[protocol];

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)].sort();

const address = (family: 4 | 6) => (family === 4 ? ADDRESSES.server.v4 : ADDRESSES.server.v6);
/** Where an application finds the server. */
export function serverUrl({ ports }: Application, family: 4 | 6): string {
  const authority = family === 4 ? address(4) : `[${address(6)}]`;
  return `http://${authority}${ports.tcp === 80 ? '' : `:${ports.tcp}`}/`;
}

const ping = (family: 4 | 6) => `ping -n -c 2 -i 0.05 -W 2 ${address(family)}`;
const curl = (application: Application, family: 4 | 6) => `curl -gsS -m 5 '${serverUrl(application, family)}'`;

function steady(stage: Stage, application: Application, family: 4 | 6): readonly string[] {
  const { offered, ports } = application;
  if (ports.udp !== undefined) {
    return [PYTHON, toolPath('udp-sender.py'), address(family), `${ports.udp}`, `${offered}`, `${SECONDS}`];
  }
  const limit = ['-m', `${SECONDS}`, '--limit-rate', `${Math.round((offered * 1000) / 8)}`];
  const file = join(stage.folder, 'upload');
  return ['curl', '-gsS', ...limit, '-T', file, '-o', '/dev/null', serverUrl(application, family)];
}

/** A stream that the application asks the server for. */
const view = ({ incoming }: Application, family: 4 | 6): readonly string[] => [
  PYTHON,
  toolPath('udp-viewer.py'),
  address(family),
  `${SERVER_PORTS.stream[0]}`,
  `${incoming}`,
  `${SECONDS}`,
];

/** Bytes that an upload cannot finish while it is watched. */
export const UPLOAD_BYTES = 16_000_000;
