import type { CommandContext } from './command-text.ts';
import { GROUPS, type Ownership } from './kernel.ts';
import { type KernelObject, keyOf } from './kernel-object.ts';
import type { Observation } from './observation.ts';
import type { Operation } from './operation.ts';
import { isOfLifetimes, stepName } from './steps.ts';
import type { Wish } from './wish.ts';

/** The kernel beside what the engine last made of it. */
export interface Inspection {
  /** What somebody else has taken away, changed or added of what is ours. */
  readonly drift: readonly Drift[];
  /** There is something to follow that nobody did to us: another next hop, a lease that ended, time that stood still. */
  readonly stale: boolean;
  readonly seen: Observation;
}

/** One object that is not as the engine left it. */
export interface Drift {
  readonly kind: KernelObject['kind'];
  /** Names the object, the same each time. */
  readonly object: string;
  /** Whose lane it is of; absent: of all. */
  readonly groupId?: number;
  /** What puts it right, as a person would type it. */
  readonly repair: string;
}

/** What of the operations undoes the work of others; the rest follows from time and from leases that ended. */
export function driftOf(
  operations: readonly Operation[],
  wish: Wish,
  ownership: Ownership,
  context: CommandContext,
): readonly Drift[] {
  const ended = wish.lanes.filter(({ validUntil }) => validUntil <= context.now);
  return operations.flatMap((operation): Drift[] => {
    const { verb, object } = operation;
    const groupId = groupOf(object, wish, ownership);
    const lane = wish.lanes.find((one) => one.groupId === groupId);
    if (isOfLifetimes(operation)) return [];
    // What all lanes share changes with each of them.
    if (groupId === undefined ? ended.length > 0 : lane !== undefined && ended.includes(lane)) return [];
    // Left for the processes in it, which have gone.
    if (verb === 'remove' && lane === undefined && LINGERING.has(object.kind)) return [];
    return [
      {
        kind: object.kind,
        object: keyOf(object),
        ...(lane !== undefined && { groupId: lane.groupId }),
        repair: stepName(operation, context),
      },
    ];
  });
}

const LINGERING = new Set<KernelObject['kind']>(['cgroup', 'mark', 'dns']);

function groupOf(object: KernelObject, { lanes }: Wish, own: Ownership): number | undefined {
  const byTable = (table: number) =>
    table > own.tables && table < own.tables + GROUPS ? table - own.tables : undefined;
  switch (object.kind) {
    case 'route':
    case 'rule':
      return byTable(object.table);
    case 'cgroup':
    case 'mark':
    case 'dns': {
      const id = /\/g(\d+)$/.exec(object.path)?.[1];
      return id === undefined ? undefined : Number(id);
    }
    case 'firewall':
      return undefined;
    default: {
      const link = object.kind === 'link' ? object.name : object.link;
      return lanes.find((lane) => lane.interface === link)?.groupId;
    }
  }
}
