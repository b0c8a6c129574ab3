import {
  addressBits,
  canonicalAddress,
  contains,
  type Family,
  type Prefix,
  parsePrefix,
  routeText,
} from './ip-address.ts';
import type { Ownership } from './kernel.ts';
import type { KernelObject } from './kernel-object.ts';
import type { LanePlace } from './lane-place.ts';
import type { UplinkFacts } from './observation.ts';
import type { PlacedAddress } from './render-attachment.ts';
import type { LaneRoute, LaneWish } from './wish.ts';

export interface LaneWays {
  readonly objects: readonly KernelObject[];
  /** Where the lane's own routes lead. */
  readonly destinations: readonly Prefix[];
  /** Prefixes that are the lane's, whole. */
  readonly behind: readonly Prefix[];
  readonly notes: readonly string[];
}

/** A lane's table, and the rules that lead to it: its mark, and each of its addresses. */
export function renderWays(
  lane: LaneWish,
  place: LanePlace,
  addresses: readonly PlacedAddress[],
  uplink: UplinkFacts,
  ownership: Ownership,
  families: readonly Family[],
): LaneWays {
  const mark = markOf(ownership, lane.groupId);
  const table = tableOf(ownership, lane.groupId);
  const objects: KernelObject[] = [];
  const destinations: Prefix[] = [];
  const all: Prefix[] = [];
  const notes: string[] = [];
  for (const family of families) {
    const own = addresses.filter((one) => one.family === family);
    const routes = own.length === 0 ? [] : waysOf(family, lane, place, own, uplink, notes);
    const source = (own.find((one) => !one.deprecated) ?? own[0])?.address;
    for (const { destination, via } of routes) {
      destinations.push(destination);
      objects.push({
        kind: 'route',
        family,
        table,
        destination: routeText(destination),
        type: 'unicast',
        metric: family === 4 ? 0 : 1024,
        link: place.egress,
        ...(via !== undefined && { via }),
        ...(source !== undefined && { source }),
        // Else the link says it. (IPv6 lets a route's MTU follow the link's where they were equal.)
        ...(!place.own && place.mtu < place.egressMtu && { mtu: place.mtu }),
      });
    }
    const behind = prefixesBehind(lane, own);
    all.push(...behind);
    // What nothing holds does not go back to the provider, who sends it here (RFC 7084 WPD-5).
    for (const prefix of behind)
      objects.push({ kind: 'route', family, table, destination: routeText(prefix), type: 'unreachable', metric: LAST });
    const shut = source === undefined || lane.unmatched === 'unreachable';
    if (shut) objects.push({ kind: 'route', family, table, destination: 'default', type: 'unreachable', metric: LAST });
    // A table with nothing in it leads nowhere: such packets go the host's way without a rule.
    if (routes.length === 0 && !shut && behind.length === 0) continue;
    const rule = { kind: 'rule', family, table } as const;
    objects.push({ ...rule, preference: ownership.preference + 1, mark: { value: mark, mask: 0xffffffff } });
    const { preference } = ownership;
    for (const { address } of own)
      if (!behind.some((prefix) => contains(prefix, parsePrefix(address) as Prefix)))
        objects.push({ ...rule, preference: preference + 2, from: address });
    for (const prefix of behind) {
      objects.push({ ...rule, preference: preference + 2, from: routeText(prefix) });
      // Where others of this host have routes for parts of it (containers, a network behind), those lead there.
      objects.push({ ...rule, preference, to: routeText(prefix), table: MAIN, specific: true });
      objects.push({ ...rule, preference: preference + 2, to: routeText(prefix) });
    }
  }
  return { objects, destinations, behind: all, notes };
}

/** Prefixes that are routed to this host, whole: their other addresses are for what stands behind it. Each once. */
function prefixesBehind({ attachment }: LaneWish, own: readonly PlacedAddress[]): readonly Prefix[] {
  if (attachment.type !== 'routed') return [];
  const prefixes = own.flatMap(({ family, address, prefixLength }) =>
    prefixLength === addressBits(family) ? [] : (parsePrefix(`${address}/${prefixLength}`) ?? []),
  );
  return [...new Map(prefixes.map((prefix) => [routeText(prefix), prefix])).values()];
}

export const markOf = (ownership: Ownership, groupId: number): number => (ownership.mark | groupId) >>> 0;
export const tableOf = (ownership: Ownership, groupId: number): number => ownership.tables + groupId;

interface Way {
  readonly destination: Prefix;
  readonly via?: string;
}

/** Ways of one family, each with its next hop where it needs one. */
function waysOf(
  family: Family,
  lane: LaneWish,
  place: LanePlace,
  own: readonly PlacedAddress[],
  uplink: UplinkFacts,
  notes: string[],
): readonly Way[] {
  const routes = new Map<string, Way>();
  // What is routed to the host has no neighbours: a prefix shorter than the address is the lane's own, whole.
  if (lane.attachment.type !== 'routed')
    for (const { address, prefixLength } of own) {
      const destination = parsePrefix(`${address}/${prefixLength}`);
      if (destination === undefined || prefixLength === addressBits(family)) continue;
      routes.set(routeText(destination), { destination });
    }
  const gateway = place.gateway === 'uplink' ? uplink.nextHop[family] : undefined;
  const wanted =
    lane.routes.length === 0
      ? [{ destination: family === 4 ? '0.0.0.0/0' : '::/0', nextHop: undefined }]
      : [...lane.routes, ...waysToDns(family, lane)];
  for (const { destination: text, nextHop } of wanted) {
    const destination = parsePrefix(text);
    if (destination === undefined || destination.family !== family) continue;
    if (place.pointToPoint) {
      routes.set(routeText(destination), { destination });
      continue;
    }
    const via = nextHop === undefined ? gateway : canonicalAddress(nextHop);
    if (via === undefined)
      notes.push(
        place.gateway === 'uplink'
          ? `${uplink.name} has no IPv${family} next hop of its own: group ${lane.groupId} expects ${routeText(destination)} on the link itself.`
          : `No IPv${family} next hop was granted to group ${lane.groupId} for ${routeText(destination)}: it is expected on ${place.egress} itself.`,
      );
    const hop = via === undefined ? undefined : parsePrefix(via);
    // IPv6 accepts a gateway only where the table itself leads to it; a link-local one needs no route.
    if (
      hop?.family === 6 &&
      !contains(LINK_LOCAL, hop) &&
      ![...routes.values()].some((route) => route.via === undefined && contains(route.destination, hop))
    )
      routes.set(routeText(hop), { destination: hop });
    routes.set(routeText(destination), { destination, ...(via !== undefined && { via }) });
  }
  return [...routes.values()];
}

/** The servers granted with a lane are asked by it, also where its routes do not say so: as its first route goes. */
function waysToDns(family: Family, { dns = [], routes, addresses }: LaneWish): readonly LaneRoute[] {
  const reached = [
    ...routes.map(({ destination }) => destination),
    ...addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
  ].flatMap((text) => parsePrefix(text) ?? []);
  const first = routes.find(({ destination }) => parsePrefix(destination)?.family === family);
  return dns.flatMap((server) => {
    const destination = parsePrefix(server);
    if (destination?.family !== family || reached.some((prefix) => contains(prefix, destination))) return [];
    return [{ destination: server, ...(first?.nextHop !== undefined && { nextHop: first.nextHop }) }];
  });
}

const LINK_LOCAL = parsePrefix('fe80::/10') as Prefix;
const MAIN = 254;
/** Behind every other route of the table. */
const LAST = 4_294_967_295;
