import { attachmentFaults, togetherFaults } from './attachment-check.ts';
import type { EngineFailure } from './engine.ts';
import { addressBits, canonicalAddress, familyOf, isUsable, isWholeSubnet, parsePrefix } from './ip-address.ts';
import { OWN_LINK } from './kernel.ts';
import { SHARED_PREFIX } from './shared-link.ts';
import type { LaneWish, Wish } from './wish.ts';

type Invalid = Extract<EngineFailure, { kind: 'invalid' }>;

/** As many routes as a lane may have where nothing else is said. */
export const MOST_ROUTES = 1_000;
const MOST_ADDRESSES = 64;
const MOST_PERMITS = 1_000;
const MOST_SERVERS = 16;

/** What cannot be, whatever the kernel. */
export function checkWish(wish: Wish, mostRoutes = MOST_ROUTES): readonly Invalid[] {
  const faults: Invalid[] = [];
  const links = new Map<string, number>();
  const groups = new Set<number>();
  const addresses = new Map<string, number>();
  for (const prefix of wish.direct ?? [])
    if (prefix !== 'connected' && parsePrefix(prefix) === undefined)
      faults.push({ kind: 'invalid', message: `direct: "${prefix}" is neither a prefix nor "connected"` });
  for (const lane of wish.lanes) {
    const fault = (message: string) => faults.push({ kind: 'invalid', groupId: lane.groupId, message });
    if (groups.has(lane.groupId)) fault('this group is there twice');
    groups.add(lane.groupId);
    const twin = links.get(lane.interface);
    if (twin !== undefined) fault(`interface ${lane.interface} is also that of group ${twin}`);
    links.set(lane.interface, lane.groupId);
    for (const { address } of lane.addresses) {
      const holder = addresses.get(address);
      if (holder !== undefined) fault(`address ${address} is also that of group ${holder}`);
      addresses.set(address, lane.groupId);
    }
    for (const message of tooMany(lane, mostRoutes)) fault(message);
    for (const message of laneFaults(lane)) fault(message);
    for (const message of ownFaults(lane)) fault(message);
    for (const message of attachmentFaults(lane)) fault(message);
  }
  for (const [groupId, message] of togetherFaults(wish.lanes)) faults.push({ kind: 'invalid', groupId, message });
  return faults;
}

function* tooMany(lane: LaneWish, mostRoutes: number): Generator<string> {
  for (const [what, list, most] of [
    ['routes', lane.routes, mostRoutes],
    ['addresses', lane.addresses, MOST_ADDRESSES],
    ['permitted destinations', lane.security?.permit ?? [], MOST_PERMITS],
    ['DNS servers', lane.dns ?? [], MOST_SERVERS],
  ] as const)
    if (list.length > most) yield `${list.length} ${what}, and a lane has at most ${most}`;
}

/** A lane's own address can be nobody else's, nor all of a subnet's. */
function* ownFaults({ addresses, routes, dns = [] }: LaneWish): Generator<string> {
  const others = new Map([
    ...dns.map((server) => [canonicalAddress(server), 'a DNS server of the group'] as const),
    ...routes.flatMap(({ nextHop }) =>
      nextHop === undefined ? [] : [[canonicalAddress(nextHop), 'the next hop of a route'] as const],
    ),
  ]);
  for (const { address, prefixLength } of addresses) {
    const other = others.get(canonicalAddress(address));
    if (other !== undefined) yield `${address} is ${other}`;
    if (isWholeSubnet(address, prefixLength)) yield `${address}/${prefixLength} is the address of a whole subnet`;
  }
}

function* laneFaults(lane: LaneWish): Generator<string> {
  const whole = (value: number, least: number, most: number) =>
    Number.isInteger(value) && value >= least && value <= most;
  // Class numbers above are the engine's own.
  if (!whole(lane.groupId, 1, 65_519)) yield `group id ${lane.groupId} is not from 1 to 65519`;
  if (!OWN_LINK.test(lane.interface))
    yield `interface "${lane.interface}" is not "sl" and up to 13 of a-z, 0-9 and hyphen`;
  if (lane.interface.startsWith(SHARED_PREFIX))
    yield `interface "${lane.interface}" begins with ${SHARED_PREFIX}, as the links do that lanes share`;
  if (!whole(lane.dscp, 0, 63)) yield `DSCP ${lane.dscp} is not from 0 to 63`;
  if (lane.mtu !== undefined && !whole(lane.mtu, 1280, 65_535)) yield `MTU ${lane.mtu} is not from 1280 to 65535`;
  for (const { address, prefixLength } of lane.addresses) {
    const family = familyOf(address);
    if (family === undefined) yield `"${address}" is no IP address`;
    else if (!whole(prefixLength, 0, addressBits(family))) yield `prefix length ${prefixLength} of ${address}`;
    else if (!isUsable(address)) yield `${address} is no address a host may hold`;
  }
  for (const server of lane.dns ?? [])
    if (familyOf(server) === undefined) yield `DNS server "${server}" is no IP address`;
    else if (!isUsable(server)) yield `DNS server ${server} is no address of another host`;
  for (const { destination, nextHop } of lane.routes) {
    const prefix = parsePrefix(destination);
    if (prefix === undefined) yield `route to "${destination}": no prefix`;
    else if (nextHop !== undefined && familyOf(nextHop) !== prefix.family)
      yield `route to ${destination}: next hop "${nextHop}" is no address of its family`;
  }
  for (const [direction, limit] of [
    ['upld', lane.upld],
    ['dnld', lane.dnld],
  ] as const) {
    if (limit === undefined) continue;
    if (!whole(limit.rate, 1, 0xffffffff)) yield `${direction}: rate ${limit.rate} kbit/s`;
    if (limit.burst !== undefined && !whole(limit.burst, 1514, 0xffffffff)) yield `${direction}: burst ${limit.burst}`;
  }
  for (const { name, destination, protocol, ports } of lane.security?.permit ?? []) {
    if (destination !== undefined && parsePrefix(destination) === undefined)
      yield `permit ${name}: "${destination}" is no prefix`;
    if (protocol !== undefined && !whole(protocol, 0, 255)) yield `permit ${name}: protocol ${protocol}`;
    if (ports !== undefined && !(whole(ports.lower, 0, 65_535) && whole(ports.upper, ports.lower, 65_535)))
      yield `permit ${name}: ports ${ports.lower} to ${ports.upper}`;
  }
}
