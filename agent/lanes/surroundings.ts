import { contains, FAMILIES, type Family, parsePrefix } from './ip-address.ts';
import { chooseUplink, isOfVpns, type Observation } from './observation.ts';

/** Where the host stands, as the kernel's tables tell: what `surroundings` decides by beside the observation. */
export interface HostFacts {
  /** Where packets without a mark go, to destinations all over the Internet, by all rules and tables of the host. */
  readonly ways: readonly HostWay[];
  /** The prefixes of the host's own addresses by link, without link-local ones and those of one address. */
  readonly prefixes: ReadonlyMap<string, readonly string[]>;
  /** How often each link has lost or found its cable or radio since it was made. */
  readonly carrierChanges: ReadonlyMap<string, number>;
  /** Hardware addresses of neighbours, as far as they are known. */
  readonly neighbours: readonly { readonly link: string; readonly address: string; readonly mac: string }[];
}

export interface HostWay {
  readonly family: Family;
  readonly destination: string;
  /** Absent: such packets go nowhere. */
  readonly link?: string;
}

/** The network that a host stands in, told apart from others by what a host can see of it. */
export interface Network {
  readonly uplink: string;
  readonly nextHop: { readonly 4?: string; readonly 6?: string };
  /** Hardware addresses of the next hops. */
  readonly mac: { readonly 4?: string; readonly 6?: string };
  readonly prefixes: readonly string[];
}

export type AwayReason = 'no-uplink' | 'other-network' | 'vpn' | 'portal';

/** `right`: lanes stand. `away`: they are taken away until it is right again. `text`: a sentence for the person. */
export type Surroundings =
  | { readonly state: 'right'; readonly network: Network; readonly text: string }
  | {
      readonly state: 'away';
      readonly reason: AwayReason;
      readonly text: string;
      /** Where there is one. */
      readonly network?: Network;
    };

export interface SurroundingsInput {
  readonly seen: Pick<Observation, 'links' | 'defaults'>;
  readonly facts: HostFacts;
  /** As in the wish. */
  readonly uplink: string;
  readonly vpn: 'wins' | 'beside';
  /** The one in which the headend last said what this host holds; undefined: not known, this one is taken for it. */
  readonly granted?: Network;
  /** How it is known that a login page stands before the Internet; undefined: it does not. */
  readonly portal?: string;
}

/** Whether the lanes of this host can stand where it is now. */
export function surroundings({ seen, facts, uplink, vpn, granted, portal }: SurroundingsInput): Surroundings {
  const network = networkOf(uplink, seen, facts);
  const taken = vpn === 'wins' ? takenByVpn(uplink, seen, facts, network, granted) : undefined;
  if (taken !== undefined)
    return {
      state: 'away',
      reason: 'vpn',
      text: `${taken}; lanes come back when it ends`,
      ...(network && { network }),
    };
  if (network === undefined)
    return {
      state: 'away',
      reason: 'no-uplink',
      text: uplink === 'auto' ? 'this host has no default route by an uplink' : `the uplink ${uplink} is not there`,
    };
  if (granted !== undefined && !sameNetwork(granted, network))
    return {
      state: 'away',
      reason: 'other-network',
      text: `this host is in another network (${networkText(network)}) than its lanes were granted in (${networkText(granted)}); the headend is asked`,
      network,
    };
  if (portal !== undefined)
    return { state: 'away', reason: 'portal', text: `a login page stands before this network: ${portal}`, network };
  return { state: 'right', network, text: networkText(network) };
}

/** The network behind the uplink; undefined: there is no uplink that leads anywhere. */
export function networkOf(
  wanted: string,
  { links, defaults }: SurroundingsInput['seen'],
  { prefixes, neighbours }: HostFacts,
): Network | undefined {
  const chosen = chooseUplink(wanted, { links, defaults });
  if (!chosen.ok || !chosen.value.up) return undefined;
  const { name } = chosen.value;
  const nextHop: { 4?: string; 6?: string } = {};
  const mac: { 4?: string; 6?: string } = {};
  for (const family of FAMILIES) {
    const via = [...defaults]
      .sort((a, b) => a.metric - b.metric)
      .find((route) => route.family === family && route.link === name)?.via;
    if (via === undefined) continue;
    nextHop[family] = via;
    const known = neighbours.find(({ link, address }) => link === name && address === via)?.mac;
    if (known !== undefined) mac[family] = known;
  }
  return { uplink: name, nextHop, mac, prefixes: [...(prefixes.get(name) ?? [])].sort() };
}

/**
 * Whether lanes granted in one are lanes of the other. Another gateway in one public prefix is the same network, but
 * private prefixes are the same everywhere: there, and behind a gateway of the same address, its hardware address tells.
 */
export function sameNetwork(a: Network, b: Network): boolean {
  const known = FAMILIES.filter((family) => a.mac[family] !== undefined && b.mac[family] !== undefined);
  const sameGateway = known.some((family) => a.mac[family] === b.mac[family]);
  if (a.uplink !== b.uplink && !sameGateway) return false;
  const shared = a.prefixes.filter((prefix) => b.prefixes.includes(prefix));
  if (FAMILIES.some((family) => isRenumbered(a, b, family))) return false;
  if (shared.length === 0 && !FAMILIES.some((family) => isSameHop(a, b, family))) return false;
  if (known.length === 0 || sameGateway) return true;
  const stranger = known.some((family) => a.nextHop[family] === b.nextHop[family]);
  return !stranger && shared.some((prefix) => !isPrivate(prefix));
}

function isRenumbered(a: Network, b: Network, family: Family): boolean {
  const [before, now] = [a, b].map(({ prefixes }) => prefixes.filter((one) => parsePrefix(one)?.family === family));
  if (before === undefined || now === undefined || before.length === 0 || now.length === 0) return false;
  return !before.some((prefix) => now.includes(prefix));
}

const isSameHop = (a: Network, b: Network, family: Family) =>
  a.nextHop[family] !== undefined && a.nextHop[family] === b.nextHop[family];

/** RFC 1918, RFC 6598, RFC 3927, RFC 4193: used by anyone. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16', 'fc00::/7'];

function isPrivate(text: string): boolean {
  const prefix = parsePrefix(text);
  return prefix !== undefined && PRIVATE.some((one) => contains(parsePrefix(one) as typeof prefix, prefix));
}

/**
 * Whether all that the host sends goes into a VPN, however that was done: a default route with a better metric, the two
 * halves of it (OpenVPN's def1), or rules (wg-quick, NetworkManager, Tailscale's exit node). A link that the person named
 * as the uplink is none; nor is the only way there ever was, as a dialled line has it.
 */
function takenByVpn(
  wanted: string,
  { links, defaults }: SurroundingsInput['seen'],
  { ways }: HostFacts,
  network: Network | undefined,
  granted: Network | undefined,
): string | undefined {
  const linkOf = (name: string) => links.find((link) => link.name === name);
  for (const family of FAMILIES) {
    const into = new Set(ways.filter((way) => way.family === family).map(({ link }) => link));
    if (into.size === 0) continue;
    const names = [...into].filter((name) => name !== undefined);
    if (names.length === 0 && network?.nextHop[family] !== undefined)
      return `a rule of this host stops all IPv${family} that does not go by a VPN`;
    if (names.length === into.size && names.every(isVpn) && isTakenFromUplink(family))
      return `the VPN ${names.join(', ')} takes all IPv${family} of this host`;
  }
  return undefined;

  /** A family that the uplink never had may well come by a link of this kind: IPv4 by 464XLAT. */
  function isTakenFromUplink(family: Family): boolean {
    if (network === undefined || isVpn(network.uplink) || granted?.nextHop[family] !== undefined) return true;
    return defaults.some((route) => route.family === family && route.link === network.uplink);
  }

  function isVpn(name: string): boolean {
    const link = linkOf(name);
    if (link === undefined || link.ours || !isOfVpns(link) || name === wanted) return false;
    if (link.type !== 'ppp' || name !== network?.uplink) return true;
    // A dialled line: a VPN only where the way it replaced is still there.
    const before = granted === undefined ? undefined : linkOf(granted.uplink);
    return defaults.some((route) => route.link !== name) || (before !== undefined && before.name !== name && before.up);
  }
}

export function networkText({ uplink, nextHop, prefixes }: Network): string {
  const hops = [nextHop[4], nextHop[6]].filter((hop) => hop !== undefined);
  const where = [...(hops.length > 0 ? [`via ${hops.join(' and ')}`] : []), ...prefixes];
  return [uplink, ...where].join(' ');
}
