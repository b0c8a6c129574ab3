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
import { type Freeradius, RADIUS_NAMES, startRadius } from './radius.ts';
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
  /** A third subscriber's, for lanes of other kinds. */
  readonly desk: Namespace;
  readonly deskAgent: Program;
  /** How the subscribers are called by who knows them. */
  readonly names: { readonly alice: string; readonly bob: string };
  /** The provider's AAA, where it is not the headend itself. */
  readonly radius?: Freeradius;
  readonly memory: Memory;
  close(): Promise<void>;
}

export interface Memory {
  hostBefore?: HostSnapshot;
  before?: readonly Sighting[];
  headendRuns?: Running;
  agentRuns?: Running;
}

/** `withRadius`: FreeRADIUS stands beside the headend, and knows the subscribers. */
export async function openStage({ withRadius = false } = {}): Promise<Stage> {
  const lab = Lab.open();
  let radius: Freeradius | undefined;
  const close = async () => {
    await radius?.[Symbol.asyncDispose]();
    await lab.close();
  };
  try {
    const network = await openAccessNetwork(lab);
    const folderOf = (name: string) => {
      const folder = join(lab.folder, name);
      mkdirSync(folder, { mode: 0o700 });
      return folder;
    };
    const tablet = await connect(lab, network.edge, 'tablet', 'access2', TABLET_ACCESS);
    const desk = await connect(lab, network.edge, 'desk', 'access3', DESK_ACCESS);
    if (withRadius) radius = await startRadius(network.edge);
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
      desk,
      deskAgent: new Program('service-agent', desk, folderOf('desk')),
      names: radius === undefined ? { alice: 'alice', bob: 'bob' } : RADIUS_NAMES,
      ...(radius && { radius }),
      memory: {},
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Access {
  readonly v4: string;
  readonly v6: string;
  readonly host: { readonly v4: string; readonly v6: string };
  readonly edge: { readonly v4: string; readonly v6: string };
}

/** Access links beside that of the host. */
export const TABLET_ACCESS: Access = {
  v4: '203.0.113.0/24',
  v6: '2001:db8:c::/64',
  host: { v4: '203.0.113.7', v6: '2001:db8:c::7' },
  edge: { v4: '203.0.113.1', v6: '2001:db8:c::1' },
};
export const DESK_ACCESS: Access = {
  v4: '198.18.0.0/24',
  v6: '2001:db8:d::/64',
  host: { v4: '198.18.0.7', v6: '2001:db8:d::7' },
  edge: { v4: '198.18.0.1', v6: '2001:db8:d::1' },
};

async function connect(lab: Lab, provider: Namespace, role: string, port: string, access: Access): Promise<Namespace> {
  const { host, edge } = access;
  const joined = await lab.namespace(role);
  await lab.link(joined, 'uplink', provider, port);
  await provider.ip(`address add ${edge.v4}/24 dev ${port}`, `address add ${edge.v6}/64 dev ${port} nodad`);
  await joined.ip(
    `address add ${host.v4}/24 dev uplink`,
    `address add ${host.v6}/64 dev uplink nodad`,
    `route add default via ${edge.v4}`,
    `route add default via ${edge.v6}`,
  );
  return joined;
}
