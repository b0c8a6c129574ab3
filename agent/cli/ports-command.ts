import { bytesText, rateText, table } from '@sublane/basics';
import { Command } from 'commander';
import type { PortHeld, PortKernel, PortMeans, PortWish } from '../ports/port-kernel.ts';
import { type PortState, planPorts } from '../ports/port-plan.ts';
import type { Composition } from './composition.ts';
import { CommandFailure, EXIT } from './exit.ts';
import type { Places } from './places.ts';

/** One port as `service-agent ports --json` prints it. */
export interface PortListing {
  readonly interface: string;
  /** kbit/s. */
  readonly rate: number;
  /** Bytes. */
  readonly burst: number;
  readonly bound: boolean;
  readonly state: PortState['state'];
  readonly means?: PortMeans;
  /** Packets since the port was bound or its rate changed. */
  readonly dropped?: number;
  readonly note?: string;
}

/** `service-agent ports`: looks for itself, with and without a daemon. */
export function portsCommand(
  composition: Composition,
  placesFor: (command: Command) => [Places, { readonly json?: boolean }],
  show: (options: { readonly json?: boolean }, value: unknown, text: () => string) => void,
): Command {
  return new Command('ports')
    .description('the ports of the configuration: rate, burst, whether they are bound, by what means, packets dropped')
    .action(async (_options, command: Command) => {
      const [places, common] = placesFor(command);
      const { ports } = composition.config(places);
      if (!composition.isRoot)
        throw new CommandFailure(
          EXIT.failed,
          'what this kernel can hold is root’s to see: run this as root (or with sudo)',
        );
      const kernel = composition.ports();
      try {
        const listings = await listPorts(kernel, ports);
        show(common, listings, () => portsText(listings));
      } finally {
        kernel.close();
      }
    });
}

async function listPorts(kernel: PortKernel, ports: readonly PortWish[]): Promise<readonly PortListing[]> {
  const means = await kernel.means();
  const read = kernel.read();
  if (!read.ok) throw new CommandFailure(EXIT.failed, `ports cannot be read: ${read.failure.message}`);
  return planPorts(ports, read.value, means).ports.map(({ port, state, held, note }) => ({
    interface: port.interface,
    rate: port.rate,
    burst: port.burst,
    bound: state === 'bound',
    state,
    ...heldText(held),
    ...(note !== undefined && { note }),
  }));
}

const heldText = (held: PortHeld | undefined) =>
  held === undefined ? {} : { means: held.means, dropped: held.dropped };

export function portsText(listings: readonly PortListing[]): string {
  const rows = listings.map((one) => [
    one.interface,
    rateText(one.rate),
    bytesText(one.burst),
    STATES[one.state],
    one.means && MEANS[one.means],
    one.dropped,
  ]);
  const notes = listings.flatMap(({ note }) => note ?? []);
  return [
    table(['INTERFACE', 'RATE', 'BURST', 'STATE', 'BY', 'DROPPED'], rows, 'no ports in the configuration'),
    ...(notes.length > 0 ? ['', ...notes] : []),
  ].join('\n');
}

const STATES: Record<PortState['state'], string> = {
  bound: 'bound',
  'to-do': 'not bound: `service-agent run` does so',
  absent: 'no such interface',
  occupied: 'not bound: taken',
  unsupported: 'not bound: no means',
};
const MEANS: Record<PortMeans, string> = { police: 'act_police', bpf: 'eBPF', ifb: 'queue (ifb)' };
