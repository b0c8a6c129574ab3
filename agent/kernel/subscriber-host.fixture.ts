import { join } from 'node:path';
import { kilobitsPerSecond, type Milliseconds, milliseconds, systemClock } from '@sublane/basics';
import type { AccessNetwork, CommandOptions, Ended } from '../../test/lab/index.ts';
import type { Engine, EngineOptions } from '../lanes/engine.ts';
import type { Kernel } from '../lanes/kernel.ts';
import type { LaneWish, Wish } from '../lanes/wish.ts';
import { CgroupTree } from './cgroup-tree.ts';
import { openLinuxEngine } from './linux-engine.ts';
import { enterNamespace } from './network-namespace.fixture.ts';

/** The host of a lab's access network, with this thread in its network namespace. */
export class SubscriberHost {
  readonly network: AccessNetwork;
  readonly options: EngineOptions;
  readonly #leave: () => void;

  constructor(network: AccessNetwork, place: { readonly folder: string; readonly slice: string }) {
    this.network = network;
    // Nobody else is on a lab's cable: asking takes time for nothing.
    this.options = { stateDir: join(place.folder, 'state'), slice: place.slice, probe: false };
    this.#leave = enterNamespace(network.host.path);
  }

  leave(): void {
    this.#leave();
  }

  engine(options: Partial<EngineOptions> = {}, wrap?: (kernel: Kernel) => Kernel): Engine {
    return openLinuxEngine({ ...this.options, ...options }, wrap === undefined ? {} : { wrap });
  }

  /** Runs a command as one of a group's applications: unmodified, in the group's cgroup from its first instruction. */
  inGroup(groupId: number, argv: readonly string[], options?: CommandOptions): Promise<Ended> {
    return this.network.host.run(this.asGroup(groupId, argv), options);
  }

  asGroup(groupId: number, argv: readonly string[]): readonly string[] {
    const procs = join(cgroupOf(this.options.slice as string, groupId), 'cgroup.procs');
    return ['sh', '-c', `echo $$ > ${procs} && exec "$@"`, 'sh', ...argv];
  }
}

const cgroupOf = (slice: string, groupId: number) =>
  (CgroupTree.find() as CgroupTree).directory(`${slice}/g${groupId}`);

export const fromNow = (duration: number): Milliseconds => milliseconds(systemClock.sinceBoot() + duration);

/** A lane in the lab's access network: 192.0.2.(50 + id) and 2001:db8:a::(50 + id), in both families a default route. */
export const labLane = (groupId: number, more: Partial<LaneWish> = {}): LaneWish => ({
  groupId,
  name: `group-${groupId}`,
  interface: `sl${groupId}`,
  attachment: { type: 'on-link' },
  addresses: [
    { address: `192.0.2.${50 + groupId}`, prefixLength: 24, deprecated: false },
    { address: `2001:db8:a::${50 + groupId}`, prefixLength: 64, deprecated: false },
  ],
  routes: [],
  unmatched: 'host',
  dscp: 46,
  validUntil: fromNow(600_000),
  ...more,
});

export const wishFor = (...lanes: LaneWish[]): Wish => ({ uplink: 'auto', lanes });

export const upTo = (kilobits: number, priority: 'H' | 'M' | 'L' = 'M') => ({
  rate: kilobitsPerSecond(kilobits),
  priority,
});
