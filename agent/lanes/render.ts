import type { Milliseconds } from '@sublane/basics';
import type { Capability } from './capability.ts';
import type { LaneReport } from './engine.ts';
import {
  canonicalAddress,
  FAMILIES,
  type Family,
  familyOf,
  type Prefix,
  parsePrefix,
  routeText,
} from './ip-address.ts';
import { MARK_MASK, type Ownership } from './kernel.ts';
import type { KernelObject } from './kernel-object.ts';
import { type LanePlace, placeLanes } from './lane-place.ts';
import type { UplinkFacts } from './observation.ts';
import { type PlacedAddress, renderPlace, renderShared } from './render-attachment.ts';
import { renderDns } from './render-dns.ts';
import { type FirewallLane, renderFirewall } from './render-firewall.ts';
import { type Policing, renderPolicing } from './render-policing.ts';
import { markOf, renderWays, tableOf } from './render-routes.ts';
import { renderShaping, type Shaping } from './render-shaping.ts';
import type { LaneWish, Wish } from './wish.ts';

export interface RenderInput {
  readonly wish: Wish;
  readonly uplink: UplinkFacts;
  readonly capabilities: readonly Capability[];
  readonly ownership: Ownership;
  readonly shaping: boolean;
  readonly capacity?: number;
  /** Lanes whose lease has ended by then are left out, or block their applications. */
  readonly now: Milliseconds;
}

export interface Rendered {
  readonly objects: readonly KernelObject[];
  readonly lanes: readonly Omit<LaneReport, 'cgroup'>[];
  readonly cgroups: ReadonlyMap<number, string>;
  readonly notes: readonly string[];
}

/** From a wish to the kernel objects that make it so. */
export function render(input: RenderInput): Rendered {
  const { wish, uplink, ownership, now } = input;
  const has = (name: string) => input.capabilities.some((one) => one.name === name && one.present);
  const notes: string[] = [];
  const lanes = wish.lanes.flatMap((lane): LaneWish[] => {
    if (lane.validUntil > now) return [lane];
    const ended = `The lease of group ${lane.groupId} (${lane.name}) has ended`;
    const blocks = isClosed(lane);
    notes.push(blocks ? `${ended}: its applications reach nothing.` : `${ended}: it has no lane.`);
    return blocks ? [blocked(lane)] : [];
  });
  if (lanes.length === 0) return { objects: [], lanes: [], cgroups: new Map(), notes };

  const families = FAMILIES.filter((family) => family === 4 || has('ipv6'));
  const places = placeLanes(lanes, uplink, has);
  notes.push(...placeNotes(places));
  const addresses = new Map(lanes.map((lane) => [lane.groupId, addressesOf(lane, families, notes)]));
  const shaping = renderShaping(input, lanes, places, has);
  const policing = renderPolicing(lanes, places, addresses, input, has);
  notes.push(...shaping.notes, ...policing.notes);

  const direct = directPrefixes(wish, uplink).filter(({ family }) => families.includes(family));
  const parts = lanes.map((lane, index) => {
    const place = places[index] as LanePlace;
    return renderLane({
      lane,
      place,
      addresses: addresses.get(lane.groupId) ?? [],
      input,
      families,
      shaping,
      policing,
    });
  });
  const objects: KernelObject[] = [
    ...renderShared(places, addresses, uplink, ownership, families),
    ...shaping.objects,
    ...policing.objects,
    ...(has('tool:nft')
      ? [
          renderFirewall(
            ownership.table,
            parts.map((part) => part.firewall),
            direct,
          ),
        ]
      : []),
    ...direct.map(
      (prefix): KernelObject => ({
        kind: 'rule',
        family: prefix.family,
        preference: ownership.preference,
        mark: { value: ownership.mark, mask: MARK_MASK },
        to: routeText(prefix),
        table: MAIN,
      }),
    ),
    ...(has('cgroup-mark') ? [{ kind: 'cgroup', path: ownership.slice } as const] : []),
    ...parts.flatMap((part) => part.objects),
  ];
  return {
    objects,
    lanes: parts.map((part) => part.report),
    cgroups: new Map(lanes.map(({ groupId }) => [groupId, cgroupPath(ownership, groupId)])),
    notes: [...notes, ...parts.flatMap((part) => part.notes)],
  };
}

/** Its applications reach nothing without the lane. */
const isClosed = ({ whenDown, security }: LaneWish) => whenDown === 'block' || security?.whenDown === 'block';

/** A way that leads nowhere, in a lane's place. */
const blocked = ({ groupId, name, interface: link, validUntil }: LaneWish): LaneWish => ({
  groupId,
  name,
  interface: link,
  attachment: { type: 'on-link' },
  addresses: [],
  routes: [],
  unmatched: 'unreachable',
  dscp: 0,
  validUntil,
});

export const cgroupPath = ({ slice }: Ownership, groupId: number): string => `${slice}/g${groupId}`;

const MAIN = 254;

function directPrefixes({ direct = [] }: Wish, { connected }: UplinkFacts): Prefix[] {
  const texts = new Set(direct.flatMap((one) => (one === 'connected' ? connected : [one])));
  return [...texts].flatMap((text) => parsePrefix(text) ?? []);
}

function placeNotes(places: readonly LanePlace[]): string[] {
  const shared = places.filter(({ means }) => means === 'uplink').map(({ link }) => link);
  return [
    ...[...new Set(shared)].map(
      (link) => `Lanes stand on ${link} itself: neither ipvlan nor macvlan can be used there.`,
    ),
    ...(places.some(({ means }) => means === 'loopback')
      ? ['Addresses routed to this host stand on lo: this kernel has no dummy links.']
      : []),
  ];
}

function addressesOf(lane: LaneWish, families: readonly Family[], notes: string[]): readonly PlacedAddress[] {
  return lane.addresses.flatMap(({ address, prefixLength, deprecated }) => {
    const family = familyOf(address) as Family;
    if (families.includes(family))
      return [{ family, address: canonicalAddress(address) as string, prefixLength, deprecated }];
    notes.push(`This kernel has no IPv6: ${address} of group ${lane.groupId} is not used.`);
    return [];
  });
}

interface LaneInput {
  readonly lane: LaneWish;
  readonly place: LanePlace;
  readonly addresses: readonly PlacedAddress[];
  readonly input: RenderInput;
  readonly families: readonly Family[];
  readonly shaping: Shaping;
  readonly policing: Policing;
}

interface LanePart {
  readonly objects: readonly KernelObject[];
  readonly firewall: FirewallLane;
  readonly report: Omit<LaneReport, 'cgroup'>;
  readonly notes: readonly string[];
}

function renderLane({ lane, place, addresses, input, families, shaping, policing }: LaneInput): LanePart {
  const { uplink, ownership, capabilities } = input;
  const { groupId } = lane;
  const mark = markOf(ownership, groupId);
  const ways = renderWays(lane, place, addresses, uplink, ownership, families);
  const objects: KernelObject[] = [
    ...renderPlace(lane, place, addresses, uplink, ownership, families),
    ...ways.objects,
  ];
  const has = (name: string) => capabilities.some((one) => one.name === name && one.present);
  const path = cgroupPath(ownership, groupId);
  const dns = renderDns(lane, path, has);
  if (has('cgroup-mark')) objects.push({ kind: 'cgroup', path }, { kind: 'mark', path, mark }, ...dns.objects);
  const shaped = shaping.classes.get(groupId);
  return {
    objects,
    firewall: {
      groupId,
      mark,
      addresses,
      behind: ways.behind,
      destinations: ways.destinations,
      unmatched: lane.unmatched,
      blocks: isClosed(lane),
      dscp: lane.dscp,
      ...(shaped !== undefined && { classId: shaped.id }),
      permit: lane.security?.permit ?? [],
      isolated: lane.security?.isolated ?? false,
      tunnelled: place.shared?.outer !== undefined,
      validUntil: lane.validUntil,
    },
    report: {
      groupId,
      means: place.means,
      interface: place.link,
      addresses: addresses.map(({ address }) => address),
      table: tableOf(ownership, groupId),
      mark,
      shaping: shaped?.place ?? 'none',
      policing: policing.means.get(groupId) ?? 'none',
      dns: dns.report,
    },
    notes: [...ways.notes, ...dns.notes],
  };
}
