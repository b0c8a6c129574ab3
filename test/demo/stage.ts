import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AccessNetwork,
  type HostSnapshot,
  Lab,
  type Namespace,
  openAccessNetwork,
  type Running,
} from '../lab/index.ts';
import { Program } from './programs.ts';
import type { Sighting } from './traffic.ts';
import { UPLOAD_BYTES } from './traffic.ts';

/** What the scenes share: the network, the programs, and what an earlier scene leaves for a later one. */
export interface Stage {
  readonly lab: Lab;
  readonly network: AccessNetwork;
  readonly folder: string;
  readonly headend: Program;
  readonly agent: Program;
  /** Another subscriber's device, on an access link of its own, and its agent. */
  readonly tablet: Namespace;
  readonly tabletAgent: Program;
  readonly memory: Memory;
  close(): Promise<void>;
}

export interface Memory {
  hostBefore?: HostSnapshot;
  before?: readonly Sighting[];
  headendRuns?: Running;
  agentRuns?: Running;
  hostKey?: string;
}

export async function openStage(): Promise<Stage> {
  const lab = Lab.open();
  try {
    const network = await openAccessNetwork(lab);
    const folderOf = (name: string) => {
      const folder = join(lab.folder, name);
      mkdirSync(folder, { mode: 0o700 });
      return folder;
    };
    const tablet = await joinTablet(lab, network.edge);
    const upload = join(lab.folder, 'upload');
    writeFileSync(upload, '');
    truncateSync(upload, UPLOAD_BYTES);
    return {
      lab,
      network,
      folder: lab.folder,
      headend: new Program('headend', network.edge, folderOf('headend')),
      agent: new Program('service-agent', network.host, folderOf('laptop')),
      tablet,
      tabletAgent: new Program('service-agent', tablet, folderOf('tablet')),
      memory: {},
      close: () => lab.close(),
    };
  } catch (error) {
    await lab.close();
    throw error;
  }
}

/** Where the tablet's access link is. */
export const TABLET_ACCESS = { v4: '203.0.113.0/24', v6: '2001:db8:c::/64' } as const;

async function joinTablet(lab: Lab, edge: Namespace): Promise<Namespace> {
  const tablet = await lab.namespace('tablet');
  await lab.link(tablet, 'uplink', edge, 'access2');
  await edge.ip('address add 203.0.113.1/24 dev access2', 'address add 2001:db8:c::1/64 dev access2 nodad');
  await tablet.ip(
    'address add 203.0.113.7/24 dev uplink',
    'address add 2001:db8:c::7/64 dev uplink nodad',
    'route add default via 203.0.113.1',
    'route add default via 2001:db8:c::1',
  );
  return tablet;
}
