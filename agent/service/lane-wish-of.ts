import { bytes, failed, kilobitsPerSecond, ok, type Result } from '@sublane/basics';
import type { AccessInterfaceCfgIpv4Address, QosCfgRate, RoutingCfgRoute, SecurityCfg } from '@sublane/yang';
import type { DirectionWish, LaneAddress, LaneRoute, LaneWish, SecurityWish } from '../lanes/wish.ts';
import type { HeldLane } from './agent-state.ts';
import type { HostFailure } from './lane-host.ts';
import { validUntil } from './lane-terms.ts';

/** The lane the engine is to make of what the headend granted. Refuses an attachment this host cannot do. */
export function laneWishOf(lane: HeldLane, name: string): Result<LaneWish, HostFailure> {
  const group = lane.answer;
  const access = group['access-interface-cfg'];
  if (access.type !== 'iana-if-type:propVirtual') {
    const reason = `the lane of group ${name} is of interface type ${access.type}; this agent does on-link lanes (iana-if-type:propVirtual)`;
    return failed({ kind: 'host', groupId: lane.groupId, reason });
  }
  const routing = group['routing-cfg'];
  const { dscp, upld, dnld } = group['qos-cfg'];
  const security = group['security-cfg'];
  return ok({
    groupId: lane.groupId,
    name,
    interface: access.interface,
    attachment: { type: 'on-link' },
    ...(access.mtu !== undefined && { mtu: bytes(access.mtu) }),
    addresses: [...(access.ipv4?.address ?? []), ...(access.ipv6?.address ?? [])].map(addressOf),
    routes: [...(routing?.['ipv4-route'] ?? []), ...(routing?.['ipv6-route'] ?? [])].map(routeOf),
    unmatched: routing?.unmatched ?? 'host',
    dscp,
    ...(upld && { upld: directionOf(upld) }),
    ...(dnld && { dnld: directionOf(dnld) }),
    ...(security && { security: securityOf(security) }),
    validUntil: validUntil(lane),
  });
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
  whenDown: security['when-down'] ?? 'block',
  permit: (security.permit ?? []).map(({ name, destination, protocol, ...ports }) => ({
    name,
    ...(destination !== undefined && { destination }),
    ...(protocol !== undefined && { protocol }),
    ...(ports['lower-port'] !== undefined && {
      ports: { lower: ports['lower-port'], upper: ports['upper-port'] ?? ports['lower-port'] },
    }),
  })),
});
