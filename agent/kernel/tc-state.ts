import { failed, ok, type Result } from '@sublane/basics';
import type { EngineFailure } from '../lanes/engine.ts';
import type { Ownership } from '../lanes/kernel.ts';
import type { KernelObject, PoliceObject } from '../lanes/kernel-object.ts';
import type { IpState } from './netlink/ip-state.ts';
import type { NetlinkSocket } from './netlink/netlink-socket.ts';
import type { SeenFilter } from './netlink/tc-filters.ts';
import { filtersOf, isIngress, isSigned } from './netlink/tc-ingress.ts';
import { handleText, PARENT, readTcThing, type TcThing } from './netlink/tc-message.ts';
import { heldByMirror, type MirrorQueue, readMirrorName, readTbf } from './netlink/tc-mirror.ts';
import { listClasses, listQdiscs, readClass, readQdisc } from './netlink/tc-queues.ts';
import { readPoliceProgramName } from './police-program.ts';
import { isOwnFilter, isOwnPreference, signOf } from './tc-marks.ts';

export interface TcState {
  readonly objects: readonly KernelObject[];
  /** Root qdiscs of others, by name of the link; the kernel's default does not count. */
  readonly foreignQdiscs: ReadonlyMap<string, string>;
  /** Kind of the ingress qdisc of others, by name of the link. */
  readonly foreignIngress: ReadonlyMap<string, string>;
}

type Links = Pick<IpState, 'names' | 'links'>;

/** Reads what is ours of queues, classes, and what holds arriving packets, and whose roots are others'. */
export function readTc(socket: NetlinkSocket, own: Ownership, links: Links): Result<TcState, EngineFailure> {
  const listed = socket.dump(listQdiscs());
  // A kernel without traffic control has nothing of ours.
  if (!listed.ok && listed.failure.code === 'EOPNOTSUPP')
    return ok({ objects: [], foreignQdiscs: new Map(), foreignIngress: new Map() });
  if (!listed.ok) return refused('queues', listed.failure.message);
  const things = listed.value.flatMap(({ payload }) => readTcThing(payload) ?? []);
  const queues = readQueues(socket, things, own, links);
  if (!queues.ok) return queues;
  const arriving = readArriving(socket, things, own, links);
  if (!arriving.ok) return arriving;
  return ok({ ...queues.value, ...arriving.value, objects: [...queues.value.objects, ...arriving.value.objects] });
}

const refused = (what: string, message: string) =>
  failed<EngineFailure>({ kind: 'refused', step: `read ${what}`, message, restored: true });

function readQueues(
  socket: NetlinkSocket,
  things: readonly TcThing[],
  own: Ownership,
  { names }: Links,
): Result<Pick<TcState, 'objects' | 'foreignQdiscs'>, EngineFailure> {
  const objects: KernelObject[] = [];
  const foreignQdiscs = new Map<string, string>();
  const rooted = new Map<number, string>();
  for (const thing of things) {
    const name = names.get(thing.link);
    if (name === undefined || thing.parent !== PARENT.root) continue;
    const ours = thing.kind === 'htb' && thing.handle === (own.handle << 16) >>> 0;
    const root = ours ? readQdisc(thing, name) : undefined;
    if (root !== undefined) {
      rooted.set(thing.link, name);
      objects.push(root);
    } else if (thing.handle !== 0 && readMirrorName(name) === undefined) foreignQdiscs.set(name, thing.kind);
  }
  for (const thing of things) {
    const name = rooted.get(thing.link);
    if (name === undefined || thing.parent >>> 16 !== (own.handle & 0xffff)) continue;
    const leaf = readQdisc(thing, name);
    if (leaf !== undefined) objects.push(leaf);
  }
  for (const [link, name] of rooted) {
    const classes = socket.dump(listClasses(link));
    if (!classes.ok) return refused(`classes of ${name}`, classes.failure.message);
    for (const { payload } of classes.value) {
      const thing = readTcThing(payload);
      const object = thing?.link === link ? readClass(thing, name) : undefined;
      if (object?.id.startsWith(`${handleText(own.handle << 16)}`)) objects.push(object);
    }
  }
  return ok({ objects, foreignQdiscs });
}

function readArriving(
  socket: NetlinkSocket,
  things: readonly TcThing[],
  own: Ownership,
  { names, links }: Links,
): Result<Pick<TcState, 'objects' | 'foreignIngress'>, EngineFailure> {
  const objects: KernelObject[] = [];
  const foreignIngress = new Map<string, string>();
  const facts = new Map(links.map((link) => [link.name, link]));
  const mirrors = new Map<string, MirrorQueue>();
  for (const thing of things) {
    const queue = readTbf(thing);
    if (queue !== undefined && thing.parent === PARENT.root) mirrors.set(names.get(thing.link) ?? '', queue);
  }
  const found = new Set<string>();
  for (const thing of things) {
    const link = names.get(thing.link);
    if (link === undefined || !isIngress(thing)) continue;
    const filters = filtersOf(socket, thing.link);
    if (!filters.ok) return refused(`filters of ${link}`, filters.failure.message);
    const ours = thing.kind === 'ingress' && (facts.get(link)?.ours === true || isSigned(filters.value, signOf(own)));
    if (ours) objects.push({ kind: 'ingress', link });
    else foreignIngress.set(link, thing.kind);
    const linkHeader = facts.get(link)?.ethernet === true ? 14 : 0;
    const mine = filters.value.filter((filter) => isOwnFilter(filter, own, (index) => names.get(index)));
    for (const [preference, parts] of byPreference(mine)) {
      const object = policeOf(parts, (index) => mirrors.get(names.get(index) ?? ''), linkHeader);
      objects.push({ kind: 'police', link, preference, ...object });
      found.add(`${thing.link} ${preference}`);
    }
  }
  // What a change that was cut short left of an ifb link, or someone took the filters away.
  for (const name of names.values()) {
    const place = readMirrorName(name);
    if (place === undefined || !isOwnPreference(place.preference)) continue;
    if (found.has(`${place.link} ${place.preference}`)) continue;
    // Where the link itself is gone, it stands for itself.
    const link = names.get(place.link) ?? name;
    objects.push({ kind: 'police', link, preference: place.preference, ...UNKNOWN, means: 'ifb' });
  }
  return ok({ objects, foreignIngress });
}

/** IPv4 and IPv6 of one rate stand beside each other, the even preference first. */
function byPreference(filters: readonly SeenFilter[]): ReadonlyMap<number, readonly SeenFilter[]> {
  const groups = new Map<number, SeenFilter[]>();
  for (const filter of filters) {
    const preference = filter.preference & ~1;
    groups.set(preference, [...(groups.get(preference) ?? []), filter]);
  }
  return groups;
}

type Held = Pick<PoliceObject, 'addresses' | 'means' | 'rate' | 'burst'>;
const UNKNOWN: Held = { addresses: [], means: 'police', rate: 0, burst: 0 };

/** What filters of one preference hold together; a rate of 0 where they do not fit each other. */
function policeOf(
  filters: readonly SeenFilter[],
  mirrorOf: (link: number) => MirrorQueue | undefined,
  linkHeader: number,
): Held {
  const [first] = filters;
  if (first?.selector?.kind === 'bpf') {
    const held = filters.length === 1 ? readPoliceProgramName(first.selector.name) : undefined;
    if (held === undefined) return { ...UNKNOWN, means: 'bpf' };
    const { addresses, rate, burst } = held;
    return { addresses, means: 'bpf', rate, burst };
  }
  const means = first?.redirectedTo === undefined ? 'police' : 'ifb';
  const addresses: string[] = [];
  for (const { selector, police, redirectedTo } of filters) {
    if (selector?.kind === 'destination') addresses.push(selector.address);
    else if (filters.length > 1) return { ...UNKNOWN, means };
    if (police?.index !== first?.police?.index || redirectedTo !== first?.redirectedTo) return { ...UNKNOWN, means };
  }
  addresses.sort();
  if (first?.police !== undefined) return { addresses, means, rate: first.police.rate, burst: first.police.burst };
  const queue = first?.redirectedTo === undefined ? undefined : mirrorOf(first.redirectedTo);
  return queue === undefined ? { ...UNKNOWN, means } : { addresses, means, ...heldByMirror(queue, linkHeader) };
}
