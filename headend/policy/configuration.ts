import type { KilobitsPerSecond, Milliseconds } from '@sublane/basics';
import { type AaaConfiguration, NO_AAA } from '../aaa/aaa-configuration.ts';
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
  /** Who says whose a request is. */
  readonly aaa: AaaConfiguration;
  /** A policy server that has a word in every grant; absent: the plans alone decide. */
  readonly policyHook?: PolicyHookSettings;
}

/** A policy server in the shape of OPA's data API. */
export interface PolicyHookSettings {
  /** http or https, without a user in it. */
  readonly url: string;
  /** How long an answer may take, everything included: 10..10000. */
  readonly timeout: Milliseconds;
  /** What becomes of a request about which it says nothing that can be used. */
  readonly whenAway: 'refuse' | 'permit';
  /** Names of files in the headend's folder of secrets. */
  readonly tokenFile?: string;
  readonly caFile?: string;
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

/** What a host may name as the security of a group: grouping `security-rules` of ietf-portal-backend-message. */
export interface SecurityProfile {
  readonly name: string;
  /** Nothing passes between this group and the host's others. Absent: false. */
  readonly isolated?: boolean;
  /** What happens to the applications without a lane. Absent: `block`. */
  readonly whenDown?: 'block' | 'host';
  /** Destinations permitted, in order; none: all. */
  readonly permits?: readonly Permit[];
}

/** What is absent matches anything; `upperPort` absent: `lowerPort` alone. */
export interface Permit {
  readonly name: string;
  /** A prefix of either family. */
  readonly destination?: string;
  /** IP protocol number. */
  readonly protocol?: number;
  readonly lowerPort?: number;
  readonly upperPort?: number;
}

export const EMPTY_CONFIGURATION: Configuration = {
  timeZone: 'UTC',
  locations: new Map(),
  pools: new Map(),
  securityProfiles: new Map(),
  plans: new Map(),
  aaa: NO_AAA,
};
