import { generateKeyPairSync } from 'node:crypto';
import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Namespace } from '../lab/index.ts';
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
    edge: async (edge, hostKey) => {
      await startWireguard(edge, await hostKey());
      await edge.ip(...point(EDGE_DEVICE, 5));
    },
  },
];

const edgeKeys = generateKeyPairSync('x25519');
const raw = (part: string | undefined) => Buffer.from(part ?? '', 'base64url');
/** The edge's WireGuard key, as `wg pubkey` prints it. */
export const edgeKey = raw(edgeKeys.publicKey.export({ format: 'jwk' }).x).toString('base64');

/** Sockets of such programs have one folder for all network namespaces. */
const EDGE_DEVICE = `edge-${process.pid}`;

/** The edge's end, by wireguard-go (wireguard.com/xplatform): this kernel may have none of its own. */
async function startWireguard(edge: Namespace, hostKey: string): Promise<void> {
  edge.start(['wireguard-go', '-f', EDGE_DEVICE]);
  const lines = [
    'set=1',
    `private_key=${raw(edgeKeys.privateKey.export({ format: 'jwk' }).d).toString('hex')}`,
    'listen_port=51820',
    `public_key=${Buffer.from(hostKey, 'base64').toString('hex')}`,
    ...prefixes(5).map((prefix) => `allowed_ip=${prefix}`),
  ];
  for (let tries = 0; ; tries++) {
    const answer = await converse(`/var/run/wireguard/${EDGE_DEVICE}.sock`, `${lines.join('\n')}\n\n`);
    if (answer.includes('errno=0\n')) return;
    if (tries === 50) throw new Error(`wireguard-go of the edge: ${answer}`);
    await delay(100);
  }
}

function converse(path: string, question: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = createConnection(path, () => socket.write(question));
    socket.on('data', (data) => {
      answer += data;
      if (answer.endsWith('\n\n')) socket.end();
    });
    socket.on('error', (error) => resolve(error.message));
    socket.on('close', () => resolve(answer));
  });
}
