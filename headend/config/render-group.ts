import type { Seconds } from '@sublane/basics';
import type {
  ApplicationGroup,
  InterfaceType,
  QosCfgRate,
  RoutingCfg,
  RoutingCfgRoute,
  SecurityCfg,
} from '@sublane/yang';
import type { SecurityProfile } from '../policy/configuration.ts';
import type { Plan, Route, ServiceClass } from '../policy/plan.ts';
import { formatPrefix, type IpPrefix, parsePrefix } from '../pools/ip-address.ts';
import type { Attachment, Pool, Tunnel } from '../pools/pool.ts';
import { isPointToPoint } from '../pools/tunnel.ts';
import type { LaneRate, Lease } from '../store/records.ts';

/** How long a lane holds, from the moment the host sent its request. */
export interface Lifetimes {
  readonly valid: Seconds;
  /** Less than `valid`. */
  readonly renewAfter: Seconds;
}

/** What all lanes of the kind have: the lease names them, the configuration holds them. */
export interface LaneSurroundings {
  readonly pool: Pool;
  readonly plan?: Plan;
  readonly security?: SecurityProfile;
}

/** One group of the message to the host. */
export function renderGroup(lease: Lease, surroundings: LaneSurroundings, lifetimes: Lifetimes): ApplicationGroup {
  const { pool, plan, security } = surroundings;
  // A lane without a family reaches nothing of it: no resolver, and no check would ever succeed.
  const dnsServers = pool.dns.filter((address) => hasFamilyOf(lease, address));
  const reachable = pool.checks.filter((address) => hasFamilyOf(lease, address));
  const checks = reachable.length > 0 ? reachable : gatewaysOf(lease, pool);
  return {
    id: lease.groupId,
    'access-interface-cfg': {
      interface: interfaceName(lease.groupId),
      type: INTERFACE_TYPES[pool.attachment.kind],
      ...(pool.mtu !== undefined && { mtu: pool.mtu }),
      ...(pool.attachment.kind === 'vlan' && { 'vlan-id': pool.attachment.vlanId }),
      ...(pool.attachment.kind === 'tunnel' && { tunnel: renderTunnel(pool.attachment.tunnel) }),
      // One address of the host's own, not a network: 32 and 128 whatever the pool's prefix.
      ...(lease.ipv4 !== undefined && { ipv4: address(lease.ipv4, 32) }),
      ...(lease.ipv6 !== undefined && {
        ipv6: {
          ...address(lease.ipv6, 128),
          ...(lease.delegatedPrefix !== undefined && { 'delegated-prefix': [lease.delegatedPrefix] }),
        },
      }),
      ...(dnsServers.length > 0 && { 'dns-server': dnsServers }),
      ...(checks.length > 0 && { 'check-address': checks }),
    },
    'routing-cfg': renderRouting(lease, plan, pool),
    'qos-cfg': {
      dscp: lease.dscp,
      ...(lease.upld && { upld: grantedRate(lease.upld, lease) }),
      ...(lease.dnld && { dnld: grantedRate(lease.dnld, lease) }),
    },
    ...(lease.security !== undefined && { 'security-cfg': renderSecurity(lease.security, security) }),
    ...(lease.applications.length > 0 && { 'application-list': lease.applications }),
    lease: { id: lease.id, 'valid-lifetime': lifetimes.valid, 'renew-after': lifetimes.renewAfter },
  };
}

/** At most 15 characters (Linux) of what `pbm:interface-name` allows, and different for every group of a host. */
export const interfaceName = (groupId: number): string => `sl${groupId}`;

/** `access-interface-cfg/type` by attachment: identities of iana-if-type (RFC 7224). */
const INTERFACE_TYPES: Readonly<Record<Attachment['kind'], InterfaceType>> = {
  'on-link': 'iana-if-type:propVirtual',
  routed: 'iana-if-type:softwareLoopback',
  vlan: 'iana-if-type:l2vlan',
  tunnel: 'iana-if-type:tunnel',
};

function renderTunnel(tunnel: Tunnel): TunnelCfg {
  const end = { encapsulation: tunnel.encapsulation, 'remote-address': tunnel.remote };
  switch (tunnel.encapsulation) {
    case 'gre':
      return { ...end, ...(tunnel.key !== undefined && { key: tunnel.key }) };
    case 'ipip':
      return end;
    case 'vxlan':
      return { ...end, 'remote-port': tunnel.port, key: tunnel.identifier };
    case 'wireguard':
      return { ...end, 'remote-port': tunnel.port, 'public-key': tunnel.publicKey };
  }
}

type TunnelCfg = NonNullable<ApplicationGroup['access-interface-cfg']['tunnel']>;

/** Lanes of one plan, class and pool have the same routes, and all three are immutable: each is made once. */
const known = new WeakMap<Plan, WeakMap<Pool, Map<string, RoutingCfg>>>();

function renderRouting(lease: Lease, plan: Plan | undefined, pool: Pool): RoutingCfg {
  if (plan === undefined) return routingOf(lease, undefined, [], pool);
  const ofPlan = known.get(plan) ?? new WeakMap<Pool, Map<string, RoutingCfg>>();
  known.set(plan, ofPlan);
  const ofPool = ofPlan.get(pool) ?? new Map<string, RoutingCfg>();
  ofPlan.set(pool, ofPool);
  const key = `${lease.class} ${lease.ipv4 !== undefined} ${lease.ipv6 !== undefined}`;
  const routing = ofPool.get(key) ?? routingOf(lease, plan.classes.get(lease.class), plan.routes, pool);
  ofPool.set(key, routing);
  return routing;
}

/**
 * External: everything, by the pool's gateways. Internal: the listed routes, and `unmatched` stays with the host: the
 * provider's own network is not the Internet. Routes listed by an external class come beside its default.
 */
function routingOf(
  lease: Lease,
  service: ServiceClass | undefined,
  routesOfPlan: readonly Route[],
  pool: Pool,
): RoutingCfg {
  const listed = service !== undefined && service.routes.length > 0 ? service.routes : routesOfPlan;
  const internal = service?.scope === 'internal';
  const defaults: Route[] = internal ? [] : [{ to: '0.0.0.0/0' }, { to: '::/0' }];
  // What enters a point-to-point tunnel comes out at the edge: no next hop, not even one that a route names.
  const hops = isPointToPoint(pool.attachment) ? undefined : pool;
  const ipv4 = lease.ipv4 === undefined ? [] : routesOf(4, listed, defaults, hops && { gateway: hops.ipv4Gateway });
  const ipv6 = lease.ipv6 === undefined ? [] : routesOf(16, listed, defaults, hops && { gateway: hops.ipv6Gateway });
  return {
    ...(ipv4.length > 0 && { 'ipv4-route': ipv4 }),
    ...(ipv6.length > 0 && { 'ipv6-route': ipv6 }),
    unmatched: internal ? 'host' : 'unreachable',
  };
}

/**
 * Routes of one family (by the length of its addresses in bytes), each destination once; what is listed goes first.
 * `hops` absent: none has a next hop.
 */
function routesOf(
  family: number,
  listed: readonly Route[],
  defaults: readonly Route[],
  hops: { readonly gateway: string | undefined } | undefined,
): RoutingCfgRoute[] {
  const routes = new Map<string, RoutingCfgRoute>();
  for (const { to, via = hops?.gateway } of [...listed, ...defaults]) {
    const prefix: IpPrefix | undefined = parsePrefix(to);
    if (prefix === undefined || prefix.base.length !== family) continue;
    const destination = formatPrefix(prefix);
    if (routes.has(destination)) continue;
    routes.set(destination, {
      'destination-prefix': destination,
      ...(hops !== undefined && via !== undefined && { 'next-hop-address': via }),
    });
  }
  return [...routes.values()];
}

function renderSecurity(profile: string, rules: SecurityProfile | undefined): SecurityCfg {
  const permit = rules?.permits?.map(({ name, destination, protocol, lowerPort, upperPort }) => ({
    name,
    ...(destination !== undefined && { destination }),
    ...(protocol !== undefined && { protocol }),
    ...(lowerPort !== undefined && { 'lower-port': lowerPort }),
    ...(upperPort !== undefined && { 'upper-port': upperPort }),
  }));
  return {
    profile,
    ...(rules?.isolated !== undefined && { isolated: rules.isolated }),
    ...(rules?.whenDown !== undefined && { 'when-down': rules.whenDown }),
    ...(permit && permit.length > 0 && { permit }),
  };
}

function hasFamilyOf(lease: Lease, address: string): boolean {
  return (address.includes(':') ? lease.ipv6 : lease.ipv4) !== undefined;
}

function gatewaysOf(lease: Lease, { ipv4Gateway, ipv6Gateway }: Pool): string[] {
  const gateways = [lease.ipv4 && ipv4Gateway, lease.ipv6 && ipv6Gateway];
  return gateways.filter((gateway) => gateway !== undefined);
}

function address(
  ip: string,
  length: number,
): { readonly address: readonly [{ readonly ip: string; readonly 'prefix-length': number }] } {
  return { address: [{ ip, 'prefix-length': length }] };
}

function grantedRate({ rate, burst }: LaneRate, { priority }: Lease): QosCfgRate {
  return { rate, ...(burst !== undefined && { burst }), priority };
}
