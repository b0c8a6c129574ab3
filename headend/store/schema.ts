import type { Generated, GeneratedAlways } from 'kysely';

/** The tables, as kysely types its queries by. Times are milliseconds since 1970 UTC. */
export interface Schema {
  subscribers: {
    name: string;
    plan: string;
    suspended: number;
    password_hash: string | null;
    created_at: number;
  };
  hosts: {
    host_id: string;
    subscriber: string;
    public_key: string;
    enrolled_at: number;
    revoked_at: number | null;
  };
  operators: {
    name: string;
    role: string;
    public_key: string;
    created_at: number;
  };
  /** What the store knows of a pool: its number, its layout, how far it has been given, and how many are held. */
  pools: {
    pool_id: Generated<number>;
    name: string;
    /** JSON: see pool-table.ts. */
    layout: string;
    /** No index from here on was ever given. */
    high_water: number;
    held: number;
    resting: number;
  };
  /** Indexes below the high-water mark that may be given. Ranges neither overlap nor touch. */
  free_ranges: {
    pool_id: number;
    first: number;
    last: number;
  };
  leases: {
    /** The number of the row in the trail that granted it: never used twice. */
    lease_id: number;
    host_id: string;
    group_id: number;
    subscriber: string;
    plan: string;
    class: string;
    rule: string;
    pool_id: number;
    idx: number;
    /** Addresses as bytes, so that they order as numbers do. */
    ipv4: Uint8Array | null;
    ipv6: Uint8Array | null;
    /** 16 bytes of the prefix, and one of its length. */
    delegated: Uint8Array | null;
    dscp: number;
    priority: string;
    upld_rate: number | null;
    upld_burst: number | null;
    dnld_rate: number | null;
    dnld_burst: number | null;
    /** JSON array. */
    applications: string;
    security: string | null;
    state: string;
    location: string | null;
    peer_address: string | null;
    /** The host's, where the lane is in a WireGuard tunnel. */
    wireguard_key: string | null;
    /** Who granted it: `embedded`, or a group of RADIUS servers. */
    authority: string;
    /** JSON array of base64: what that authority wants to see again (RFC 2865 §5.25). */
    radius_class: string | null;
    /** 1: its rates count for admission control. */
    guaranteed: number;
    /** 1: the host is to request again instead of renewing. */
    recalled: number;
    /** What was asked and what policy made of it. */
    decided: string | null;
    /** JSON: a TrafficMark. */
    counted: string | null;
    granted_at: number;
    /** JSON: an AccountingTerms. */
    accounting: string | null;
    ends_by: number | null;
    placed_at: number;
    /** JSON: a Carried. */
    carried: string | null;
    valid_until: number;
    /** JSON: a LaneReport. */
    report: string | null;
  };
  /** Addresses of leases that ended because somebody else uses them. What is here is given to nobody. */
  quarantine: {
    quarantine_id: Generated<number>;
    /** As it was called then. */
    pool: string;
    ipv4: Uint8Array | null;
    ipv6: Uint8Array | null;
    /** JSON array: which of the two the host named, as text. */
    conflicts: string;
    host_id: string;
    /** The lease's. */
    subscriber: string;
    group_id: number;
    lease_id: number;
    reason: string | null;
    since: number;
    until: number;
  };
  /** Indexes that were given back a moment ago; only their last holder may have them before `until`. */
  resting: {
    pool_id: number;
    idx: number;
    host_id: string;
    group_id: number;
    until: number;
  };
  /** How many leases a pool held at the end of an hour, for forecasts. */
  pool_samples: {
    pool_id: number;
    /** Milliseconds since 1970 UTC, of the hour's beginning. */
    hour: number;
    held: number;
  };
  /** What admission control counts by: see admission.ts. */
  locations: {
    name: string;
    /** 0: it is no longer, and leases are still there. */
    configured: number;
    parent: string | null;
    upld_capacity: number | null;
    dnld_capacity: number | null;
    /** The sums of the leases that are in it and in none of its parts. */
    upld_guaranteed: number;
    dnld_guaranteed: number;
  };
  /** What a subscriber's lanes carried, both ways together, in the period that begins then. */
  usage: {
    subscriber: string;
    period_start: number;
    octets: number;
  };
  /** One-time tokens for hosts that enrol themselves. */
  invitations: {
    invitation_id: Generated<number>;
    /** SHA-256 of the secret. */
    digest: Uint8Array;
    subscriber: string;
    host_id: string | null;
    created_at: number;
    created_by: string;
    expires_at: number;
    /** The host-id that used it. */
    spent_by: string | null;
    spent_at: number | null;
  };
  /** How far each reader of the trail has come: what it has not passed on yet is not lost. */
  feeds: {
    name: string;
    sequence: number;
  };
  events: {
    sequence: number;
    /** Of a session: 1; else 0. */
    kind: number;
    at: number;
    module: string;
    name: string;
    xml: string;
    about: string | null;
  };
  /** One row. */
  event_log: {
    created_at: number;
    last: number;
    aged_through: number;
    aged_at: number | null;
  };
  nonces: {
    nonce: string;
    until: number;
  };
  audit: {
    sequence: number;
    at: number;
    event: string;
    actor: string;
    host_id: string | null;
    group_id: number | null;
    /** JSON object. */
    detail: string;
    /** Read out of the detail. */
    subscriber: GeneratedAlways<string | null>;
    hash: Uint8Array;
  };
  configuration: {
    version: number;
    at: number;
    actor: string;
    content: string;
    purpose: string;
    /** The version to restore unless it is confirmed; 0: an empty configuration. */
    revert_to: number | null;
  };
}
