import type { PoolData } from '../../configuration/headend-data.ts';
import { isPrefix } from '../../configuration/prefix-text.ts';
import type { CliFailure } from '../outcome.ts';

type Tunnel = NonNullable<PoolData['tunnel']>;

/** What `headend pool add` was given. */
export interface PoolOptions {
  readonly class: string;
  readonly prefix: readonly string[];
  readonly location?: string;
  readonly attach: NonNullable<PoolData['attachment']>;
  readonly vlan?: number;
  readonly encapsulation?: Tunnel['encapsulation'];
  readonly remote?: string;
  readonly remotePort?: number;
  readonly key?: number;
  readonly publicKey?: string;
  readonly mtu?: number;
  readonly gateway?: readonly string[];
  readonly dns?: readonly string[];
  readonly check?: readonly string[];
  readonly exclude?: readonly string[];
  readonly quarantineTime?: number;
  readonly quarantinePerHost?: number;
  readonly replace?: boolean;
}

export const ENCAPSULATIONS = ['gre', 'ipip', 'vxlan', 'wireguard'] as const;

/** The pool these options mean. What fits together is for the headend to say; what belongs together, for usage. */
export function poolEntry(
  name: string,
  options: PoolOptions,
): (PoolData & { readonly name: string }) | (CliFailure & { readonly kind: 'usage' }) {
  const wrong = options.prefix.find((prefix) => !isPrefix(prefix));
  if (wrong !== undefined) return usage(`--prefix ${wrong}: expected a prefix, as 192.0.2.0/24 or 2001:db8::/64`);
  if ((options.attach === 'vlan') !== (options.vlan !== undefined))
    return usage('expected --attach vlan and --vlan N together, or neither');
  const tunnel = tunnelOf(options);
  if (tunnel !== undefined && 'kind' in tunnel) return tunnel;
  const { quarantineTime: time, quarantinePerHost: perHost } = options;
  return {
    name,
    class: options.class,
    ...(options.location !== undefined && { location: options.location }),
    prefix: options.prefix,
    attachment: options.attach,
    ...(options.vlan !== undefined && { 'vlan-id': options.vlan }),
    ...(tunnel && { tunnel }),
    ...(options.mtu !== undefined && { mtu: options.mtu }),
    ...(options.gateway && { gateway: options.gateway }),
    ...(options.dns && { dns: options.dns }),
    ...(options.check && { check: options.check }),
    ...(options.exclude && { exclude: options.exclude }),
    ...((time !== undefined || perHost !== undefined) && {
      quarantine: { ...(time !== undefined && { time }), ...(perHost !== undefined && { 'per-host': perHost }) },
    }),
  };
}

function tunnelOf(options: PoolOptions): Tunnel | (CliFailure & { readonly kind: 'usage' }) | undefined {
  const { encapsulation, remote, remotePort, key, publicKey } = options;
  if (options.attach !== 'tunnel') {
    const given = Object.entries({ encapsulation, remote, 'remote-port': remotePort, key, 'public-key': publicKey });
    const stray = given.find(([, value]) => value !== undefined);
    return stray && usage(`--${stray[0]} is a tunnel's; expected --attach tunnel with it`);
  }
  if (encapsulation === undefined || remote === undefined)
    return usage(
      `--attach tunnel: expected --encapsulation (${ENCAPSULATIONS.join(', ')}) and --remote ADDRESS with it`,
    );
  return {
    encapsulation,
    'remote-address': remote,
    ...(remotePort !== undefined && { 'remote-port': remotePort }),
    ...(key !== undefined && { key }),
    ...(publicKey !== undefined && { 'public-key': publicKey }),
  };
}

function usage(message: string): CliFailure & { readonly kind: 'usage' } {
  return { kind: 'usage', message };
}
