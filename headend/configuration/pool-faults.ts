import { formatPrefix, indexFrom, parseAddress, prefixContains, prefixesOverlap } from '../pools/ip-address.ts';
import type { Pool } from '../pools/pool.ts';
import { mayGive } from '../pools/pool-shape.ts';
import { type ConfigurationFault, listPath } from './configuration-fault.ts';

/** What is wrong between pools, each of which is right by itself. */
export function poolFaults(pools: readonly Pool[]): ConfigurationFault[] {
  return [...overlaps(pools), ...endsOfLanes(pools), ...twoKeys(pools)];
}

/** An address in two pools would be given twice. */
function overlaps(pools: readonly Pool[]): ConfigurationFault[] {
  return pools.flatMap((pool, index) =>
    FAMILIES.flatMap((family) => {
      const prefix = pool.shape[family];
      const other =
        prefix && pools.slice(0, index).find(({ shape }) => shape[family] && prefixesOverlap(prefix, shape[family]));
      if (other === undefined) return [];
      const path = `${listPath('pool', pool.name)}/prefix`;
      const both = `${formatPrefix(prefix!)} and ${formatPrefix(other.shape[family]!)}`;
      const message = `pools ${pool.name} and ${other.name} have addresses in common (${both}); expected each address in one pool`;
      return [{ path, code: 'pool-overlap', message }];
    }),
  );
}

/** The end of a tunnel is the edge's: no lane may get its address. */
function endsOfLanes(pools: readonly Pool[]): ConfigurationFault[] {
  return pools.flatMap(({ name, attachment }) => {
    if (attachment.kind !== 'tunnel') return [];
    const { remote } = attachment.tunnel;
    const giver = pools.find((pool) => pool.name !== name && gives(pool, remote));
    if (giver === undefined) return [];
    const message = `the tunnel's end ${remote} is an address that pool ${giver.name} gives to lanes; expected the edge's own (exclude it there, or name another)`;
    return [{ path: `${listPath('pool', name)}/tunnel/remote-address`, code: 'pool-tunnel-remote-address', message }];
  });
}

function gives({ shape }: Pool, text: string): boolean {
  const address = parseAddress(text);
  return FAMILIES.some((family) => {
    const prefix = shape[family];
    if (prefix === undefined || address === undefined || !prefixContains(prefix, address)) return false;
    const index = indexFrom(prefix.base, address);
    return index !== undefined && mayGive(shape, index);
  });
}

/** One UDP port of the edge is one WireGuard interface, which has one key. */
function twoKeys(pools: readonly Pool[]): ConfigurationFault[] {
  const seen = new Map<string, { readonly pool: string; readonly publicKey: string }>();
  return pools.flatMap(({ name, attachment }) => {
    if (attachment.kind !== 'tunnel' || attachment.tunnel.encapsulation !== 'wireguard') return [];
    const { remote, port, publicKey } = attachment.tunnel;
    const end = `${remote} port ${port}`;
    const before = seen.get(end);
    if (before === undefined) seen.set(end, { pool: name, publicKey });
    if (before === undefined || before.publicKey === publicKey) return [];
    const message = `pools ${before.pool} and ${name} name different keys for the WireGuard end ${end}; expected one key, or another port`;
    return [{ path: `${listPath('pool', name)}/tunnel/public-key`, code: 'pool-tunnel-public-key', message }];
  });
}

const FAMILIES = ['ipv4', 'ipv6'] as const;
