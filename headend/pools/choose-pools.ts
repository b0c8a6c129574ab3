import type { Configuration } from '../policy/configuration.ts';
import { locationChain } from '../policy/locate.ts';
import type { Pool } from './pool.ts';
import { isWireguard } from './tunnel.ts';

/** What of the ways to a host are open. */
export interface HostReach {
  /** A NAT is between host and headend: only a WireGuard tunnel passes it. */
  readonly behindNat: boolean;
  /** The host can end a WireGuard tunnel: it has a key. */
  readonly wireguard: boolean;
}

/** The pools that serve a lane. */
export interface PoolChoice {
  /** All that serve it, also those that are not open, best first: the nearest location, then the configuration's order. */
  readonly serving: readonly Pool[];
  /** Names of those a new address may come from. */
  readonly open: readonly string[];
  /** Names of those where a present address may stay: all but the moving ones. */
  readonly keep: readonly string[];
  /** By name of a moving one, where its leases move to: the end of the chain, should that one move too. */
  readonly successors: ReadonlyMap<string, string>;
  /** Names of those where a present address may stay, but its end does not move. */
  readonly draining: ReadonlySet<string>;
  /** Names of those whose lanes need the host's WireGuard key. */
  readonly wireguard: ReadonlySet<string>;
}

/**
 * Pools of this class that serve this place (its own, its region's, and those of no place) and whose lanes reach the
 * host.
 */
export function choosePools(
  configuration: Configuration,
  className: string,
  location: string | undefined,
  reach: HostReach,
): PoolChoice {
  const choices = known.get(configuration) ?? new Map<string, PoolChoice>();
  known.set(configuration, choices);
  // A blank is in no name.
  const key = `${className} ${location ?? ''} ${reach.behindNat} ${reach.wireguard}`;
  const choice = choices.get(key) ?? choose(configuration, className, location, reach);
  choices.set(key, choice);
  return choice;
}

/** Configurations are immutable and have few classes and places: each choice is made once. */
const known = new WeakMap<Configuration, Map<string, PoolChoice>>();

/** Whether pools of this class serve this place at all, and whether some of them do by WireGuard. */
export function poolsThere(
  configuration: Configuration,
  className: string,
  location: string | undefined,
): { readonly any: boolean; readonly wireguard: boolean } {
  const { serving, wireguard } = choosePools(configuration, className, location, ANY);
  return { any: serving.length > 0, wireguard: wireguard.size > 0 };
}

const ANY: HostReach = { behindNat: false, wireguard: true };

function choose(
  configuration: Configuration,
  className: string,
  location: string | undefined,
  reach: HostReach,
): PoolChoice {
  const nearness = new Map(locationChain(configuration, location).map((name, steps) => [name, steps]));
  const stepsTo = ({ location: place }: Pool) => (place === undefined ? nearness.size : nearness.get(place));
  const serving = [...configuration.pools.values()]
    .filter((pool) => pool.class === className && stepsTo(pool) !== undefined && reaches(pool, reach))
    // Array.sort keeps the configuration's order among equals.
    .sort((one, other) => (stepsTo(one) ?? 0) - (stepsTo(other) ?? 0));
  return {
    serving,
    open: serving.filter(({ adminState }) => adminState === 'open').map(({ name }) => name),
    keep: serving.filter(({ adminState }) => adminState !== 'moving').map(({ name }) => name),
    successors: new Map(
      serving
        .filter(({ adminState }) => adminState === 'moving')
        .map(({ name }) => [name, lastSuccessor(configuration.pools, name)]),
    ),
    draining: new Set(serving.filter(({ adminState }) => adminState === 'draining').map(({ name }) => name)),
    wireguard: new Set(serving.filter(({ attachment }) => isWireguard(attachment)).map(({ name }) => name)),
  };
}

/** Where the leases of a moving pool end up; the configuration has no circles of them. */
export function lastSuccessor(pools: ReadonlyMap<string, Pool>, name: string): string {
  const passed = new Set<string>();
  for (let here = name; ; ) {
    const pool = pools.get(here);
    passed.add(here);
    if (pool?.adminState !== 'moving' || pool.successor === undefined || passed.has(pool.successor)) return here;
    here = pool.successor;
  }
}

function reaches({ attachment }: Pool, reach: HostReach): boolean {
  return isWireguard(attachment) ? reach.wireguard : !reach.behindNat;
}
