import type { ApplicationGroup } from '@sublane/yang';
import type { AcceptRules, Within } from '../config/accept-rules.ts';
import { addressBits, canonicalAddress, contains, type Prefix, parsePrefix, prefixText } from '../lanes/ip-address.ts';
import type { ReplyHost } from './accept-reply.ts';
import type { HostNetwork } from './own-networks.ts';
import type { ReplyRefusal } from './reply-refusal.ts';

/** The other lanes of this host. */
export interface Neighbours {
  /** What each group has for itself. */
  readonly claims: readonly { readonly prefix: Prefix; readonly groupId: number }[];
  readonly interfaces: ReadonlyMap<string, number>;
  readonly count: number;
}

/** What a lane has for itself: its addresses, and the prefixes delegated to it. */
export function claimsOf({ 'access-interface-cfg': { ipv4, ipv6 } }: ApplicationGroup): readonly Prefix[] {
  const texts = [...(ipv4?.address ?? []), ...(ipv6?.address ?? [])].map(({ ip }) => ip);
  return [...texts, ...(ipv6?.['delegated-prefix'] ?? [])].flatMap((text) => parsePrefix(text) ?? []);
}

/** What no lane may have or lead to: each would reach this host itself, its segment, or nobody. */
const SPECIAL: readonly (readonly [what: string, prefix: string])[] = [
  ['unspecified', '0.0.0.0/8'],
  ['loopback', '127.0.0.0/8'],
  ['link-local', '169.254.0.0/16'],
  ['multicast', '224.0.0.0/4'],
  ['reserved or broadcast', '240.0.0.0/4'],
  ['unspecified', '::/128'],
  ['loopback', '::1/128'],
  ['an IPv4 address in IPv6 form', '::ffff:0:0/96'],
  ['link-local', 'fe80::/10'],
  ['multicast', 'ff00::/8'],
];
const SPECIAL_PREFIXES = SPECIAL.map(([what, text]) => ({ what, prefix: parsePrefix(text) as Prefix }));
const LINK_LOCAL = parsePrefix('fe80::/10') as Prefix;

/** RFC 6177 §2. */
const SHORTEST_DELEGATED = 48;

const overlap = (a: Prefix, b: Prefix) => contains(a, b) || contains(b, a);
const specialty = (prefix: Prefix) => SPECIAL_PREFIXES.find((one) => overlap(one.prefix, prefix))?.what;
const isWithin = (prefix: Prefix, within: Within) => within === 'any' || within.some((one) => contains(one, prefix));

/** What an address may not be, whoever names it for whatever. */
function* foreignAddress(prefix: Prefix, address: string, host: ReplyHost): Generator<string> {
  const special = specialty(prefix);
  if (special !== undefined) yield `is ${special}`;
  const own = host.addresses.find((one) => one.address === address);
  if (own !== undefined) yield `is this host's own address (on ${own.link})`;
}

export function* addressRefusals(
  group: ApplicationGroup,
  others: Neighbours,
  rules: AcceptRules,
  host: ReplyHost,
): Generator<ReplyRefusal> {
  const access = group['access-interface-cfg'];
  const holderOf = (prefix: Prefix) => others.claims.find((one) => overlap(one.prefix, prefix))?.groupId;
  const mine = new Set<string>();
  for (const family of ['ipv4', 'ipv6'] as const)
    for (const { ip, 'prefix-length': length } of access[family]?.address ?? []) {
      const path = `access-interface-cfg/${family}/address`;
      const address = canonicalAddress(ip);
      const prefix = parsePrefix(ip);
      if (address === undefined || prefix === undefined) continue;
      const never = (why: string): ReplyRefusal => ({ rule: 'always', path: `${path}/ip`, value: ip, why });
      for (const why of foreignAddress(prefix, address, host)) yield never(why);
      if (host.gateways.includes(address)) yield never("is the router of this host's own network");
      if (host.headend === address) yield never('is the headend itself');
      if (host.resolvers.includes(address)) yield never('is a DNS server that this host itself asks');
      for (const why of edgeOfNetwork(prefix, host.networks)) yield never(why);
      const subnet = parsePrefix(`${address}/${length}`);
      const twin = mine.has(address) ? group.id : holderOf(prefix);
      if (twin !== undefined) yield never(`is also group ${twin}'s`);
      mine.add(address);
      if (!isWithin(prefix, rules.addresses.within))
        yield {
          rule: 'accept.addresses.within',
          path: `${path}/ip`,
          value: ip,
          why: 'is not in a network that lanes may be of',
          remedy: `${address}/${prefix.length} in accept.addresses.within`,
        };
      if (subnet === undefined || subnet.length === addressBits(subnet.family)) continue;
      // What is of the subnet is reached on the lane's link, or is the lane's: a route like others.
      yield* destinationRefusals(
        subnet,
        { path: `${path}[ip='${ip}']/prefix-length`, value: String(length) },
        group,
        rules,
        host,
      );
    }
  for (const text of access.ipv6?.['delegated-prefix'] ?? []) {
    const prefix = parsePrefix(text);
    if (prefix === undefined) continue;
    const leaf = { path: 'access-interface-cfg/ipv6/delegated-prefix', value: text };
    const holder = holderOf(prefix);
    if (holder !== undefined) yield { ...leaf, rule: 'always', why: `is also group ${holder}'s` };
    // All of it is answered for here: also what this host itself sends there.
    const needed = [...host.gateways, ...host.resolvers, ...(host.headend === undefined ? [] : [host.headend])];
    const taken = needed.find((one) => contains(prefix, parsePrefix(one) ?? prefix));
    if (taken !== undefined) yield { ...leaf, rule: 'always', why: `has ${taken} in it, which this host itself needs` };
    if (prefix.length < SHORTEST_DELEGATED)
      yield { ...leaf, rule: 'always', why: `is more than a site gets (/${SHORTEST_DELEGATED} at most)` };
    yield* destinationRefusals(prefix, leaf, group, rules, host);
    if (!isWithin(prefix, rules.addresses.within))
      yield {
        ...leaf,
        rule: 'accept.addresses.within',
        why: 'is not in a network that lanes may be of',
        remedy: `${text} in accept.addresses.within`,
      };
  }
  for (const text of access['dns-server'] ?? []) {
    const address = canonicalAddress(text);
    const prefix = parsePrefix(text);
    if (address === undefined || prefix === undefined) continue;
    const leaf = { path: 'access-interface-cfg/dns-server', value: text };
    for (const why of foreignAddress(prefix, address, host)) yield { ...leaf, rule: 'always', why };
    if (!isWithin(prefix, rules.dns.within))
      yield {
        ...leaf,
        rule: 'accept.dns.within',
        why: 'is not in a network whose name servers are permitted',
        remedy: `${text}/${addressBits(prefix.family)} in accept.dns.within`,
      };
  }
}

/** Network and broadcast addresses, and IPv6's anycast address of all routers (RFC 4291 §2.6.1), of networks here. */
function* edgeOfNetwork(address: Prefix, networks: readonly HostNetwork[]): Generator<string> {
  for (const { prefix } of networks) {
    if (prefix.family !== address.family) continue;
    const hostBits = addressBits(prefix.family) - prefix.length;
    if (hostBits < 2) continue; // RFC 3021, RFC 6164: two routers and nothing else
    if (address.network === prefix.network) yield `is the network address of ${prefixText(prefix)}`;
    if (prefix.family === 4 && address.network === prefix.network + (1n << BigInt(hostBits)) - 1n)
      yield `is the broadcast address of ${prefixText(prefix)}`;
  }
}

export function* routeRefusals(group: ApplicationGroup, rules: AcceptRules, host: ReplyHost): Generator<ReplyRefusal> {
  const routing = group['routing-cfg'];
  let listed = 0;
  for (const name of ['ipv4-route', 'ipv6-route'] as const)
    for (const { 'destination-prefix': text, 'next-hop-address': hop } of routing?.[name] ?? []) {
      listed++;
      const path = `routing-cfg/${name}`;
      const prefix = parsePrefix(text);
      if (prefix !== undefined)
        yield* destinationRefusals(prefix, { path: `${path}/destination-prefix`, value: text }, group, rules, host);
      if (hop !== undefined)
        yield* hopRefusals(hop, `${path}[destination-prefix='${text}']/next-hop-address`, group, rules, host);
    }
  if (listed > 0) return;
  const access = group['access-interface-cfg'];
  for (const [family, text] of [
    ['ipv4', '0.0.0.0/0'],
    ['ipv6', '::/0'],
  ] as const)
    if ((access[family]?.address ?? []).length > 0 && !isWithin(parsePrefix(text) as Prefix, rules.routes.to))
      yield {
        rule: 'accept.routes.to',
        path: 'routing-cfg',
        value: '',
        why: `lists no route, which means a default route (${text}), and that is not permitted`,
        remedy: `${text} in accept.routes.to`,
      };
}

/** A way of the lane's applications: a default route is one like others; into what is the host's own there is none. */
function* destinationRefusals(
  prefix: Prefix,
  leaf: Pick<ReplyRefusal, 'path' | 'value'>,
  group: ApplicationGroup,
  rules: AcceptRules,
  host: ReplyHost,
): Generator<ReplyRefusal> {
  const isRoute = leaf.path.startsWith('routing-cfg');
  const isDefault = isRoute && prefix.length === 0;
  const special = isDefault ? undefined : specialty(prefix);
  const text = prefixText(prefix);
  if (special !== undefined) yield { ...leaf, rule: 'always', why: `leads to what is ${special} (${text})` };
  // What the host has itself is the host's before any route is looked at; a subnet would be the lane's as a whole.
  const isAddress = prefix.length === addressBits(prefix.family);
  if (isRoute ? isAddress : !isOnUplink(group))
    for (const own of host.addresses)
      if (contains(prefix, parsePrefix(own.address) as Prefix))
        yield { ...leaf, rule: 'always', why: `leads to this host's own address ${own.address}` };
  if (isRoute && !isWithin(prefix, rules.routes.to))
    yield {
      ...leaf,
      rule: 'accept.routes.to',
      why: 'is not in a network that lanes may lead to',
      remedy: `${text} in accept.routes.to`,
    };
  if (isDefault || rules.routes.localNetworks) return;
  const taken = host.networks.find((one) => overlap(one.prefix, prefix) && !isExempt(one, group, host));
  if (taken === undefined) return;
  const network = prefixText(taken.prefix);
  yield {
    ...leaf,
    rule: 'accept.routes.local-networks',
    why: `takes traffic to ${network}, a network this host itself stands in (by ${taken.link})`,
    remedy: `direct: [ "${network}" ], which keeps that network out of all lanes, or accept: { routes: { local-networks: yes } }`,
  };
}

const isOnUplink = (group: ApplicationGroup) => group['access-interface-cfg'].type === 'iana-if-type:propVirtual';

/** The network that an on-link lane itself stands in, and what lanes do not get at in any case. */
function isExempt({ prefix, link }: HostNetwork, group: ApplicationGroup, host: ReplyHost): boolean {
  if (isOnUplink(group) && link === (host.uplink ?? host.defaultLink)) return true;
  return host.direct.some((text) => {
    const direct = parsePrefix(text);
    return text === 'connected' || (direct !== undefined && contains(direct, prefix));
  });
}

function* hopRefusals(
  hop: string,
  path: string,
  group: ApplicationGroup,
  rules: AcceptRules,
  host: ReplyHost,
): Generator<ReplyRefusal> {
  const prefix = parsePrefix(hop);
  const address = canonicalAddress(hop);
  if (prefix === undefined || address === undefined) return;
  const leaf = { path, value: hop };
  if (!contains(LINK_LOCAL, prefix))
    for (const why of foreignAddress(prefix, address, host)) yield { ...leaf, rule: 'always', why };
  if (addressTexts(group).has(address)) yield { ...leaf, rule: 'always', why: "is the lane's own address" };
  if (!isWithin(prefix, rules.routes.nextHops))
    yield {
      ...leaf,
      rule: 'accept.routes.next-hops',
      why: 'is not in a network whose routers are permitted',
      remedy: `${hop}/${addressBits(prefix.family)} in accept.routes.next-hops`,
    };
}

const addressTexts = ({ 'access-interface-cfg': { ipv4, ipv6 } }: ApplicationGroup): ReadonlySet<string> =>
  new Set([...(ipv4?.address ?? []), ...(ipv6?.address ?? [])].map(({ ip }) => canonicalAddress(ip) ?? ip));

export function* tunnelRefusals(
  group: ApplicationGroup,
  others: Neighbours,
  rules: AcceptRules,
  host: ReplyHost,
): Generator<ReplyRefusal> {
  const { tunnel, ipv4, ipv6 } = group['access-interface-cfg'];
  if (tunnel === undefined) return;
  const remote = tunnel['remote-address'];
  const prefix = parsePrefix(remote);
  const address = canonicalAddress(remote);
  if (prefix === undefined || address === undefined) return;
  const leaf = { path: 'access-interface-cfg/tunnel/remote-address', value: remote };
  for (const why of foreignAddress(prefix, address, host)) yield { ...leaf, rule: 'always', why };
  for (const why of edgeOfNetwork(prefix, host.networks)) yield { ...leaf, rule: 'always', why };
  const holder = others.claims.find((one) => contains(one.prefix, prefix))?.groupId;
  if (holder !== undefined) yield { ...leaf, rule: 'always', why: `is an address of group ${holder}` };

  const routing = group['routing-cfg'];
  const inside = [
    ...[...(ipv4?.address ?? []), ...(ipv6?.address ?? [])].map((one) => `${one.ip}/${one['prefix-length']}`),
    ...[...(routing?.['ipv4-route'] ?? []), ...(routing?.['ipv6-route'] ?? [])].map((one) => one['destination-prefix']),
  ].find((text) => {
    const way = parsePrefix(text);
    return way !== undefined && way.length > 0 && contains(way, prefix);
  });
  if (inside !== undefined)
    yield { ...leaf, rule: 'always', why: `lies in ${inside}, which is to be reached through the tunnel itself` };

  const uplink = host.uplink ?? host.defaultLink;
  const local = host.networks.find((one) => one.link !== uplink && contains(one.prefix, prefix));
  if (local !== undefined && !rules.routes.localNetworks)
    yield {
      ...leaf,
      rule: 'accept.routes.local-networks',
      why: `is in ${prefixText(local.prefix)}, a network this host itself stands in (by ${local.link})`,
      remedy: 'accept: { routes: { local-networks: yes } }',
    };
  if (!isWithin(prefix, rules.tunnelsTo))
    yield {
      ...leaf,
      rule: 'accept.tunnels.to',
      why: 'is not in a network that tunnels may lead to',
      remedy: `${remote}/${addressBits(prefix.family)} in accept.tunnels.to`,
    };
  if (tunnel['remote-port'] === 0)
    yield { rule: 'always', path: 'access-interface-cfg/tunnel/remote-port', value: '0', why: 'is no port' };
  const key = tunnel['public-key'];
  if (key !== undefined && (key === host.wireguardPublicKey || /^A{43}=$/.test(key)))
    yield {
      rule: 'always',
      path: 'access-interface-cfg/tunnel/public-key',
      value: key,
      why: key === host.wireguardPublicKey ? "is this host's own key" : 'is no key',
    };
}
