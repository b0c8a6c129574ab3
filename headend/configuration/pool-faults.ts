import { formatPrefix, type IpPrefix, parseAddress, prefixesOverlap } from '../pools/ip-address.ts';
import type { Pool } from '../pools/pool.ts';
import { indexOfAddress, mayGive } from '../pools/pool-shape.ts';
import { reservationOf } from '../pools/reserved-indexes.ts';
import { isWireguard } from '../pools/tunnel.ts';
import { type ConfigurationFault, listPath } from './configuration-fault.ts';

/** What is wrong between pools, each of which is right by itself. */
export function poolFaults(pools: readonly Pool[]): ConfigurationFault[] {
  return [...overlaps(pools), ...delegatedOverlaps(pools), ...endsOfLanes(pools), ...twoKeys(pools)];
}

/** What is wrong with where the leases of moving pools go: each host that had one must be able to have the other. */
export function successorFaults(
  pools: ReadonlyMap<string, Pool>,
  chainOf: (location: string | undefined) => readonly string[],
): ConfigurationFault[] {
  return [...pools.values()].flatMap((pool) => {
    // libyang has seen to it that there is such a pool; one that has faults of its own is told of by these.
    const successor = pool.successor === undefined ? undefined : pools.get(pool.successor);
    if (successor === undefined) return [];
    const path = `${listPath('pool', pool.name)}/successor`;
    const message = unfit(pool, successor, chainOf) ?? circle(pools, pool);
    return message === undefined ? [] : [{ path, code: 'pool-successor', message }];
  });
}

/** Why lanes of one pool cannot become lanes of the other. */
function unfit(from: Pool, to: Pool, chainOf: (location: string | undefined) => readonly string[]): string | undefined {
  const cannot = (why: string) => `leases of pool ${from.name} cannot move to ${to.name}: ${why}`;
  if (from.class !== to.class) return cannot(`its class is ${to.class}; expected a pool of class ${from.class}`);
  if (to.location !== undefined && !chainOf(from.location).includes(to.location)) {
    const where = from.location === undefined ? 'anywhere' : `at ${from.location}`;
    return cannot(`it serves ${to.location} only; expected one that serves hosts ${where}`);
  }
  if (isWireguard(from.attachment) !== isWireguard(to.attachment))
    return cannot('one is reached by WireGuard and the other is not; expected a pool that reaches the same hosts');
  for (const family of FAMILIES)
    if (from.shape[family] !== undefined && to.shape[family] === undefined)
      return cannot(`it has no ${family === 'ipv4' ? 'IPv4' : 'IPv6'} addresses; expected those of both families`);
  if (from.shape.delegated !== undefined && to.shape.delegated === undefined)
    return cannot('it delegates no prefixes; expected a pool that does');
  return undefined;
}

function circle(pools: ReadonlyMap<string, Pool>, pool: Pool): string | undefined {
  const passed: string[] = [];
  for (let here = pool.successor; here !== undefined && !passed.includes(here); here = pools.get(here)?.successor)
    passed.push(here);
  if (!passed.includes(pool.name)) return undefined;
  return `the leases of pool ${pool.name} would come back to it, by way of ${passed.join(', ')}; expected a pool that is open at the end`;
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

/** A prefix routed to one lane, in which another lane, or another prefix, would lie. */
function delegatedOverlaps(pools: readonly Pool[]): ConfigurationFault[] {
  return pools.flatMap((pool, index) => {
    const own = delegatedFrom(pool);
    if (own === undefined) return [];
    const path = `${listPath('pool', pool.name)}/delegated/prefix`;
    const lanes = pools.find(({ shape }) => shape.ipv6 !== undefined && prefixesOverlap(own, shape.ipv6));
    const prefixes = pools.slice(0, index).find((other) => {
      const theirs = delegatedFrom(other);
      return theirs !== undefined && prefixesOverlap(own, theirs);
    });
    const fault = (other: Pool, what: string, prefix: IpPrefix): ConfigurationFault => ({
      path,
      code: 'pool-overlap',
      message: `${formatPrefix(own)}, which pool ${pool.name} delegates, has ${what} of pool ${other.name} in common (${formatPrefix(prefix)}); expected each address in one place`,
    });
    return [
      ...(lanes ? [fault(lanes, 'addresses', lanes.shape.ipv6!)] : []),
      ...(prefixes ? [fault(prefixes, 'prefixes', delegatedFrom(prefixes)!)] : []),
    ];
  });
}

function delegatedFrom({ shape: { delegated } }: Pool): IpPrefix | undefined {
  return delegated && { base: delegated.base, length: delegated.prefixLength };
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
  const index = address && indexOfAddress(shape, address);
  return index !== undefined && (mayGive(shape, index) || reservationOf(shape, index) !== undefined);
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
