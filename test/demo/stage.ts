import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AccessNetwork, type HostSnapshot, Lab, openAccessNetwork, type Running } from '../lab/index.ts';
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
  /** The agent of another subscriber's device, on the same host. */
  readonly otherAgent: Program;
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
    const upload = join(lab.folder, 'upload');
    writeFileSync(upload, '');
    truncateSync(upload, UPLOAD_BYTES);
    return {
      lab,
      network,
      folder: lab.folder,
      headend: new Program('headend', network.edge, folderOf('headend')),
      agent: new Program('service-agent', network.host, folderOf('laptop')),
      otherAgent: new Program('service-agent', network.host, folderOf('tablet')),
      memory: {},
      close: () => lab.close(),
    };
  } catch (error) {
    await lab.close();
    throw error;
  }
}
