import type { Bytes, KilobitsPerSecond, Seconds } from '@sublane/basics';
import type { Direction, Priority } from './wish.ts';

/** What a subscriber may ask for: `/headend/plan` of sublane-headend, read once at commit and then immutable. */
export interface Plan {
  readonly name: string;
  readonly classes: ReadonlyMap<string, ServiceClass>;
  /** In order; the first that matches decides. */
  readonly rules: readonly Rule[];
  /** For a wish that no rule matches; absent: it is refused. A name in `classes`. */
  readonly defaultClass?: string;
  readonly lease: LeaseTimes;
  /** IANA time zone of its time windows and of its quota; absent: the headend's. */
  readonly timeZone?: string;
  readonly quota?: Quota;
  /** Groups one host may hold at a time. */
  readonly groupsMax: number;
  /** Routes of every lane of the plan whose class lists none. */
  readonly routes: readonly Route[];
}

/** What the lanes of one subscriber may carry, both ways together, from the beginning of a period to its end. */
export interface Quota {
  readonly octets: Bytes;
  readonly period: 'day' | 'week' | 'month';
}

export interface LeaseTimes {
  /** At least 60 s. */
  readonly valid: Seconds;
  /** Fraction of `valid` after which the host renews: 0.1..0.9. */
  readonly renewAt: number;
}

/** What a lane of this class gets. */
export interface ServiceClass {
  readonly name: string;
  /** 0..63. */
  readonly dscp: number;
  readonly priority: Priority;
  /** `internal`: the provider's own network, listed routes only. `external`: a default route. */
  readonly scope: 'internal' | 'external';
  /** `guaranteed`: the sum of the rates granted is never more than a location's capacity. */
  readonly admission: 'guaranteed' | 'best-effort';
  /** What its lanes are bound to, a name of the configuration; absent: what the request names. */
  readonly securityProfile?: string;
  /** Handed to the equipment drivers. */
  readonly serviceChain?: string;
  /** A direction without a limit cannot be asked for. */
  readonly upld?: Limit;
  readonly dnld?: Limit;
  readonly routes: readonly Route[];
}

export interface Limit {
  readonly ceiling: KilobitsPerSecond | 'unlimited';
  /** Absent: the enforcer's choice. */
  readonly burst?: Bytes;
}

export interface Route {
  /** A prefix of either family, in canonical text. */
  readonly to: string;
  /** The next hop; absent: the pool's gateway of that family, where it has one. */
  readonly via?: string;
}

export interface Rule {
  readonly name: string;
  readonly when: RuleConditions;
  readonly outcome: RuleOutcome;
}

export type RuleOutcome =
  | { readonly class: string; readonly overCeiling: OverCeiling }
  | {
      /** For the subscriber to read. */
      readonly refuse: string;
    };

/** When more is asked than the class gives: refuse, or grant the ceiling. */
export type OverCeiling = 'refuse' | 'lower';

/** All that are given must hold, and for every direction asked. */
export interface RuleConditions {
  readonly priority?: Priority;
  /** Each direction asks for at most this. */
  readonly bandwidthMax?: KilobitsPerSecond;
  /** This direction is asked and no other. */
  readonly direction?: Direction;
  /** Each direction asks for at least this. */
  readonly bandwidthMin?: KilobitsPerSecond;
  readonly time?: TimeWindow;
  /** A window over midnight belongs to the day on which it begins. */
  readonly days?: readonly DayOfWeek[];
  /** The host is in one of these, or in a part of it. */
  readonly locations?: readonly string[];
  /** One label at least is like one of these: `*` any text, `?` one character. */
  readonly applications?: readonly string[];
  /** The wish names this profile. */
  readonly security?: string;
  /** At least so many percent of the quota are used: 1..100. */
  readonly quotaUsed?: number;
}

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type DayOfWeek = (typeof DAYS)[number];

/**
 * Minutes of the day, 0..1440: from `start` up to and without `end`. `end` before `start`: over midnight; equal: a whole
 * day from `start` on.
 */
export interface TimeWindow {
  readonly start: number;
  readonly end: number;
}
