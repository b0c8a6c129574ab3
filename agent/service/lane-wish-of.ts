import { bytes, failed, kilobitsPerSecond, ok, type Result } from '@sublane/basics';
import type {
  AccessInterfaceCfgIpv4Address,
  ApplicationGroup,
  QosCfgRate,
  RoutingCfgRoute,
  SecurityCfg,
} from '@sublane/yang';
import { addressBits, parsePrefix, routeText } from '../lanes/ip-address.ts';
import type { DirectionWish, LaneAddress, LaneRoute, LaneWish, SecurityWish } from '../lanes/wish.ts';
import type { HeldLane } from './agent-state.ts';
import { attachmentOf } from './attachment-of.ts';
import type { HostFailure } from './lane-host.ts';
import { validUntil } from './lane-terms.ts';

export interface LaneNaming {
  /** The group's name in the configuration. */
  readonly name: string;
  /** Where the host's WireGuard key is. */
  readonly wireguardKeyFile: string;
}

/** The lane the engine is to make of what the headend granted. Refuses an attachment this host cannot do. */
export function laneWishOf(lane: HeldLane, { name, wireguardKeyFile }: LaneNaming): Result<LaneWish, HostFailure> {
  const group = lane.answer;
  const access = group['access-interface-cfg'];
  const attachment = attachmentOf(access, wireguardKeyFile);
  if (!attachment.ok) {
    const reason = `the lane of group ${name} is to stand on ${attachment.failure}`;
    return failed({ kind: 'host', groupId: lane.groupId, reason });
  }
  const delegated = access.ipv6?.['delegated-prefix'] ?? [];
  if (delegated.length > 0 && attachment.value.type !== 'routed') {
    const reason = `the lane of group ${name} has a delegated prefix (${delegated[0]}), and only routed lanes have these here`;
    return failed({ kind: 'host', groupId: lane.groupId, reason });
  }
  const { dscp, upld, dnld } = group['qos-cfg'];
  const security = group['security-cfg'];
  const dns = access['dns-server'] ?? [];
  return ok({
    groupId: lane.groupId,
    name,
    interface: access.interface,
    attachment: attachment.value,
    ...(access.mtu !== undefined && { mtu: bytes(access.mtu) }),
    addresses: [...addressesOf(group), ...delegated.flatMap(firstAddressOf)],
    routes: routesOf(group),
    unmatched: group['routing-cfg']?.unmatched ?? 'host',
    dscp,
    ...(upld && { upld: directionOf(upld) }),
    ...(dnld && { dnld: directionOf(dnld) }),
    ...(security && { security: securityOf(security) }),
    ...(dns.length > 0 && { dns }),
    validUntil: validUntil(lane),
  });
}

/** The addresses granted, of both families. */
export function addressesOf({
  'access-interface-cfg': { type, ipv4, ipv6 },
}: ApplicationGroup): readonly LaneAddress[] {
  const routed = type === 'iana-if-type:softwareLoopback';
  // What is routed to the host is a host's, whatever the subnet it comes from; whole prefixes are delegated.
  const alone = (length: number) => (one: LaneAddress) => (routed ? { ...one, prefixLength: length } : one);
  return [
    ...(ipv4?.address ?? []).map(addressOf).map(alone(32)),
    ...(ipv6?.address ?? []).map(addressOf).map(alone(128)),
  ];
}

/** The host's own address in a prefix delegated to it; what else is in it is for what stands behind the host. */
function firstAddressOf(text: string): readonly LaneAddress[] {
  const prefix = parsePrefix(text);
  if (prefix === undefined) return [];
  const { family, network, length } = prefix;
  const address = routeText({ family, network: network + 1n, length: addressBits(family) });
  // Never the source of what the group itself opens.
  return [{ address, prefixLength: length, deprecated: true }];
}

/** The routes granted, of both families; none: a default route of each family granted. */
export function routesOf({ 'routing-cfg': routing }: ApplicationGroup): readonly LaneRoute[] {
  return [...(routing?.['ipv4-route'] ?? []), ...(routing?.['ipv6-route'] ?? [])].map(routeOf);
}

const addressOf = (address: AccessInterfaceCfgIpv4Address): LaneAddress => ({
  address: address.ip,
  prefixLength: address['prefix-length'],
  deprecated: address.deprecated !== undefined,
});

const routeOf = (route: RoutingCfgRoute): LaneRoute => ({
  destination: route['destination-prefix'],
  ...(route['next-hop-address'] !== undefined && { nextHop: route['next-hop-address'] }),
});

const directionOf = ({ rate, burst, priority }: QosCfgRate): DirectionWish => ({
  rate: kilobitsPerSecond(rate),
  ...(burst !== undefined && { burst: bytes(burst) }),
  priority,
});

const securityOf = (security: SecurityCfg): SecurityWish => ({
  profile: security.profile,
  isolated: security.isolated ?? false,
  whenDown: whenDownOf(security),
  permit: (security.permit ?? []).map(({ name, destination, protocol, ...ports }) => ({
    name,
    ...(destination !== undefined && { destination }),
    ...(protocol !== undefined && { protocol }),
    ...(ports['lower-port'] !== undefined && {
      ports: { lower: ports['lower-port'], upper: ports['upper-port'] ?? ports['lower-port'] },
    }),
  })),
});

/** What becomes of the group's applications while there is no lane, by its profile. */
export function whenDownOf(security: SecurityCfg | undefined): 'block' | 'host' {
  return security === undefined ? 'host' : (security['when-down'] ?? 'block');
}
