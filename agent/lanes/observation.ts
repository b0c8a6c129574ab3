import { failed, ok, type Result } from '@sublane/basics';
import type { EngineFailure } from './engine.ts';
import type { Family, Prefix } from './ip-address.ts';
import type { KernelObject } from './kernel-object.ts';

/** What is in the kernel: ours, and what of the others matters for us. */
export interface Observation {
  /** Everything that carries our marks, complete. */
  readonly objects: readonly KernelObject[];
  readonly links: readonly LinkFact[];
  readonly defaults: readonly DefaultRoute[];
  /** Addresses of this host that are not ours. */
  readonly foreignAddresses: ReadonlySet<string>;
  /** Prefixes that main reaches without a gateway. */
  readonly connected: readonly Prefix[];
  /** Root qdiscs of links, by name; absent: the kernel's default, `mq` or none. */
  readonly foreignQdiscs: ReadonlyMap<string, string>;
  /** Ingress qdiscs of others, by name of the link: `ingress` or `clsact`. */
  readonly foreignIngress: ReadonlyMap<string, string>;
  /** Preferences of the rules of others, but for the kernel's own three. */
  readonly foreignRules: readonly number[];
  /** The host's own address towards each of the far ends asked about, where it has a way there. */
  readonly sources?: ReadonlyMap<string, string>;
  /** The network namespace whose engine the slice belongs to, where that is another one's: nothing in it is seen. */
  readonly foreignSlice?: string;
  /** Current values of the sysctls asked for. */
  readonly settings: ReadonlyMap<string, string>;
}

export interface LinkFact {
  readonly name: string;
  readonly ours: boolean;
  readonly up: boolean;
  readonly mtu: number;
  /** Ethernet frames: what ipvlan and macvlan can stand on. */
  readonly ethernet: boolean;
  readonly wireless: boolean;
  /** `macvlan`, `bridge`, `veth`; empty for a card. */
  readonly type: string;
  /** The link below it. */
  readonly parent?: string;
  /** The bridge or bond it is a port of. */
  readonly master?: string;
}

export interface DefaultRoute {
  readonly family: Family;
  readonly link: string;
  readonly via?: string;
  readonly metric: number;
}

/** The uplink as the lanes need to know it. Plain data: kept in the journal beside the wish it was used for. */
export interface UplinkFacts {
  readonly name: string;
  readonly mtu: number;
  /** What may stand on it beside what stands there. */
  readonly carries: { readonly ipvlan: boolean; readonly macvlan: boolean };
  readonly nextHop: { readonly 4?: string; readonly 6?: string };
  /** The root qdisc of others; absent: the kernel's default or ours. */
  readonly foreignQdisc?: string;
  /** The ingress qdisc of others. */
  readonly foreignIngress?: string;
  /** The first of our rules' preferences, where it has to be another than the one asked for. */
  readonly preference?: number;
  /** The host's own address towards far ends of tunnels, by their address. */
  readonly sources?: Readonly<Record<string, string>>;
  /** Prefixes directly connected to the host, as text. */
  readonly connected: readonly string[];
  /** What must be changed for ARP to be answered once, with the value before; empty where it is so already. */
  readonly arp: readonly { readonly path: string; readonly value: string; readonly old: string }[];
}

/**
 * Kinds of links that VPNs are made of, and dialled lines. Not those by which a network itself brings one family over the
 * other (sit, ip6tnl), nor a provider's (gre, ipip).
 */
const VPNS = new Set(['tun', 'wireguard', 'ppp', 'ovpn', 'ovpn-dco', 'vti', 'vti6', 'xfrm']);
export const isOfVpns = ({ type }: Pick<LinkFact, 'type'>): boolean => VPNS.has(type);

/** The default route that the host itself uses: lowest metric, IPv4 first, a VPN's only where there is no other. */
export function chooseUplink(
  wanted: string,
  { links, defaults }: Pick<Observation, 'links' | 'defaults'>,
): Result<LinkFact, EngineFailure> {
  const named = (name: string) => links.find((link) => link.name === name && !link.ours);
  if (wanted !== 'auto') {
    const link = named(wanted);
    if (link !== undefined) return ok(link);
    const others = links.filter(({ ours, name }) => !ours && name !== 'lo').map(({ name }) => name);
    return failed({
      kind: 'no-uplink',
      message: `there is no link named ${wanted} here (there are: ${others.join(', ') || 'none'}); set "uplink" to one of them or to auto`,
    });
  }
  const inVpn = (name: string) => Number(isOfVpns(named(name) ?? { type: '' }));
  const best = [...defaults]
    .sort((a, b) => inVpn(a.link) - inVpn(b.link) || a.family - b.family || a.metric - b.metric)
    .find(({ link }) => named(link));
  const link = best && named(best.link);
  if (link !== undefined) return ok(link);
  return failed({
    kind: 'no-uplink',
    message: 'this host has no default route to find the uplink by; connect it, or name the uplink',
  });
}
