import type { KilobitsPerSecond } from '@sublane/basics';
import type { Pool } from '../pools/pool.ts';
import type { Plan } from './plan.ts';

/**
 * One committed version of `/headend` (sublane-headend) as the code uses it: immutable, replaced whole by the next
 * commit. Maps keep the order of the configuration.
 */
export interface Configuration {
  /** IANA time zone of every time window. */
  readonly timeZone: string;
  readonly locations: ReadonlyMap<string, Location>;
  readonly pools: ReadonlyMap<string, Pool>;
  readonly securityProfiles: ReadonlyMap<string, SecurityProfile>;
  readonly plans: ReadonlyMap<string, Plan>;
}

/** Where access addresses are. */
export interface Location {
  readonly name: string;
  /** A name in `locations`: a cell's region. */
  readonly parent?: string;
  /** Hosts whose session comes from here are here, whatever they claim. Prefixes of either family, canonical. */
  readonly accessPrefixes: readonly string[];
  readonly upldCapacity?: KilobitsPerSecond;
  readonly dnldCapacity?: KilobitsPerSecond;
}

export interface SecurityProfile {
  readonly name: string;
}

export const EMPTY_CONFIGURATION: Configuration = {
  timeZone: 'UTC',
  locations: new Map(),
  pools: new Map(),
  securityProfiles: new Map(),
  plans: new Map(),
};
