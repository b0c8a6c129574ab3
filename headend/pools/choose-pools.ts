import type { Configuration } from '../policy/configuration.ts';
import { locationChain } from '../policy/locate.ts';
import type { Pool } from './pool.ts';

/** The pools that serve a lane. */
export interface PoolChoice {
  /** All that serve it, the draining ones too, best first: the nearest location, then the configuration's order. */
  readonly serving: readonly Pool[];
  /** Names of those a new address may come from. */
  readonly open: readonly string[];
  /** Names of all: a present address may stay in any of them. */
  readonly keep: readonly string[];
  /** Names of those where a present address may stay, but its end does not move. */
  readonly draining: ReadonlySet<string>;
}

/** Pools of this class that serve this place: its own, its region's, and those of no place. */
export function choosePools(configuration: Configuration, className: string, location: string | undefined): PoolChoice {
  const choices = known.get(configuration) ?? new Map<string, PoolChoice>();
  known.set(configuration, choices);
  // A blank is in no name.
  const key = `${className} ${location ?? ''}`;
  const choice = choices.get(key) ?? choose(configuration, className, location);
  choices.set(key, choice);
  return choice;
}

/** Configurations are immutable and have few classes and places: each choice is made once. */
const known = new WeakMap<Configuration, Map<string, PoolChoice>>();

function choose(configuration: Configuration, className: string, location: string | undefined): PoolChoice {
  const nearness = new Map(locationChain(configuration, location).map((name, steps) => [name, steps]));
  const stepsTo = ({ location: place }: Pool) => (place === undefined ? nearness.size : nearness.get(place));
  const serving = [...configuration.pools.values()]
    .filter((pool) => pool.class === className && stepsTo(pool) !== undefined)
    // Array.sort keeps the configuration's order among equals.
    .sort((one, other) => (stepsTo(one) ?? 0) - (stepsTo(other) ?? 0));
  return {
    serving,
    open: serving.filter(({ adminState }) => adminState === 'open').map(({ name }) => name),
    keep: serving.map(({ name }) => name),
    draining: new Set(serving.filter(({ adminState }) => adminState === 'draining').map(({ name }) => name)),
  };
}
