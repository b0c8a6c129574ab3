import { type Seconds, seconds } from '@sublane/basics';

/** How the edge reaches the lanes of a pool; it decides the interface's type. */
export type Attachment =
  | { readonly kind: 'on-link' }
  | { readonly kind: 'routed' }
  | { readonly kind: 'vlan'; readonly vlanId: number }
  | { readonly kind: 'tunnel'; readonly tunnel: Tunnel };

/** The edge's end of a tunnel, checked: `remote` is canonical, of either family. */
export type Tunnel =
  | { readonly encapsulation: 'gre'; readonly remote: string; readonly key?: number }
  | { readonly encapsulation: 'ipip'; readonly remote: string }
  | {
      readonly encapsulation: 'vxlan';
      readonly remote: string;
      readonly port: number;
      /** 0..16777215 */
      readonly identifier: number;
    }
  | {
      readonly encapsulation: 'wireguard';
      readonly remote: string;
      readonly port: number;
      /** 32 bytes in base64. */
      readonly publicKey: string;
    };

/** A tunnel as an operator writes it. */
export interface TunnelSettings {
  readonly encapsulation: Tunnel['encapsulation'];
  readonly remote: string;
  readonly port?: number;
  readonly key?: number;
  readonly publicKey?: string;
}

export type AttachmentSettings =
  | Exclude<Attachment, { readonly kind: 'tunnel' }>
  | { readonly kind: 'tunnel'; readonly tunnel: TunnelSettings };

/** A pool as an operator writes it: `/headend/pool` of sublane-headend. `createPool` makes a Pool of it. */
export interface PoolSettings {
  readonly name: string;
  /** The class of any plan whose lanes it serves. */
  readonly class: string;
  /** Absent: anywhere. */
  readonly location?: string;
  /** At most one of each family, at least one. */
  readonly prefixes: readonly string[];
  readonly attachment: AttachmentSettings;
  /** The largest IP packet, in bytes. Absent: what fits the host's access link. */
  readonly mtu?: number;
  /** At most one of each family. */
  readonly gateways: readonly string[];
  readonly dns: readonly string[];
  /** Reachability targets; none: the gateways. */
  readonly checks: readonly string[];
  /** Each `ADDRESS` or `FIRST-LAST`. */
  readonly excludes: readonly string[];
  readonly adminState: 'open' | 'draining' | 'moving';
  /** The name of the pool that leases of a moving one get their addresses from. */
  readonly successor?: string;
  /** Prefixes routed to the lanes, one for each: the prefix they are taken from and the length of each. */
  readonly delegated?: { readonly prefix: string; readonly length: number };
  /** Absent: none. */
  readonly reservations?: readonly Reservation[];
  /** How long an address that was given back is kept for its last holder. Absent: not at all. */
  readonly rest?: Seconds;
  /** From this fill on, in percent, the operator is warned. Absent: WARN_AT. */
  readonly warnAt?: number;
  /** Absent: QUARANTINE. */
  readonly quarantine?: QuarantineSettings;
}

/** An address, and the other one of its pair, that only this subscriber gets: only this host, only this group. */
export interface Reservation {
  readonly address: string;
  readonly subscriber: string;
  readonly hostId?: string;
  readonly groupId?: number;
}

/** What becomes of an address that a host finds in use by another device. */
export interface QuarantineSettings {
  /** How long nobody gets it, unless an operator releases it. */
  readonly time: Seconds;
  /** How many leases' addresses one host's reports may keep from the pool at a time. */
  readonly perHost: number;
  /** How many those of all hosts of one subscriber may. */
  readonly perSubscriber: number;
}

export const WARN_AT = 90;

export const QUARANTINE: QuarantineSettings = { time: seconds(3600), perHost: 8, perSubscriber: 32 };

/** Predefined addresses, checked and laid out. Immutable. */
export interface Pool
  extends Omit<
    PoolSettings,
    'prefixes' | 'gateways' | 'excludes' | 'attachment' | 'delegated' | 'reservations' | 'rest' | 'quarantine'
  > {
  readonly attachment: Attachment;
  readonly quarantine: QuarantineSettings;
  readonly warnAt: number;
  readonly shape: PoolShape;
  readonly ipv4Gateway?: string;
  readonly ipv6Gateway?: string;
}

/**
 * The addresses of a pool as numbers 0..size-1 counted from the base of its prefixes: index `i` is base + i in *each*
 * family, so that one index is one lane's pair of addresses, and the i-th of the delegated prefixes. A hole in one
 * family is a hole of the pool.
 */
export interface PoolShape {
  readonly name: string;
  readonly ipv4?: PoolPrefix;
  readonly ipv6?: PoolPrefix;
  readonly delegated?: Delegation;
  /** Addresses in the smaller prefix, and no more than delegated ones; at most 2^52 (JavaScript's integers end at 2^53). */
  readonly size: number;
  /**
   * Indexes that nobody gets who has no right to just this one: network, broadcast, anycast, gateways, excluded,
   * reserved. Sorted, disjoint, inclusive.
   */
  readonly holes: readonly IndexRange[];
  /** Of those, the excluded ones: an authority may give them by name. Sorted, disjoint, inclusive. */
  readonly excluded: readonly IndexRange[];
  /** Of those, the reserved ones, each once, lowest first. */
  readonly reservations: readonly IndexReservation[];
  /** How many leases it can hold: `size` without the holes, and the reserved ones. */
  readonly capacity: number;
  /** How long an index that was given back is kept for its last holder. */
  readonly rest: Seconds;
}

/** Who alone gets an index. */
export interface IndexReservation {
  readonly index: number;
  readonly subscriber: string;
  readonly hostId?: string;
  readonly groupId?: number;
}

/** The `prefixLength`-long prefix at `base`, cut into those of `length`. */
export interface Delegation {
  /** 16 bytes, host bits zero. */
  readonly base: Uint8Array;
  readonly prefixLength: number;
  /** More than `prefixLength`. */
  readonly length: number;
}

export interface PoolPrefix {
  /** 4 or 16 bytes, host bits zero. */
  readonly base: Uint8Array;
  readonly length: number;
}

export interface IndexRange {
  readonly first: number;
  readonly last: number;
}

/** Below the pool, as the configuration names it. */
export type TunnelLeaf = `tunnel/${'remote-address' | 'remote-port' | 'key' | 'public-key'}`;

/** What is wrong with a pool's settings: the leaf (of a reservation: the entry), its value and a sentence. */
export interface PoolFault {
  readonly leaf:
    | 'prefix'
    | 'gateway'
    | 'dns'
    | 'check'
    | 'exclude'
    | 'delegated/prefix'
    | 'delegated/length'
    | 'reservation'
    | TunnelLeaf;
  readonly value: string;
  readonly message: string;
}
