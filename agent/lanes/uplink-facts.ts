import { type Family, prefixText } from './ip-address.ts';
import type { ObserveRequest, Ownership } from './kernel.ts';
import type { LinkFact, Observation, UplinkFacts } from './observation.ts';

/** Sysctls that decide which link answers ARP for an address: one value of `all`, one of the link; the greater counts. */
export const ARP_SETTINGS = { arp_ignore: 1, arp_announce: 2 } as const;
export const arpPath = (link: string, name: string): string => `net/ipv4/conf/${link}/${name}`;

/**
 * The first of our three preferences so that our rules come before all of others, as far as there is room: a VPN's rules
 * go before whatever is there when it starts (the kernel gives a rule without a preference that of the first less one).
 */
export const preferenceBefore = ({ foreignRules }: Observation, { preference }: Ownership): number =>
  Math.max(
    1,
    foreignRules.reduce((least, other) => Math.min(least, other - 3), preference),
  );

/** What the lanes need to know of their uplink, out of what was observed. */
export function uplinkFacts(
  link: LinkFact,
  { links, defaults, connected, foreignQdiscs, foreignIngress, settings, sources }: Observation,
  borrowed: ObserveRequest['borrowed'],
): UplinkFacts {
  const nextHop = (family: Family) =>
    [...defaults]
      .sort((a, b) => a.metric - b.metric)
      .find((route) => route.family === family && route.link === link.name)?.via;
  // A link's one receive hook is held by either kind, or by its bridge or bond.
  const carriesForeign = (type: string) =>
    links.some((other) => !other.ours && other.parent === link.name && other.type === type);
  const free = link.ethernet && link.master === undefined;
  const four = nextHop(4);
  const six = nextHop(6);
  const foreignQdisc = foreignQdiscs.get(link.name);
  const ingress = foreignIngress.get(link.name);
  return {
    name: link.name,
    mtu: link.mtu,
    carries: {
      ipvlan: free && !carriesForeign('macvlan'),
      macvlan: free && !link.wireless && !carriesForeign('ipvlan'),
    },
    nextHop: { ...(four !== undefined && { 4: four }), ...(six !== undefined && { 6: six }) },
    ...(foreignQdisc !== undefined && { foreignQdisc }),
    ...(ingress !== undefined && { foreignIngress: ingress }),
    ...(sources !== undefined && sources.size > 0 && { sources: Object.fromEntries(sources) }),
    connected: connected.map(prefixText),
    arp: Object.entries(ARP_SETTINGS).flatMap(([name, least]) => {
      const path = arpPath(link.name, name);
      const old = borrowed.get(path)?.old ?? settings.get(path);
      const all = settings.get(arpPath('all', name));
      if (old === undefined || Math.max(Number(old), Number(all ?? 0)) >= least) return [];
      return [{ path, value: String(least), old }];
    }),
  };
}
