import { type Namespace, WireguardEnd } from '../lab/index.ts';
import { DESK_ACCESS } from './stage.ts';

/** A way in which a lane's address reaches a host, and the provider's end of it. */
export interface Kind {
  readonly name: string;
  /** What the reader is told. */
  readonly what: string;
  /** Names in `doctor`: one of them makes it possible here. None: it always is. */
  readonly needs: readonly string[];
  /** Words of `headend pool add`, beside name, class and prefixes. */
  readonly pool: (edgeKey: string) => readonly string[];
  readonly prefixes: readonly [string, string];
  /** Sets the provider's end up; `hostKey` is the host's WireGuard key, known once it has a lease. */
  readonly edge: (edge: Namespace, hostKey: () => Promise<string>) => Promise<void>;
}

const { edge: near, host } = DESK_ACCESS;
const point = (device: string, number: number) => [
  `link set ${device} up`,
  `route add 10.10.${number}.0/24 dev ${device}`,
  `route add 2001:db8:10:${number}::/64 dev ${device}`,
];
const segment = (device: string, number: number) => [
  `link set ${device} up`,
  `address add 10.10.${number}.1/24 dev ${device}`,
  `address add 2001:db8:10:${number}::1/64 dev ${device} nodad`,
];
const prefixes = (number: number) => [`10.10.${number}.0/24`, `2001:db8:10:${number}::/64`] as const;
const gateways = (number: number) => ['--gateway', `10.10.${number}.1`, '--gateway', `2001:db8:10:${number}::1`];

const wireguardEnd = new WireguardEnd();
export const edgeKey = wireguardEnd.publicKey;

export const KINDS: readonly Kind[] = [
  {
    name: 'routed',
    what: 'the provider routes the lane’s addresses to the host',
    needs: [],
    pool: () => ['--attach', 'routed'],
    prefixes: prefixes(1),
    edge: (edge) => edge.ip(`route add 10.10.1.0/24 via ${host.v4}`, `route add 2001:db8:10:1::/64 via ${host.v6}`),
  },
  {
    name: 'vlan',
    what: 'the lane’s gateway stands on a VLAN of the access link',
    needs: ['vlan'],
    pool: () => ['--attach', 'vlan', '--vlan', '30', ...gateways(2)],
    prefixes: prefixes(2),
    edge: (edge) => edge.ip('link add link access3 name vlan30 type vlan id 30', ...segment('vlan30', 2)),
  },
  {
    name: 'gre',
    what: 'a GRE tunnel to the edge',
    needs: ['gre'],
    pool: () => ['--attach', 'tunnel', '--encapsulation', 'gre', '--remote', near.v4, '--key', '7'],
    prefixes: prefixes(3),
    edge: (edge) => edge.ip(`link add gre7 type gre local ${near.v4} remote ${host.v4} key 7`, ...point('gre7', 3)),
  },
  {
    name: 'vxlan',
    what: 'a VXLAN segment over the access network',
    needs: ['vxlan'],
    pool: () => ['--attach', 'tunnel', '--encapsulation', 'vxlan', '--remote', near.v4, '--key', '77', ...gateways(4)],
    prefixes: prefixes(4),
    edge: (edge) =>
      edge.ip(
        `link add vxlan77 type vxlan id 77 local ${near.v4} remote ${host.v4} dstport 4789`,
        ...segment('vxlan77', 4),
      ),
  },
  {
    name: 'wireguard',
    what: 'a WireGuard tunnel, the only one that passes a NAT',
    needs: ['wireguard', 'wireguard-go'],
    pool: (edgeKey) => [
      ...['--attach', 'tunnel', '--encapsulation', 'wireguard', '--remote', near.v4, '--public-key', edgeKey],
      ...['--mtu', '1380'],
    ],
    prefixes: prefixes(5),
    edge: async (edge, hostKey) => wireguardEnd.start(edge, await hostKey(), prefixes(5)),
  },
];
