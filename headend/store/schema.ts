import type { Generated } from 'kysely';

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
  };
  /** Indexes below the high-water mark that may be given again. */
  released: {
    pool_id: number;
    idx: number;
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
    granted_at: number;
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
    group_id: number;
    lease_id: number;
    reason: string | null;
    since: number;
    until: number;
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
    hash: Uint8Array;
  };
  configuration: {
    version: number;
    at: number;
    actor: string;
    content: string;
  };
}
