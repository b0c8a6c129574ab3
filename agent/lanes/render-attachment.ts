import { type Family, type Prefix, parsePrefix, routeText } from './ip-address.ts';
import { MARK_MASK, type Ownership } from './kernel.ts';
import type { Device, KernelObject, SettingObject } from './kernel-object.ts';
import { type LanePlace, outerPackets, sharedPlaces } from './lane-place.ts';
import type { UplinkFacts } from './observation.ts';
import type { LaneWish } from './wish.ts';

/** An address of a lane that this kernel can hold. */
export interface PlacedAddress {
  readonly family: Family;
  readonly address: string;
  readonly prefixLength: number;
  readonly deprecated: boolean;
}

/** What lanes share: the VLANs and tunnels they stand on, what is borrowed of the uplink, and the outer packets' way. */
export function renderShared(
  places: readonly LanePlace[],
  addresses: ReadonlyMap<number, readonly PlacedAddress[]>,
  uplink: UplinkFacts,
  ownership: Ownership,
  families: readonly Family[],
): readonly KernelObject[] {
  const held = (groupId: number) => addresses.get(groupId) ?? [];
  const beside = places.some(
    ({ means, shared, groupId }) => means === 'macvlan' && shared === undefined && held(groupId).length > 0,
  );
  const borrowed = beside ? uplink.arp.map(borrow) : [];
  const links = sharedPlaces(places).flatMap(({ shared, egressMtu }) => {
    const standing = places.filter(({ link }) => link === shared.name).flatMap(({ groupId }) => held(groupId));
    return linkOf(shared.name, shared.device, egressMtu, ownership, families, hasSix(standing));
  });
  const ways = outerPackets(places).flatMap((outer): KernelObject[] => {
    // By the inner packet's mark it would go into the tunnel again.
    if (!outer.routedByMark || outer.port === undefined || !families.includes(outer.family)) return [];
    return [
      {
        kind: 'rule',
        family: outer.family,
        preference: ownership.preference,
        mark: { value: ownership.mark, mask: MARK_MASK },
        to: routeText(parsePrefix(outer.remote) as Prefix),
        udpPort: outer.port,
        table: MAIN,
      },
    ];
  });
  return [...borrowed, ...links, ...ways];
}

/** A lane's own link, where it has one, and its addresses. */
export function renderPlace(
  lane: LaneWish,
  place: LanePlace,
  addresses: readonly PlacedAddress[],
  { name: uplink }: UplinkFacts,
  ownership: Ownership,
  families: readonly Family[],
): readonly KernelObject[] {
  const { link, means } = place;
  const device = ownDevice(place, place.shared?.name ?? uplink);
  return [
    ...(device === undefined
      ? []
      : linkOf(link, device, means === 'dummy' ? place.egressMtu : place.mtu, ownership, families, hasSix(addresses))),
    ...addresses.map(
      ({ family, address }): KernelObject => ({
        kind: 'address',
        family,
        link,
        address,
        validUntil: lane.validUntil,
      }),
    ),
  ];
}

const hasSix = (addresses: readonly PlacedAddress[]) => addresses.some(({ family }) => family === 6);

function ownDevice({ means }: LanePlace, parent: string): Device | undefined {
  if (means === 'ipvlan' || means === 'macvlan') return { type: means, parent };
  return means === 'dummy' ? { type: 'dummy' } : undefined;
}

function linkOf(
  name: string,
  device: Device,
  mtu: number,
  { linkGroup: group }: Ownership,
  families: readonly Family[],
  six: boolean,
): readonly KernelObject[] {
  return [
    { kind: 'link', name, device, group, mtu },
    ...settingsOf(name, families, six).map(
      ([path, value]): SettingObject => ({ kind: 'setting', path, value, link: name }),
    ),
    { kind: 'active', link: name },
  ];
}

/** A link of ours beside others on one segment: answers for itself only, and learns nothing from advertisements. */
function settingsOf(link: string, families: readonly Family[], six: boolean): [string, string][] {
  const settings: [string, string][] = [
    [`net/ipv4/conf/${link}/arp_ignore`, '1'],
    [`net/ipv4/conf/${link}/arp_announce`, '2'],
    // What arrives is answered by another table than main.
    [`net/ipv4/conf/${link}/rp_filter`, '2'],
  ];
  if (families.includes(6))
    settings.push(
      // A router's advertisement would give the host a second default route.
      [`net/ipv6/conf/${link}/accept_ra`, '0'],
      [`net/ipv6/conf/${link}/autoconf`, '0'],
      [`net/ipv6/conf/${link}/disable_ipv6`, six ? '0' : '1'],
    );
  return settings;
}

const borrow = ({ path, value, old }: UplinkFacts['arp'][number]): SettingObject => ({
  kind: 'setting',
  path,
  value,
  old,
});

const MAIN = 254;
