import type { Milliseconds } from '@sublane/basics';
import type { Capability } from './capability.ts';
import type { LaneReport } from './engine.ts';
import {
  canonicalAddress,
  contains,
  FAMILIES,
  type Family,
  familyOf,
  type Prefix,
  parsePrefix,
  routeText,
} from './ip-address.ts';
import { MARK_MASK, type Ownership } from './kernel.ts';
import type { KernelObject, SettingObject } from './kernel-object.ts';
import type { UplinkFacts } from './observation.ts';
import { type FirewallLane, renderFirewall } from './render-firewall.ts';
import { renderShaping, type Shaping } from './render-shaping.ts';
import type { LaneWish, Wish } from './wish.ts';

export interface RenderInput {
  readonly wish: Wish;
  readonly uplink: UplinkFacts;
  readonly capabilities: readonly Capability[];
  readonly ownership: Ownership;
  readonly shaping: boolean;
  readonly capacity?: number;
  /** Lanes whose lease has ended by then are left out. */
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
  const lanes = wish.lanes.filter((lane) => {
    if (lane.validUntil > now) return true;
    notes.push(`The lease of group ${lane.groupId} (${lane.name}) has ended: it has no lane.`);
    return false;
  });
  if (lanes.length === 0) return { objects: [], lanes: [], cgroups: new Map(), notes };

  const means = chooseMeans(uplink, has);
  if (means === 'uplink')
    notes.push(`Lanes stand on ${uplink.name} itself: neither ipvlan nor macvlan can be used there.`);
  const families = FAMILIES.filter((family) => family === 4 || has('ipv6'));
  const shaping = renderShaping({ ...input, wish: { ...wish, lanes } }, means, has);
  notes.push(...shaping.notes);

  const direct = directPrefixes(wish, uplink).filter(({ family }) => families.includes(family));
  const parts = lanes.map((lane) => renderLane({ lane, input, means, families, shaping, notes }));
  const objects: KernelObject[] = [
    ...(means === 'macvlan' && lanes.some((lane) => lane.addresses.length > 0) ? uplink.arp.map(borrow) : []),
    ...shaping.objects,
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
    notes,
  };
}

export const cgroupPath = ({ slice }: Ownership, groupId: number): string => `${slice}/g${groupId}`;

const LINK_LOCAL = parsePrefix('fe80::/10') as Prefix;
const MAIN = 254;
/** Behind every other route of the table. */
const LAST = 4_294_967_295;

function chooseMeans({ carries }: UplinkFacts, has: (name: string) => boolean): 'ipvlan' | 'macvlan' | 'uplink' {
  if (carries.ipvlan && has('ipvlan')) return 'ipvlan';
  if (carries.macvlan && has('macvlan')) return 'macvlan';
  return 'uplink';
}

function directPrefixes({ direct = [] }: Wish, { connected }: UplinkFacts): Prefix[] {
  const texts = new Set(direct.flatMap((one) => (one === 'connected' ? connected : [one])));
  return [...texts].flatMap((text) => parsePrefix(text) ?? []);
}

const borrow = ({ path, value, old }: UplinkFacts['arp'][number]): SettingObject => ({
  kind: 'setting',
  path,
  value,
  old,
});

interface LaneInput {
  readonly lane: LaneWish;
  readonly input: RenderInput;
  readonly means: 'ipvlan' | 'macvlan' | 'uplink';
  readonly families: readonly Family[];
  readonly shaping: Shaping;
  readonly notes: string[];
}

interface LanePart {
  readonly objects: readonly KernelObject[];
  readonly firewall: FirewallLane;
  readonly report: Omit<LaneReport, 'cgroup'>;
}

function renderLane({ lane, input, means, families, shaping, notes }: LaneInput): LanePart {
  const { uplink, ownership, capabilities } = input;
  const link = means === 'uplink' ? uplink.name : lane.interface;
  const mark = (ownership.mark | lane.groupId) >>> 0;
  const table = ownership.tables + lane.groupId;
  const addresses = lane.addresses.flatMap(({ address, prefixLength, deprecated }) => {
    const family = familyOf(address) as Family;
    if (families.includes(family))
      return [{ family, address: canonicalAddress(address) as string, prefixLength, deprecated }];
    notes.push(`This kernel has no IPv6: ${address} of group ${lane.groupId} is not used.`);
    return [];
  });

  const objects: KernelObject[] = [];
  if (means !== 'uplink') {
    objects.push({
      kind: 'link',
      name: link,
      device: { type: means, parent: uplink.name },
      group: ownership.linkGroup,
      mtu: Math.min(lane.mtu ?? uplink.mtu, uplink.mtu),
    });
    for (const [path, value] of ownLinkSettings(link, families, addresses))
      objects.push({ kind: 'setting', path, value, link });
    objects.push({ kind: 'active', link });
  }
  for (const { family, address } of addresses)
    objects.push({ kind: 'address', family, link, address, validUntil: lane.validUntil });

  const destinations: Prefix[] = [];
  for (const family of families) {
    const routes = renderRoutes(family, lane, addresses, uplink, notes);
    const source = (
      addresses.find((one) => one.family === family && !one.deprecated) ??
      addresses.find((one) => one.family === family)
    )?.address;
    for (const { destination, via } of routes) {
      destinations.push(destination);
      objects.push({
        kind: 'route',
        family,
        table,
        destination: routeText(destination),
        type: 'unicast',
        metric: family === 4 ? 0 : 1024,
        link,
        ...(via !== undefined && { via }),
        ...(source !== undefined && { source }),
        ...(means === 'uplink' && lane.mtu !== undefined && { mtu: Math.min(lane.mtu, uplink.mtu) }),
      });
    }
    const shut = source === undefined || lane.unmatched === 'unreachable';
    if (shut) objects.push({ kind: 'route', family, table, destination: 'default', type: 'unreachable', metric: LAST });
    // A table with nothing in it leads nowhere: such packets go the host's way without a rule.
    if (routes.length === 0 && !shut) continue;
    const rule = { kind: 'rule', family, table } as const;
    objects.push({ ...rule, preference: ownership.preference + 1, mark: { value: mark, mask: 0xffffffff } });
    for (const one of addresses)
      if (one.family === family) objects.push({ ...rule, preference: ownership.preference + 2, from: one.address });
  }

  if (capabilities.some((one) => one.name === 'cgroup-mark' && one.present)) {
    const path = cgroupPath(ownership, lane.groupId);
    objects.push({ kind: 'cgroup', path }, { kind: 'mark', path, mark });
  }
  const classId = shaping.classes.get(lane.groupId);
  return {
    objects,
    firewall: {
      groupId: lane.groupId,
      mark,
      addresses,
      destinations,
      unmatched: lane.unmatched,
      dscp: lane.dscp,
      ...(classId !== undefined && { classId }),
      permit: lane.security?.permit ?? [],
      isolated: lane.security?.isolated ?? false,
      validUntil: lane.validUntil,
    },
    report: {
      groupId: lane.groupId,
      means,
      interface: link,
      addresses: addresses.map(({ address }) => address),
      table,
      mark,
      shaping: classId === undefined ? 'none' : shaping.place,
      policing: 'none',
      dns: 'host',
    },
  };
}

/** A lane's link beside the uplink on one segment: answers for itself only, and learns nothing from advertisements. */
function ownLinkSettings(
  link: string,
  families: readonly Family[],
  addresses: readonly { readonly family: Family }[],
): [string, string][] {
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
      [`net/ipv6/conf/${link}/disable_ipv6`, addresses.some(({ family }) => family === 6) ? '0' : '1'],
    );
  return settings;
}

/** Ways of one family in the lane's own table, each with its next hop where it needs one. */
function renderRoutes(
  family: Family,
  lane: LaneWish,
  addresses: readonly { readonly family: Family; readonly address: string; readonly prefixLength: number }[],
  uplink: UplinkFacts,
  notes: string[],
): { readonly destination: Prefix; readonly via?: string }[] {
  const own = addresses.filter((one) => one.family === family);
  if (own.length === 0) return [];
  const routes = new Map<string, { destination: Prefix; via?: string }>();
  for (const { address, prefixLength } of own) {
    const destination = parsePrefix(`${address}/${prefixLength}`);
    if (destination === undefined || prefixLength === (family === 4 ? 32 : 128)) continue;
    routes.set(routeText(destination), { destination });
  }
  const gateway = uplink.nextHop[family];
  const wanted =
    lane.routes.length === 0 ? [{ destination: family === 4 ? '0.0.0.0/0' : '::/0', nextHop: undefined }] : lane.routes;
  for (const { destination: text, nextHop } of wanted) {
    const destination = parsePrefix(text);
    if (destination === undefined || destination.family !== family) continue;
    const via = nextHop === undefined ? gateway : canonicalAddress(nextHop);
    if (via === undefined)
      notes.push(
        `${uplink.name} has no IPv${family} next hop of its own: group ${lane.groupId} expects ${routeText(destination)} on the link itself.`,
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
