import { failed, ok, type Result } from '@sublane/basics';
import { parsePrefix } from '../lanes/ip-address.ts';
import { closeDescriptor, createMap, loadProgram } from './bpf-syscall.ts';
import type { MessageWriter } from './netlink/message.ts';
import type { NetlinkFailure, NetlinkSocket } from './netlink/netlink-socket.ts';
import {
  type Action,
  addFilter,
  type FilterPlace,
  PROTOCOLS,
  removeFilters,
  type Selector,
  setPolice,
} from './netlink/tc-filters.ts';
import { makeMirror, mirrorName, mirrorQueue, removeMirror } from './netlink/tc-mirror.ts';
import { CLASSIFIER, POLICE_MAP, policeProgram, policeProgramName } from './police-program.ts';

/** Holds what arrives at a link, by one of three means: for lanes and for ports of the host. */
export interface Policer extends FilterPlace {
  /** Absent: what both kinds of ingress qdisc take. */
  readonly parent?: number;
  /** Destinations (addresses, prefixes) of both families that share the rate; none: all that arrives. */
  readonly addresses: readonly string[];
  readonly means: 'police' | 'bpf' | 'ifb';
  /** bit/s, of layer 3. */
  readonly rate: number;
  /** Bytes. */
  readonly burst: number;
  /** Of the police action: of its own in the network namespace. */
  readonly index: number;
  readonly conform: 'pass' | 'continue';
  /** Octets of the link's own header. */
  readonly linkHeader: number;
  /** Of what is made besides, a link for `ifb`. */
  readonly group: number;
}

/** The link's ingress qdisc is there. What it needs is there whole, or nothing of it. */
export function addPolicer(socket: NetlinkSocket, policer: Policer): Result<undefined, NetlinkFailure> {
  switch (policer.means) {
    case 'police': {
      const added = addAll(socket, policer, policeFilters(policer));
      // Filters are done away with later than they are removed: until then their action is there, as it was, and was
      // taken for the one that is wanted.
      return added.ok ? socket.request(setPolice(policer)) : added;
    }
    case 'bpf':
      return addProgram(socket, policer);
    case 'ifb':
      return addMirror(socket, policer);
  }
}

/** Whatever part of it is there; `ENOENT` where nothing is. */
export function removePolicer(socket: NetlinkSocket, place: FilterPlace): Result<undefined, NetlinkFailure> {
  const [four, six] = preferencesOf(place).map((preference) => socket.request(removeFilters({ ...place, preference })));
  const mirror = removeMirror(socket, mirrorName(place));
  return [four, six, mirror].find((removed) => removed?.ok) ?? (four as Result<undefined, NetlinkFailure>);
}

/** IPv6 has the next preference: filters of one preference are for one protocol. */
const preferencesOf = ({ preference }: FilterPlace) => [preference, preference + 1];

const parentOf = ({ parent }: Policer) => (parent === undefined ? {} : { parent });

type Match = readonly [protocol: number, preference: number, selector: Selector];

/** u32 compares destinations of one family at a time. */
function destinations({ addresses, preference }: Policer): readonly Match[] {
  return addresses.flatMap((address): Match[] => {
    const destination = parsePrefix(address);
    if (destination === undefined) return [];
    const selector = { kind: 'u32', destination } as const;
    return destination.family === 4
      ? [[PROTOCOLS.ipv4, preference, selector]]
      : [[PROTOCOLS.ipv6, preference + 1, selector]];
  });
}

function filtersOf(policer: Policer, matches: readonly Match[], action: Action): readonly MessageWriter[] {
  return matches.map(([protocol, preference, selector], index) =>
    addFilter({ ...parentOf(policer), link: policer.link, preference, place: index + 1, protocol, selector, action }),
  );
}

/** The first makes the action, the others name it. */
function policeFilters(policer: Policer): readonly MessageWriter[] {
  const { addresses, preference, index, rate, burst, conform } = policer;
  const action: Action = { kind: 'police', police: { index, rate, burst, conform } };
  const everything: Match = [PROTOCOLS.all, preference, { kind: 'basic' }];
  return filtersOf(policer, addresses.length === 0 ? [everything] : destinations(policer), action);
}

function addAll(
  socket: NetlinkSocket,
  place: FilterPlace,
  messages: readonly MessageWriter[],
): Result<undefined, NetlinkFailure> {
  for (const [index, message] of messages.entries()) {
    const added = socket.request(message);
    if (added.ok) continue;
    // What stands there without us stays: only what was added here goes.
    if (index > 0) removePolicer(socket, place);
    return added;
  }
  return ok();
}

/** BPF_MAP_TYPE_ARRAY. */
const ARRAY = 2;

function addProgram(socket: NetlinkSocket, policer: Policer): Result<undefined, NetlinkFailure> {
  const name = policeProgramName({ ...policer, owner: policer.index >>> 16 });
  if (name === undefined) return failed({ code: 'E2BIG', message: 'too many addresses for one rate' });
  const { link, preference } = policer;
  const map = createMap({ type: ARRAY, name: POLICE_MAP.name, valueSize: POLICE_MAP.size, entries: 1, flags: 0 });
  if (!map.ok) return failed({ code: 'EINVAL', message: map.message });
  try {
    const code = policeProgram(policer, map.value);
    const program = loadProgram({ type: CLASSIFIER, attachType: 0, name: 'sublane_police', code });
    if (!program.ok) return failed({ code: 'EINVAL', message: program.message });
    try {
      const selector = { kind: 'bpf', program: program.value, name } as const;
      return socket.request(addFilter({ ...parentOf(policer), link, preference, protocol: PROTOCOLS.all, selector }));
    } finally {
      closeDescriptor(program.value);
    }
  } finally {
    closeDescriptor(map.value);
  }
}

function addMirror(socket: NetlinkSocket, policer: Policer): Result<undefined, NetlinkFailure> {
  const name = mirrorName(policer);
  const made = makeMirror(socket, name, policer.group, mirrorQueue(policer));
  if (!made.ok) return made;
  const action: Action = { kind: 'redirect', to: made.value };
  const everything: Match = [PROTOCOLS.all, policer.preference, { kind: 'u32' }];
  const matches = policer.addresses.length === 0 ? [everything] : destinations(policer);
  const added = addAll(socket, policer, filtersOf(policer, matches, action));
  if (!added.ok) removeMirror(socket, name);
  return added;
}
