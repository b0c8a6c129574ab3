import type { LaneReport } from './engine.ts';
import type { ClassObject, KernelObject } from './kernel-object.ts';
import type { RenderInput } from './render.ts';
import type { DirectionWish, LaneWish, Priority } from './wish.ts';

export interface Shaping {
  readonly objects: readonly KernelObject[];
  /** By group id: the class that holds its rate. */
  readonly classes: ReadonlyMap<number, string>;
  readonly place: LaneReport['shaping'];
  readonly notes: readonly string[];
}

const NONE = { objects: [], classes: new Map<number, string>(), place: 'none' } as const;
const PRECEDENCE: Record<Priority, number> = { H: 0, M: 1, L: 2 };
/** Class numbers above those of groups. */
const SHARED = 'ffff';
const HOST = 0xfffe;

/**
 * One HTB on the uplink, a class for each lane with a rate; the host's own traffic passes beside. With the uplink's
 * capacity known, all share it: each is sure of its part, and what is left over goes by precedence. Where the uplink has
 * a root qdisc of others it is left alone, and each lane's own link has an HTB of its own.
 */
export function renderShaping(
  { wish, uplink, ownership, shaping, capacity }: RenderInput,
  means: LaneReport['means'],
  has: (name: string) => boolean,
): Shaping {
  const limited = wish.lanes.flatMap((lane) => (lane.upld === undefined ? [] : [{ lane, upld: lane.upld }]));
  if (!shaping || limited.length === 0) return { ...NONE, notes: [] };
  if (!has('tool:tc') || !has('htb'))
    return { ...NONE, notes: ['Rates from the host are not held: this machine lacks tc or HTB (see doctor).'] };
  const handle = `${ownership.handle.toString(16)}:`;
  const leafType = has('fq_codel') ? 'fq_codel' : 'pfifo';
  const classes = new Map(limited.map(({ lane }) => [lane.groupId, `${handle}${lane.groupId.toString(16)}`]));

  if (uplink.foreignQdisc !== undefined) {
    const found = `${uplink.name} has a ${uplink.foreignQdisc} root qdisc that is not ours: it is left alone`;
    if (means === 'uplink') return { ...NONE, notes: [`${found}, and rates from the host are not held.`] };
    const objects = limited.flatMap(({ lane, upld }) => {
      const id = classes.get(lane.groupId) as string;
      return [
        root(lane.interface, handle, lane.groupId),
        laneClass(lane.interface, id, 'root', upld, l2(upld.rate), l2(upld.rate)),
        leaf(lane.interface, id, leafType, upld.rate),
      ];
    });
    return { objects, classes, place: 'lane', notes: [`${found}; each lane is shaped on its own link.`] };
  }

  const link = uplink.name;
  const objects: KernelObject[] = [root(link, handle, leafType === 'fq_codel' || capacity !== undefined ? HOST : 0)];
  const parent = capacity === undefined ? 'root' : `${handle}${SHARED}`;
  const sure = sharesOf(limited, capacity);
  if (capacity !== undefined)
    objects.push({ ...plain(link, parent, 'root'), rate: l2(capacity), ceil: l2(capacity), burst: burstOf(capacity) });
  const hostId = `${handle}${HOST.toString(16)}`;
  if (capacity !== undefined) {
    const rest = l2(Math.max(capacity / 20, capacity - limited.reduce((sum, { upld }) => sum + upld.rate, 0)));
    objects.push({
      ...plain(link, hostId, parent),
      rate: rest,
      ceil: l2(capacity),
      burst: burstOf(capacity),
      precedence: 1,
    });
    objects.push(leaf(link, hostId, leafType, capacity));
  } else if (leafType === 'fq_codel') {
    objects.push({ ...plain(link, hostId, 'root'), rate: UNLIMITED, ceil: UNLIMITED, burst: 1_500_000 });
    objects.push(leaf(link, hostId, leafType, 0));
  }
  for (const { lane, upld } of limited) {
    const id = classes.get(lane.groupId) as string;
    objects.push(laneClass(link, id, parent, upld, l2(sure(upld)), l2(upld.rate)));
    objects.push(leaf(link, id, leafType, upld.rate));
  }
  return { objects, classes, place: 'uplink', notes: [] };
}

/** 100 Gbit/s: faster than any uplink, so that it never holds. */
const UNLIMITED = 100_000_000_000;

/**
 * HTB counts the frame, a granted rate is of layer 3 (the model's `kilobits-per-second`): 14 octets of Ethernet header
 * on 1,500. Smaller packets thus get less, never more.
 */
const l2 = (kilobits: number) => Math.max(1_000, Math.round((kilobits * 1000 * 1514) / 1500));

/** A millisecond's worth at least: timers are no finer. */
const burstOf = (kilobits: number, granted = 0) => Math.max(6 * 1024, granted, Math.ceil(kilobits / 8));

/** What each lane is sure of: its whole rate, or its part where more was granted than the uplink carries. */
function sharesOf(
  limited: readonly { readonly lane: LaneWish; readonly upld: DirectionWish }[],
  capacity: number | undefined,
): (upld: DirectionWish) => number {
  if (capacity === undefined) return ({ rate }) => rate;
  const sum = limited.reduce((total, { upld }) => total + upld.rate, 0);
  // Room is kept so that a lane of higher precedence has something to win.
  const part = sum <= capacity * 0.95 ? 1 : (capacity * 0.3) / sum;
  return ({ rate }) => rate * part;
}

const root = (link: string, handle: string, byDefault: number): KernelObject => ({
  kind: 'qdisc',
  link,
  parent: 'root',
  type: 'htb',
  handle,
  default: byDefault,
});

const plain = (link: string, id: string, parent: string) =>
  ({ kind: 'class', link, id, parent, precedence: 0 }) as const;

const laneClass = (
  link: string,
  id: string,
  parent: string,
  upld: DirectionWish,
  rate: number,
  ceil: number,
): ClassObject => ({
  ...plain(link, id, parent),
  rate,
  ceil,
  burst: burstOf(upld.rate, upld.burst),
  precedence: PRECEDENCE[upld.priority],
});

/** pfifo counts packets: a queue limited in bytes collapses TCP, whose segments come in one piece (GSO). */
const leaf = (link: string, parent: string, type: 'pfifo' | 'fq_codel', kilobits: number): KernelObject => ({
  kind: 'qdisc',
  link,
  parent,
  type,
  ...(type === 'pfifo' && { limit: Math.max(30, Math.round((kilobits * 1000 * 0.05) / (1514 * 8))) }),
});
