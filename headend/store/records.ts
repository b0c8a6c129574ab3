import type { Bytes, KilobitsPerSecond, Milliseconds, Seconds } from '@sublane/basics';
import type { Priority } from '../policy/wish.ts';

/** Times in the store are wall time: milliseconds since 1970 UTC. */
export type Timestamp = Milliseconds;

export interface Subscriber {
  readonly name: string;
  readonly plan: string;
  readonly suspended: boolean;
  /** `$scrypt$…`, or none: then no password opens this subscriber. */
  readonly passwordHash?: string;
  readonly createdAt: Timestamp;
}

export interface Host {
  readonly hostId: string;
  readonly subscriber: string;
  /** One line, OpenSSH's form, without a comment: `ssh-ed25519 AAAA…`. */
  readonly publicKey: string;
  readonly enrolledAt: Timestamp;
  readonly revokedAt?: Timestamp;
}

/** Host and subscriber in one keyed read. */
export interface HostStanding {
  readonly host: Host;
  /** Absent: the subscriber of the enrolment is not in the store (it lives in another AAA, or was removed). */
  readonly subscriber?: Subscriber;
}

/** A one-time token by which a host enrols itself; what it proves it by is not here. */
export interface Invitation {
  /** Never used twice by one store. */
  readonly id: string;
  readonly subscriber: string;
  /** The only name the host may take; absent: any that is free. */
  readonly hostId?: string;
  readonly createdAt: Timestamp;
  readonly createdBy: string;
  readonly expiresAt: Timestamp;
  /** The host that used it. */
  readonly spentBy?: string;
  readonly spentAt?: Timestamp;
}

export interface Operator {
  readonly name: string;
  readonly role: OperatorRole;
  readonly publicKey: string;
  readonly createdAt: Timestamp;
}

export type OperatorRole = 'operator' | 'auditor' | 'administrator';

/** What a lane gets, as granted: all that the message to the host needs beside the configuration. */
export interface LaneTerms {
  readonly groupId: number;
  readonly plan: string;
  readonly class: string;
  /** The rule that decided. */
  readonly rule: string;
  readonly dscp: number;
  readonly priority: Priority;
  readonly upld?: LaneRate;
  readonly dnld?: LaneRate;
  readonly applications: readonly string[];
  readonly security?: string;
  /** Its rates count for admission control. */
  readonly guaranteed: boolean;
  /** What was asked and what policy made of it (policy/standing-decision.ts); nothing to the store. Absent: unknown. */
  readonly decided?: string;
}

export interface LaneRate {
  readonly rate: KilobitsPerSecond;
  readonly burst?: Bytes;
}

/** `pending`: the provider's own network is still being configured. `active`: the host may use it. */
export type LeaseState = 'pending' | 'active';

/** Addresses held by a group of a host until a time. */
export interface Lease extends LaneTerms {
  /** Never used twice by one store. */
  readonly id: string;
  readonly hostId: string;
  readonly subscriber: string;
  readonly pool: string;
  /** Relative to the pool's base; the same for both families. */
  readonly index: number;
  /** At least one of the two; canonical text (RFC 5952). */
  readonly ipv4?: string;
  readonly ipv6?: string;
  /** What is routed to the host beside its addresses: `2001:db8:100::/56`. */
  readonly delegatedPrefix?: string;
  readonly state: LeaseState;
  /** Where the network saw the host; absent: nowhere in particular. */
  readonly location?: string;
  /** The address the host's session came from: the next hop towards a routed lane. */
  readonly peerAddress?: string;
  /** The host's key, where the lane is in a WireGuard tunnel: what the edge lets in. */
  readonly wireguardKey?: string;
  /** Who granted it: EMBEDDED, or a group of RADIUS servers of the configuration. */
  readonly authority: string;
  /** What that authority wants to see again in accounting, each in base64 (RFC 2865 §5.25). */
  readonly radiusClass?: readonly string[];
  /** What it grants has changed: the host is to request again instead of renewing. */
  readonly recalled: boolean;
  /** How that authority is told of it; there, where something is to be minded. */
  readonly accounting?: AccountingTerms;
  /** Where the authority ends it (Session-Timeout, RFC 2865 §5.27): no renewal goes beyond, a new request may. */
  readonly endsBy?: Timestamp;
  readonly grantedAt: Timestamp;
  /** Since when it has the addresses it has: a lease that moves keeps its id. */
  readonly placedAt: Timestamp;
  readonly validUntil: Timestamp;
  readonly report?: LaneReport;
  /** What it has carried since then, by its host's word; absent: nothing was said, or nobody but the headend asks. */
  readonly carried?: Carried;
}

/** Decimal text, in bytes: these are 64-bit counters. */
export interface Carried {
  /** To the host. */
  readonly in: string;
  /** From the host. */
  readonly out: string;
}

/** What an authority asked for, where it is told of a lane. */
export interface AccountingTerms {
  /** How it calls the subscriber, where that is another name (User-Name of an answer, RFC 2865 §5.1). */
  readonly userName?: string;
  /** Acct-Interim-Interval (RFC 2869 §5.16). */
  readonly interimInterval?: Seconds;
}

/** What the host said it reached. Byte counts are the host's word only. */
export interface LaneReport {
  readonly state: 'applied' | 'failed' | 'address-conflict';
  readonly at: Timestamp;
  readonly reason?: string;
  readonly conflictAddresses?: readonly string[];
  /** As last said. Decimal text: they are 64-bit counters. */
  readonly inOctets?: string;
  readonly outOctets?: string;
}

/** A row of the append-only trail. */
export interface AuditRow {
  /** 1, 2, 3, … without a gap. */
  readonly sequence: number;
  readonly at: Timestamp;
  readonly event: AuditEvent;
  /** Who did it: a host-id, an operator's name, `local`, or `headend` for what it does by itself. */
  readonly actor: string;
  readonly hostId?: string;
  readonly groupId?: number;
  /** What else is known, by name. */
  readonly detail: AuditDetail;
  /** SHA-256, hexadecimal, over the previous row's hash and this row (audit-chain.ts). */
  readonly hash: string;
}

export type AuditDetail = { readonly [name: string]: string | number | boolean | readonly string[] };

/** What is to be written; the store numbers it, and chains it to the row before. */
export type AuditEntry = Omit<AuditRow, 'sequence' | 'hash'>;

export type AuditEvent =
  | 'lease-granted'
  | 'lease-changed'
  | 'lease-released'
  | 'lease-expired'
  | 'lease-recalled'
  | 'usage-cut-off'
  | 'quota-reset'
  | 'lane-reported'
  | 'address-quarantined'
  | 'quarantine-released'
  | 'quarantine-ended'
  | 'pool-filling'
  | 'pool-empty'
  | 'request-refused'
  | 'history-read'
  | 'location-mismatch'
  | 'policy-hook-lowered'
  | 'session-opened'
  | 'session-closed'
  | 'session-replaced'
  | 'subscriber-added'
  | 'subscriber-changed'
  | 'subscriber-removed'
  | 'host-enrolled'
  | 'host-revoked'
  | 'host-invited'
  | 'invitation-removed'
  | 'operator-added'
  | 'operator-removed'
  | 'disconnect-requested'
  | 'change-requested'
  | 'configuration-committed'
  | 'configuration-confirmed'
  | 'configuration-reverted';

export interface ConfigurationDocument {
  /** 1, 2, 3, … */
  readonly version: number;
  readonly at: Timestamp;
  readonly actor: string;
  readonly purpose: CommitPurpose;
  /** The version to restore unless this one is confirmed (RFC 6241 §8.4); 0: an empty configuration. */
  readonly revertTo?: number;
  /** The whole of `running`, in the datastore's own encoding. */
  readonly content: string;
}

/** `confirmed`: to be confirmed, or it is taken back. `revert`: what nobody confirmed is taken back. */
export type CommitPurpose = 'edit' | 'confirmed' | 'revert';

export interface PoolFill {
  readonly name: string;
  /** Leases held. */
  readonly held: number;
  /** Leases it could hold if none of its addresses were in quarantine; 0 for a pool that is no longer configured. */
  readonly capacity: number;
  /** Of those, how many are kept back by a quarantine. */
  readonly quarantined: number;
  /** How many rest after they were given back. */
  readonly resting: number;
  /** How many are reserved for somebody who does not hold them. */
  readonly reserved: number;
}

/** What is guaranteed in a location, beside what it has. */
export interface LocationLoad {
  readonly name: string;
  readonly parent?: string;
  /** Absent: no limit. */
  readonly upldCapacity?: KilobitsPerSecond;
  readonly dnldCapacity?: KilobitsPerSecond;
  /** Kbit/s, the location's parts included. */
  readonly guaranteed: { readonly upld: number; readonly dnld: number };
}

/** The addresses of a lease that ended because another device uses one of them. Nobody gets them meanwhile. */
export interface Quarantine {
  /** Never used twice by one store. */
  readonly id: string;
  /** As it was called when it began. */
  readonly pool: string;
  /** The lease's; canonical text. */
  readonly ipv4?: string;
  readonly ipv6?: string;
  /** Which of them the host named; canonical text. */
  readonly conflicts: readonly string[];
  readonly hostId: string;
  readonly groupId: number;
  readonly leaseId: string;
  readonly reason?: string;
  readonly since: Timestamp;
  readonly until: Timestamp;
}

/** One page of a list; `next` is there when more follows, and goes into the next question's `cursor`. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

export interface PageRequest {
  /** 1..1000. */
  readonly limit: number;
  readonly cursor?: string;
}
