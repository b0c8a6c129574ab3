import { failed, ok, type Result } from '@sublane/basics';
import type { EngineFailure } from '../lanes/engine.ts';
import { addressBits, canonicalAddress, type Family, parsePrefix, prefixOf, prefixText } from '../lanes/ip-address.ts';
import type { HostFacts, HostWay } from '../lanes/surroundings.ts';
import { familyOfNumber, networkBytes, numberOf } from './netlink/address-bytes.ts';
import { Attributes, MessageWriter, type NetlinkMessage } from './netlink/message.ts';
import { type NetlinkFailure, type NetlinkSocket, PROTOCOL, withNetlink } from './netlink/netlink-socket.ts';

/**
 * Destinations all over the Internet, at least one in each quarter of it: only looked up, never sent to. Of the last of
 * each family nobody has routes of their own: it is for documentation (RFC 5737, RFC 3849).
 */
export const DESTINATIONS: readonly string[] = [
  '23.192.0.1',
  '93.184.216.1',
  '151.101.0.1',
  '203.0.113.1',
  '2400:cb00::1',
  '2606:2800::1',
  '2a00:1450::1',
  '2001:db8::1',
];

/** Reads from the kernel what tells where this host stands, in the network namespace of this thread. */
export function readHostFacts(): Result<HostFacts, EngineFailure> {
  const read = withNetlink(PROTOCOL.route, (socket): Result<HostFacts, NetlinkFailure> => {
    const links = readLinks(socket);
    if (!links.ok) return links;
    const { names, carrierChanges } = links.value;
    const addresses = readPrefixes(socket, names);
    if (!addresses.ok) return addresses;
    const neighbours = readNeighbours(socket, names);
    if (!neighbours.ok) return neighbours;
    const ways: HostWay[] = [];
    for (const destination of DESTINATIONS) {
      const way = readWay(socket, destination, names);
      if (!way.ok) return way;
      if (way.value !== undefined) ways.push(way.value);
    }
    return ok({ ways, prefixes: addresses.value, carrierChanges, neighbours: neighbours.value });
  });
  if (read.ok) return read;
  const { code, message } = read.failure;
  return failed({ kind: 'refused', step: 'ip route get', message: `${message} (${code})`, restored: true });
}

type Names = ReadonlyMap<number, string>;

function readLinks(
  socket: NetlinkSocket,
): Result<{ readonly names: Names; readonly carrierChanges: HostFacts['carrierChanges'] }, NetlinkFailure> {
  const dumped = socket.dump(new MessageWriter(RTM.getLink, 0, Buffer.alloc(16)));
  if (!dumped.ok) return dumped;
  const names = new Map<number, string>();
  const carrierChanges = new Map<string, number>();
  for (const { payload } of dumped.value) {
    const attributes = new Attributes(payload, 16);
    const name = attributes.string(IFLA.name) ?? '';
    names.set(payload.readInt32LE(4), name);
    carrierChanges.set(name, attributes.u32(IFLA.carrierChanges) ?? 0);
  }
  return ok({ names, carrierChanges });
}

function readPrefixes(socket: NetlinkSocket, names: Names): Result<HostFacts['prefixes'], NetlinkFailure> {
  const dumped = socket.dump(new MessageWriter(RTM.getAddress, 0, Buffer.alloc(8)));
  if (!dumped.ok) return dumped;
  const prefixes = new Map<string, string[]>();
  for (const { payload } of dumped.value) {
    const family = familyOfNumber(payload.readUInt8(0));
    const length = payload.readUInt8(1);
    const link = names.get(payload.readInt32LE(4));
    // RT_SCOPE_UNIVERSE: what is of the link only is the same on every link.
    if (family === undefined || link === undefined || payload.readUInt8(3) !== 0) continue;
    // Of one address only: a lane's, or one that DHCPv6 gave; it tells nothing of the network.
    if (length >= addressBits(family)) continue;
    const attributes = new Attributes(payload, 8);
    const address = attributes.bytes(IFA_ADDRESS);
    if (address === undefined) continue;
    const text = prefixText(prefixOf(family, BigInt(`0x${address.toString('hex')}`), length));
    const known = prefixes.get(link) ?? [];
    if (!known.includes(text)) prefixes.set(link, [...known, text]);
  }
  return ok(prefixes);
}

function readNeighbours(socket: NetlinkSocket, names: Names): Result<HostFacts['neighbours'], NetlinkFailure> {
  const dumped = socket.dump(new MessageWriter(RTM.getNeighbour, 0, Buffer.alloc(12)));
  if (!dumped.ok) return dumped;
  return ok(
    dumped.value.flatMap(({ payload }) => {
      const family = familyOfNumber(payload.readUInt8(0));
      const link = names.get(payload.readInt32LE(4));
      const attributes = new Attributes(payload, 12);
      const address = attributes.bytes(NDA.destination);
      const mac = attributes.bytes(NDA.linkAddress);
      // One that does not answer any more has no address either.
      if (family === undefined || link === undefined || address === undefined || mac?.length !== 6) return [];
      if ((payload.readUInt16LE(8) & UNKNOWN_STATES) !== 0) return [];
      return [{ link, address: addressText(family, address), mac: (mac.toString('hex').match(/../g) ?? []).join(':') }];
    }),
  );
}

/** One look-up of the kernel's own, by all its rules and tables, for a packet without a mark. */
function readWay(
  socket: NetlinkSocket,
  destination: string,
  names: Names,
): Result<HostWay | undefined, NetlinkFailure> {
  const prefix = parsePrefix(destination);
  if (prefix === undefined) return ok(undefined);
  const { family } = prefix;
  const header = Buffer.alloc(12);
  header.writeUInt8(numberOf(family), 0);
  header.writeUInt8(addressBits(family), 1);
  const answer = socket.ask(new MessageWriter(RTM.getRoute, 0, header).bytes(RTA.destination, networkBytes(prefix)));
  if (!answer.ok) {
    // No route, or one that says no.
    if (NOWHERE.has(answer.failure.code)) return ok({ family, destination });
    // A kernel without this family.
    return NO_FAMILY.has(answer.failure.code) ? ok(undefined) : answer;
  }
  const link = linkOf(answer.value, names);
  return ok({ family, destination, ...(link !== undefined && { link }) });
}

function linkOf(answer: NetlinkMessage | undefined, names: Names): string | undefined {
  if (answer === undefined) return undefined;
  // RTN_UNICAST: IPv6 answers with the loopback where it says no.
  if (answer.payload.readUInt8(7) !== 1) return undefined;
  const index = new Attributes(answer.payload, 12).u32(RTA.outLink);
  return index === undefined ? undefined : names.get(index);
}

function addressText(family: Family, bytes: Buffer): string {
  const text = family === 4 ? [...bytes].join('.') : (bytes.toString('hex').match(/.{4}/g) ?? []).join(':');
  return canonicalAddress(text) ?? text;
}

const RTM = { getLink: 18, getAddress: 22, getRoute: 26, getNeighbour: 30 } as const;
const IFLA = { name: 3, carrierChanges: 35 } as const;
const RTA = { destination: 1, outLink: 4 } as const;
const NDA = { destination: 1, linkAddress: 2 } as const;
const IFA_ADDRESS = 1;
/** NUD_INCOMPLETE, NUD_FAILED, NUD_NOARP. */
const UNKNOWN_STATES = 0x01 | 0x20 | 0x40;
const NOWHERE = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EACCES', 'EINVAL', 'EAGAIN', 'ENETDOWN']);
const NO_FAMILY = new Set(['EAFNOSUPPORT', 'EOPNOTSUPP', 'ENOTSUP']);
