import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { addressBits, canonicalAddress, type Family, type Prefix, parsePrefix, prefixOf } from '../lanes/ip-address.ts';
import { SHARED_PREFIX } from '../lanes/shared-link.ts';
import type { Wish } from '../lanes/wish.ts';

/** What is this host's own, whatever a headend grants. Lanes are not part of it. */
export interface OwnNetworks {
  /** Addresses of the host's interfaces, loopback's among them. */
  readonly addresses: readonly { readonly address: string; readonly link: string }[];
  /** Networks that the host stands in. */
  readonly networks: readonly HostNetwork[];
  /** Next hops of the host's default routes. */
  readonly gateways: readonly string[];
  /** DNS servers that the host itself asks. */
  readonly resolvers: readonly string[];
  /** The interface of the default route, IPv4's first. */
  readonly defaultLink?: string;
}

export interface HostNetwork {
  readonly prefix: Prefix;
  readonly link: string;
}

/** What the kernel says of the namespace this process is in; text is as in the files of /proc/net. */
export interface NetworkSources {
  readonly interfaces: Readonly<Record<string, readonly { readonly cidr: string | null }[] | undefined>>;
  readonly route4: string;
  readonly route6: string;
  /** /etc/resolv.conf. */
  readonly resolvers: string;
}

/** Reads them now. A file that is not there (a kernel without IPv6) says nothing. */
export function readNetworkSources(): NetworkSources {
  return {
    interfaces: networkInterfaces(),
    route4: textOf('/proc/net/route'),
    route6: textOf('/proc/net/ipv6_route'),
    resolvers: textOf('/etc/resolv.conf'),
  };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

/** What is the lanes': their links, and their addresses, which may be on a link that is not theirs. */
export interface LaneTraces {
  readonly links: ReadonlySet<string>;
  readonly addresses: ReadonlySet<string>;
}

/** Of the lanes that stand. */
export function tracesOf(wish: Wish | undefined): LaneTraces {
  const lanes = wish?.lanes ?? [];
  const addresses = lanes.flatMap((lane) => lane.addresses.map(({ address }) => canonicalAddress(address) ?? address));
  return { links: new Set(lanes.map((lane) => lane.interface)), addresses: new Set(addresses) };
}

export function ownNetworks({ interfaces, route4, route6, resolvers }: NetworkSources, lanes: LaneTraces): OwnNetworks {
  const isOfLanes = (link: string) => link.startsWith(SHARED_PREFIX) || lanes.links.has(link);
  const held = Object.entries(interfaces).flatMap(([link, entries = []]) =>
    isOfLanes(link)
      ? []
      : entries.flatMap(({ cidr }) => {
          const [text = '', length] = cidr?.split('/') ?? [];
          const address = canonicalAddress(text);
          const prefix = parsePrefix(`${address}/${length}`);
          return address === undefined || prefix === undefined || lanes.addresses.has(address)
            ? []
            : [{ address, link, prefix }];
        }),
  );
  const routes = [...routes4(route4), ...routes6(route6)].filter(({ link }) => !isOfLanes(link));
  const networks = [
    ...held.filter(({ link }) => link !== 'lo').map(({ prefix, link }) => ({ prefix, link })),
    ...routes.filter(({ via }) => via === undefined).map(({ prefix, link }) => ({ prefix, link })),
  ].filter(({ prefix }) => prefix.length > 0 && prefix.length < addressBits(prefix.family) && !isLinkLocal(prefix));
  const defaults = routes
    .filter(({ prefix, link }) => prefix.length === 0 && link !== 'lo')
    .sort((a, b) => a.prefix.family - b.prefix.family || a.metric - b.metric);
  const [first] = defaults;
  return {
    addresses: held.map(({ address, link }) => ({ address, link })),
    networks: distinct(networks),
    gateways: [...new Set(defaults.flatMap(({ via }) => via ?? []))],
    resolvers: [...resolvers.matchAll(/^\s*nameserver\s+([0-9A-Fa-f:.]+)/gm)].flatMap(
      ([, address = '']) => canonicalAddress(address) ?? [],
    ),
    ...(first !== undefined && { defaultLink: first.link }),
  };
}

interface Route {
  readonly link: string;
  readonly prefix: Prefix;
  readonly via?: string;
  readonly metric: number;
}

/** Main's routes that are up: `Iface Destination Gateway Flags … Metric Mask`, numbers as the machine stores them. */
function routes4(text: string): Route[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line): Route[] => {
      const [link = '', destination = '', gateway = '', flags = '', , , metric = '', mask = ''] = line
        .trim()
        .split(/\s+/);
      const bits = Number.parseInt(flags, 16);
      if (!/^[0-9A-F]{8}$/i.test(destination) || (bits & (UP | REJECT)) !== UP) return [];
      const length = little(mask).toString(2).replaceAll('0', '').length;
      const via = little(gateway);
      return [
        {
          link,
          prefix: prefixOf(4, little(destination), length),
          ...(via !== 0n && { via: text4(via) }),
          metric: Number(metric),
        },
      ];
    });
}

/** All tables' unicast routes: `destination length source length next-hop metric … flags link`, in hexadecimal. */
function routes6(text: string): Route[] {
  return text.split('\n').flatMap((line): Route[] => {
    const [destination = '', length = '', , , gateway = '', metric = '', , , flags = '', link = ''] = line
      .trim()
      .split(/\s+/);
    if (!/^[0-9a-f]{32}$/.test(destination)) return [];
    const bits = Number.parseInt(flags, 16);
    if ((bits & (UP | REJECT)) !== UP) return [];
    const network = BigInt(`0x${destination}`);
    if (network >> 120n === 0xffn) return []; // multicast
    const via = BigInt(`0x${gateway}`);
    return [
      {
        link,
        prefix: prefixOf(6, network, Number.parseInt(length, 16)),
        ...(via !== 0n && { via: text6(gateway) }),
        metric: Number.parseInt(metric, 16),
      },
    ];
  });
}

const UP = 0x1;
const REJECT = 0x200;

/** /proc/net/route prints addresses as the machine's numbers: on those this runs on, the last byte first. */
function little(hex: string): bigint {
  return BigInt(`0x${(hex.match(/../g) ?? ['0']).reverse().join('')}`);
}
const text4 = (value: bigint) => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');
const text6 = (hex: string) => canonicalAddress((hex.match(/.{4}/g) ?? []).join(':')) as string;

const LINK_LOCAL: Readonly<Record<Family, Prefix>> = {
  4: prefixOf(4, 0xa9fe0000n, 16),
  6: prefixOf(6, 0xfe80n << 112n, 10),
};
const isLinkLocal = ({ family, network }: Prefix) =>
  prefixOf(family, network, LINK_LOCAL[family].length).network === LINK_LOCAL[family].network;

function distinct(networks: readonly HostNetwork[]): HostNetwork[] {
  const byKey = networks.map((one) => [`${one.link} ${one.prefix.network}/${one.prefix.length}`, one] as const);
  return [...new Map(byKey).values()];
}
