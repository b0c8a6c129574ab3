import type { LaneReport } from './engine.ts';
import type { ClassObject, KernelObject } from './kernel-object.ts';
import type { LanePlace } from './lane-place.ts';
import type { UplinkFacts } from './observation.ts';
import type { RenderInput } from './render.ts';
import type { DirectionWish, LaneWish, Priority } from './wish.ts';

export interface Shaping {
  readonly objects: readonly KernelObject[];
  /** By group id: the class that holds its rate, and where that stands. */
  readonly classes: ReadonlyMap<number, { readonly id: string; readonly place: LaneReport['shaping'] }>;
  readonly notes: readonly string[];
}

const NONE = { objects: [], classes: new Map<number, never>() } as const;
const PRECEDENCE: Record<Priority, number> = { H: 0, M: 1, L: 2 };
/** Classes that are no lane's have the highest numbers that no lane's has. */
const LAST_MINOR = 0xffff;

/** Lanes of one device, with what they may send. */
type Limited = readonly { readonly lane: LaneWish; readonly upld: DirectionWish }[];

/**
 * One HTB on each device where lanes are shaped, a class for each lane with a rate; the host's own traffic passes
 * beside. With the uplink's capacity known, all on it share it: each is sure of its part, and what is left over goes by
 * precedence.
 */
export function renderShaping(
  { ownership, shaping, capacity, uplink }: RenderInput,
  lanes: readonly LaneWish[],
  places: readonly LanePlace[],
  has: (name: string) => boolean,
): Shaping {
  const limited = lanes.flatMap((lane) => (lane.upld === undefined ? [] : [{ lane, upld: lane.upld }]));
  if (!shaping || limited.length === 0) return { ...NONE, notes: [] };
  if (!has('htb')) return { ...NONE, notes: ['Rates from the host are not held: this kernel lacks HTB (see doctor).'] };
  const handle = `${ownership.handle.toString(16)}:`;
  const leafType = has('fq_codel') ? 'fq_codel' : 'pfifo';
  const notes: string[] = [];
  const devices = new Map<string, { held: { lane: LaneWish; upld: DirectionWish }[]; place: LanePlace }>();
  for (const one of limited) {
    const place = places.find(({ groupId }) => groupId === one.lane.groupId) as LanePlace;
    const device = shapedOn(place, uplink);
    if (device === undefined) continue;
    const there = devices.get(device);
    if (there === undefined) devices.set(device, { held: [one], place });
    else there.held.push(one);
  }
  if (uplink.foreignQdisc !== undefined) {
    const found = `${uplink.name} has a ${uplink.foreignQdisc} root qdisc that is not ours: it is left alone`;
    notes.push(
      limited.every(({ lane }) => [...devices.values()].some(({ held }) => held.some((one) => one.lane === lane)))
        ? `${found}; each lane is shaped on its own link.`
        : `${found}, and rates from the host are not held for lanes that have no link of their own.`,
    );
  }
  const objects: KernelObject[] = [];
  const classes = new Map<number, { id: string; place: LaneReport['shaping'] }>();
  for (const [link, { held, place }] of devices) {
    const tree: Tree = { link, handle, held, leafType, frame: framing(link, place) };
    // A tunnel's packets are larger on the uplink than in the tunnel.
    const room = capacity === undefined ? undefined : Math.floor((capacity * 1500) / (1500 + place.overhead));
    objects.push(...renderTree(link === uplink.name ? { ...tree, room, host: true } : { ...tree, room }));
    for (const { lane } of held)
      classes.set(lane.groupId, {
        id: classIdOf(tree, lane.groupId),
        place: link === uplink.name ? 'uplink' : 'lane',
      });
  }
  return { objects, classes, notes };
}

/**
 * Where a lane's packets wait: on the uplink, where all of them and the host's pass one queue; in a tunnel's device,
 * which sees them as they were sent; where the uplink's root qdisc is another's, on what is ours before it.
 */
export function shapedOn(place: LanePlace, uplink: UplinkFacts): string | undefined {
  const { shared, own, egress } = place;
  const tunnel = shared !== undefined && shared.device.type !== 'vlan';
  if (!tunnel && uplink.foreignQdisc === undefined) return uplink.name;
  return shared?.name ?? (own ? egress : undefined);
}

interface Tree {
  readonly link: string;
  readonly handle: string;
  readonly held: Limited;
  readonly leafType: 'fq_codel' | 'pfifo';
  /** Octets that the device's queue counts of a packet beside layer 3. */
  readonly frame: number;
  /** What all on the device may send together, kbit/s; absent: as much as it can. */
  readonly room?: number | undefined;
  /** The host's own packets pass the device too, and have a class there. */
  readonly host?: true;
}

function renderTree(tree: Tree): KernelObject[] {
  const { link, handle, held, leafType, room, host } = tree;
  const hostId = `${handle}${freeMinor(held, 1).toString(16)}`;
  const parent = room === undefined ? 'root' : `${handle}${freeMinor(held, 0).toString(16)}`;
  const rated = (kilobits: number) => counted(kilobits, tree.frame);
  const hostClass = host && (room !== undefined || leafType === 'fq_codel');
  const objects: KernelObject[] = [
    { kind: 'qdisc', link, parent: 'root', type: 'htb', handle, default: hostClass ? minorOf(hostId) : 0 },
  ];
  if (room !== undefined)
    objects.push({ ...plain(link, parent, 'root'), rate: rated(room), ceil: rated(room), burst: burstOf(room) });
  if (hostClass) {
    const left = room && Math.max(room / 20, room - held.reduce((sum, { upld }) => sum + upld.rate, 0));
    const rates =
      room === undefined
        ? { rate: UNLIMITED, ceil: UNLIMITED, burst: 1_500_000 }
        : { rate: rated(left ?? 0), ceil: rated(room), burst: burstOf(room), precedence: 1 };
    objects.push({ ...plain(link, hostId, parent), ...rates }, leaf(link, hostId, leafType, room ?? 0));
  }
  const sure = sharesOf(held, room);
  for (const { lane, upld } of held) {
    const id = classIdOf(tree, lane.groupId);
    objects.push(
      {
        ...plain(link, id, parent),
        rate: rated(sure(upld)),
        ceil: rated(upld.rate),
        burst: Math.ceil(inFrames(burstOf(upld.rate, upld.burst), tree.frame)),
        precedence: PRECEDENCE[upld.priority],
      },
      leaf(link, id, leafType, upld.rate),
    );
  }
  return objects;
}

const classIdOf = ({ handle }: Pick<Tree, 'handle'>, groupId: number) => `${handle}${groupId.toString(16)}`;

const minorOf = (id: string) => Number.parseInt(id.split(':')[1] as string, 16);

/** The highest class number that no group of the device has; `skip` that many. */
function freeMinor(held: Limited, skip: number): number {
  const taken = new Set(held.map(({ lane }) => lane.groupId));
  let left = skip;
  for (let minor = LAST_MINOR; ; minor--) if (!taken.has(minor) && left-- === 0) return minor;
}

/** 100 Gbit/s: faster than any uplink, so that it never holds. */
const UNLIMITED = 100_000_000_000;

/** A tunnel of layer 3 has no frames; all else has Ethernet's: a VLAN's tag is added by what is below the queue. */
const framing = (link: string, { shared, pointToPoint }: LanePlace) => (pointToPoint && shared?.name === link ? 0 : 14);

/**
 * HTB counts the frame, a granted rate is of layer 3 (the model's `kilobits-per-second`): `frame` octets on 1,500.
 * Smaller packets thus get less, never more.
 */
const counted = (kilobits: number, frame: number) => Math.max(1_000, Math.round(inFrames(kilobits * 1000, frame)));
const inFrames = (octets: number, frame: number) => (octets * (1500 + frame)) / 1500;

/** A millisecond's worth at least: timers are no finer. */
const burstOf = (kilobits: number, granted = 0) => Math.max(6 * 1024, granted, Math.ceil(kilobits / 8));

/** What each lane is sure of: its whole rate, or its part where more was granted than there is. */
function sharesOf(held: Limited, room: number | undefined): (upld: DirectionWish) => number {
  if (room === undefined) return ({ rate }) => rate;
  const sum = held.reduce((total, { upld }) => total + upld.rate, 0);
  // Room is kept so that a lane of higher precedence has something to win.
  const part = sum <= room * 0.95 ? 1 : (room * 0.3) / sum;
  return ({ rate }) => rate * part;
}

const plain = (link: string, id: string, parent: string): Omit<ClassObject, 'rate' | 'ceil' | 'burst'> => ({
  kind: 'class',
  link,
  id,
  parent,
  precedence: 0,
});

/** pfifo counts packets: a queue limited in bytes collapses TCP, whose segments come in one piece (GSO). */
const leaf = (link: string, parent: string, type: 'pfifo' | 'fq_codel', kilobits: number): KernelObject => ({
  kind: 'qdisc',
  link,
  parent,
  type,
  ...(type === 'pfifo' && { limit: Math.max(30, Math.round((kilobits * 1000 * 0.05) / (1514 * 8))) }),
});
