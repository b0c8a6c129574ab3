import type { LaneReport } from './engine.ts';
import type { UplinkFacts } from './observation.ts';
import { type OuterPackets, type SharedLink, sharedLinkOf } from './shared-link.ts';
import type { LaneWish } from './wish.ts';

/** Where a lane stands on this host, and which links its packets pass. */
export interface LanePlace {
  readonly groupId: number;
  /** What its addresses stand on; `none`: it has no address, and needs no link. */
  readonly means: LaneReport['means'];
  readonly link: string;
  /** The link its routes lead to: a queue there sees each packet as the application sent it. */
  readonly egress: string;
  /** The link its packets arrive on, without what a tunnel puts around them. */
  readonly ingress: string;
  /** No other lane's packets pass `egress` and `ingress`, nor the host's: `link`, `egress` and `ingress` are one. */
  readonly own: boolean;
  /** The device below that lanes share; `shared.outer` are a tunnel's packets on the uplink. */
  readonly shared?: SharedLink;
  /** Octets between a packet of layer 3 and the uplink's own frame. */
  readonly overhead: number;
  /** Packets keep the class that the firewall gave them (`skb->priority`) as far as the uplink's root queue. */
  readonly classedAtUplink: boolean;
  /** Where a next hop that is not named is looked for. */
  readonly gateway: 'uplink' | 'none';
  /** Routes have no next hop, whatever was named. */
  readonly pointToPoint: boolean;
  /** The largest packet of layer 3 that `egress` takes. */
  readonly egressMtu: number;
  /** What the lane was granted, as far as `egress` takes it. */
  readonly mtu: number;
}

/** Each lane's place, in order. A tunnel's end is as large as its largest lane; a segment is as large as it can be. */
export function placeLanes(
  lanes: readonly LaneWish[],
  uplink: UplinkFacts,
  has: (name: string) => boolean,
): readonly LanePlace[] {
  const largest = new Map<string, number>();
  for (const { addresses, attachment, mtu } of lanes) {
    const shared = sharedLinkOf(attachment, uplink);
    if (shared?.form !== 'point-to-point' || addresses.length === 0) continue;
    const most = mostOn(shared, uplink);
    largest.set(shared.name, Math.max(largest.get(shared.name) ?? 0, Math.min(mtu ?? most, most)));
  }
  return lanes.map((lane) => placeLane(lane, uplink, has, largest));
}

function placeLane(
  lane: LaneWish,
  uplink: UplinkFacts,
  has: (name: string) => boolean,
  largest: ReadonlyMap<string, number>,
): LanePlace {
  const { groupId, attachment } = lane;
  const common = { groupId, classedAtUplink: true, gateway: 'uplink', pointToPoint: false, overhead: 0 } as const;
  if (lane.addresses.length === 0) {
    const most = { egressMtu: uplink.mtu, mtu: uplink.mtu };
    return { ...common, ...most, means: 'none', ...alongside(uplink.name) };
  }
  const shared = sharedLinkOf(attachment, uplink);
  if (shared === undefined) {
    const most = { egressMtu: uplink.mtu, mtu: Math.min(lane.mtu ?? uplink.mtu, uplink.mtu) };
    if (attachment.type === 'routed') {
      const dummy = has('dummy');
      const link = dummy ? lane.interface : 'lo';
      const way = { egress: uplink.name, ingress: uplink.name, own: false };
      return { ...common, ...most, means: dummy ? 'dummy' : 'loopback', link, ...way };
    }
    return { ...common, ...standOn(uplink.name, uplink.carries, lane, has), ...most };
  }
  const { name, form, overhead } = shared;
  const egressMtu = largest.get(name) ?? mostOn(shared, uplink);
  const base = { ...common, shared, overhead, egressMtu, mtu: Math.min(lane.mtu ?? egressMtu, egressMtu) };
  if (form === 'point-to-point')
    return {
      ...base,
      means: 'tunnel',
      ...alongside(name),
      // What WireGuard sends is made anew.
      classedAtUplink: shared.device.type !== 'wireguard',
      gateway: 'none',
      pointToPoint: true,
    };
  return { ...base, ...standOn(name, { ipvlan: true, macvlan: true }, lane, has), gateway: 'none' };
}

/** On a segment: a link of the lane's own above it where there can be one, else the segment's link itself. */
function standOn(
  segment: string,
  carries: UplinkFacts['carries'],
  lane: LaneWish,
  has: (name: string) => boolean,
): Pick<LanePlace, 'means' | 'link' | 'egress' | 'ingress' | 'own'> {
  const means = (['ipvlan', 'macvlan'] as const).find((type) => carries[type] && has(type));
  if (means === undefined) return { means: 'uplink', ...alongside(segment) };
  return { means, link: lane.interface, egress: lane.interface, ingress: lane.interface, own: true };
}

const alongside = (link: string) => ({ link, egress: link, ingress: link, own: false }) as const;

/** Below IPv6's least a tunnel's packets are sent in pieces instead (RFC 8200 §5). */
const LEAST = 1280;
const mostOn = ({ overhead, device }: SharedLink, { mtu }: UplinkFacts) =>
  device.type === 'vlan' ? mtu : Math.max(LEAST, mtu - overhead);

/** Each of the shared devices once. */
export function sharedPlaces(places: readonly LanePlace[]): readonly (LanePlace & { readonly shared: SharedLink })[] {
  const found = new Map<string, LanePlace & { readonly shared: SharedLink }>();
  for (const place of places) {
    const { shared } = place;
    if (shared !== undefined && !found.has(shared.name)) found.set(shared.name, { ...place, shared });
  }
  return [...found.values()];
}

/** The packets of tunnels as the uplink sees them, each kind once. */
export const outerPackets = (places: readonly LanePlace[]): readonly OuterPackets[] =>
  sharedPlaces(places).flatMap(({ shared }) => shared.outer ?? []);
