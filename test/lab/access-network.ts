import type { Lab } from './lab.ts';
import type { Namespace } from './namespace.ts';
import { Observer, PYTHON, toolPath } from './observer.ts';

/** A subscriber's host, the provider's edge and a server on the other side, joined by cables. */
export interface AccessNetwork {
  readonly host: Namespace;
  readonly edge: Namespace;
  readonly server: Namespace;
  /** Watches what reaches the server. */
  readonly observer: Observer;
}

/** Addresses from the blocks for documentation (RFC 5737, RFC 3849). */
export const ADDRESSES = {
  host: { v4: '192.0.2.7', v6: '2001:db8:a::7', device: 'uplink' },
  edge: { v4: '192.0.2.1', v6: '2001:db8:a::1', device: 'access' },
  access: { v4: '192.0.2.0/24', v6: '2001:db8:a::/64' },
  server: { v4: '198.51.100.10', v6: '2001:db8:b::10', device: 'net' },
} as const;

/** The server's: HTTP, UDP sinks, and streams of UDP for who asks. */
export const SERVER_PORTS = { tcp: [80, 8001, 8002], udp: [5001, 5002, 5003], stream: [5004] } as const;

/**
 *     host ──uplink────access── edge ──core────net── server
 *     192.0.2.7     192.0.2.1      198.51.100.1   198.51.100.10
 *     2001:db8:a::7 2001:db8:a::1  2001:db8:b::1  2001:db8:b::10
 */
export async function openAccessNetwork(lab: Lab): Promise<AccessNetwork> {
  const [host, edge, server] = [
    await lab.namespace('host'),
    await lab.namespace('edge'),
    await lab.namespace('server'),
  ];
  await lab.link(host, 'uplink', edge, 'access');
  await lab.link(edge, 'core', server, 'net');
  await host.ip(
    'address add 192.0.2.7/24 dev uplink',
    'address add 2001:db8:a::7/64 dev uplink nodad',
    'route add default via 192.0.2.1',
    'route add default via 2001:db8:a::1',
  );
  await edge.ip(
    'address add 192.0.2.1/24 dev access',
    'address add 2001:db8:a::1/64 dev access nodad',
    'address add 198.51.100.1/24 dev core',
    'address add 2001:db8:b::1/64 dev core nodad',
  );
  await edge.sysctl({ 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 });
  await server.ip(
    'address add 198.51.100.10/24 dev net',
    'address add 2001:db8:b::10/64 dev net nodad',
    'route add default via 198.51.100.1',
    'route add default via 2001:db8:b::1',
  );
  const ports = Object.entries(SERVER_PORTS).flatMap(([kind, numbers]) => numbers.map((port) => `${kind}:${port}`));
  const web = server.start([PYTHON, toolPath('server.py'), ...ports]);
  await web.printed(/^ready$/m);
  return { host, edge, server, observer: await Observer.open(server, 'net') };
}
