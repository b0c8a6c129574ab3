import type { Result } from '@sublane/basics';
import type { WantedAddresses } from '../aaa/grant.ts';
import type { PoolShape, QuarantineSettings } from '../pools/pool.ts';
import type { RefusalOf, StoreRefusal } from '../refusal/refusal.ts';
import type { ConfigurationStore } from './configuration-store.ts';
import type { EventStore } from './event-store.ts';
import type { FeedStore } from './feed-store.ts';
import type { PoolStore } from './pool-records.ts';
import type {
  AccountingTerms,
  AuditEntry,
  AuditRow,
  Host,
  HostStanding,
  Invitation,
  LaneReport,
  LaneTerms,
  Lease,
  LeaseState,
  LocationLoad,
  Operator,
  OperatorRole,
  Page,
  PageRequest,
  PoolFill,
  Quarantine,
  Subscriber,
  Timestamp,
} from './records.ts';

/**
 * Where the headend keeps what must survive it. Every back-end passes `store-contract.ts`.
 *
 * - A write is atomic and **durable before its promise resolves**; what it changes and its audit rows are one
 *   transaction. Reads see every write whose promise has resolved.
 * - What the store refuses is a value. When it is full or read-only, nothing is half done.
 * - Time is an argument; the store has no clock.
 */
export interface Store {
  readonly leases: LeaseStore;
  readonly pools: PoolStore;
  readonly quarantine: QuarantineStore;
  readonly subscribers: SubscriberStore;
  readonly hosts: HostStore;
  readonly invitations: InvitationStore;
  readonly operators: OperatorStore;
  readonly audit: AuditStore;
  readonly events: EventStore;
  readonly configuration: ConfigurationStore;
  readonly locations: LocationStore;
  readonly nonces: NonceStore;
  readonly usage: UsageStore;
  readonly feeds: FeedStore;
  status(): StoreStatus;
  /** Waits for writes under way. Afterwards every write is refused. */
  close(): Promise<void>;
}

export interface StoreStatus {
  readonly backend: 'sqlite';
  /** A file's path, or `:memory:`. */
  readonly location: string;
  readonly schemaVersion: string;
  readonly leases: number;
  /** What the last write met, where it was refused; absent: all is well. */
  readonly trouble?: StoreRefusal;
}

/** Who does it and when: for the audit rows of a write. */
export interface Deed {
  /** A host-id, an operator's name, `local`, `headend`, or `radius AUTHORITY`. */
  readonly actor: string;
  readonly at: Timestamp;
  /** Why, in words for those concerned. */
  readonly reason?: string;
}

export interface LeaseStore {
  /**
   * Holds addresses for all the groups named, or for none. A group that already has a lease keeps its id, and keeps its
   * addresses when its class is the same and its pool is among `keep`; else it gets new ones and the old ones go back.
   * New ones are, of the first pool of `open` that has any: what is reserved for it; what it gave back a moment ago; the
   * lowest free; and where no pool has one of these, what has rested the longest since somebody else gave it back.
   */
  reserve(reservation: Reservation): Promise<Result<readonly Lease[], readonly ReservationRefusal[] | StoreRefusal>>;
  /** Sets a new end for leases of this host that have not ended; all of them or none. In the order asked. */
  extend(
    hostId: string,
    groups: readonly { readonly groupId: number; readonly validUntil: Timestamp }[],
    at: Timestamp,
  ): Promise<Result<readonly Lease[], readonly ExtensionRefusal[] | StoreRefusal>>;
  /** Gives back. No groups named: all of the host's. What is not held is no error. Answers what was released. */
  release(hostId: string, groupIds: readonly number[], deed: Deed): Promise<Result<readonly Lease[], StoreRefusal>>;
  releaseById(id: string, deed: Deed): Promise<Result<Lease, RefusalOf<'record-unknown'> | StoreRefusal>>;
  /** Takes back all that fit, at once. Answers what was taken back. */
  withdraw(selection: LeaseSelection, deed: Deed): Promise<Result<readonly Lease[], StoreRefusal>>;
  /**
   * Marks leases that have not ended as recalled: their hosts are to request them again, since what they were granted
   * by has changed. Answers those it marked; one that was recalled already is left as it is, and leaves no audit row.
   */
  recall(selection: LeaseSelection, deed: Deed): Promise<Result<readonly Lease[], StoreRefusal>>;
  /**
   * Takes back what ended at `at` or before, at most `limit` leases, the longest ended first. What has rested long enough
   * may be given to everybody again: at most `limit` indexes of each pool.
   */
  expire(at: Timestamp, limit: number): Promise<Result<readonly Lease[], StoreRefusal>>;
  /**
   * Notes what the host reached; all or none. An unchanged state leaves no audit row. A lease ends where the host names
   * an address of it that another device uses: its addresses go into quarantine instead of back. Answers what ended:
   * nothing, where the same was said before.
   *
   * What a lane has carried since its last report is added to its subscriber's usage; more than its rates allow is cut
   * off, and audited once.
   */
  report(
    hostId: string,
    reports: readonly { readonly groupId: number; readonly report: LaneReport }[],
    quarantineOf: QuarantineOf,
    periodOf?: PeriodOf,
  ): Promise<Result<readonly Lease[], readonly ReportRefusal[] | StoreRefusal>>;
  /** The host's leases that have not ended at `at`, by group. */
  ofHost(hostId: string, at: Timestamp): Promise<readonly Lease[]>;
  /** All that fit, those that have ended and are not taken back yet among them. */
  select(selection: LeaseSelection): Promise<readonly Lease[]>;
  /** Those that this authority granted, which is not the embedded one; by id. */
  ofAuthority(authority: string, page: PageRequest): Promise<Page<Lease>>;
  find(id: string): Promise<Lease | undefined>;
  /** By either family, or an address in the prefix delegated with the lease. */
  findByAddress(address: string): Promise<Lease | undefined>;
  list(filter: LeaseFilter, page: PageRequest): Promise<Page<Lease>>;
  /** Fill of every pool that is configured or still holds leases. */
  fill(): Promise<readonly PoolFill[]>;
  /**
   * Leases of this pool whose addresses or prefixes the new shape would not have at the same index, or have for gateways,
   * networks or broadcasts; at most `limit`.
   */
  outside(shape: PoolShape, limit: number): Promise<readonly Lease[]>;
  /** Leases of this pool at indexes that the new shape reserves for others, at most `limit`. */
  reservedElsewhere(shape: PoolShape, limit: number): Promise<readonly Lease[]>;
}

/** A request as policy decided it: what is to be held, and where from. */
export interface Reservation {
  readonly hostId: string;
  readonly subscriber: string;
  readonly at: Timestamp;
  readonly state: LeaseState;
  /** Who granted it: EMBEDDED, or a group of RADIUS servers of the configuration. */
  readonly authority: string;
  readonly radiusClass?: readonly string[];
  readonly accounting?: AccountingTerms;
  /** No renewal goes beyond. */
  readonly endsBy?: Timestamp;
  /** Groups the host may hold at a time, those named here included. */
  readonly groupsMax: number;
  readonly location?: string;
  readonly peerAddress?: string;
  /** The host's; there, where one of the groups may come into a WireGuard tunnel. */
  readonly wireguardKey?: string;
  readonly groups: readonly GroupReservation[];
  /**
   * What one lane of the host is to have and no other address instead: the group that holds it already; else the lowest
   * of those named here that gets a new address, or was recalled, and whose open pools have it. Where no group of this
   * request can be it, it waits for one that can. `address-unavailable`: no lane can get it, whatever the group.
   */
  readonly wanted?: WantedAddresses;
  /** Written in the same transaction, beside the rows of leases granted or changed; where there are none, neither. */
  readonly audit: readonly AuditEntry[];
}

export interface GroupReservation extends LaneTerms {
  /** Names of the pools that new addresses may come from, best first. */
  readonly open: readonly string[];
  /** Names of the pools in which a present address may stay. */
  readonly keep: readonly string[];
  /** Of those, the ones where it stays but its end does not move. */
  readonly draining: ReadonlySet<string>;
  /** Of all, the ones whose lanes need the host's WireGuard key. */
  readonly wireguard: ReadonlySet<string>;
  /** By name of a pool that is moving, the one that leases there get their new addresses from, and from no other. */
  readonly successors?: ReadonlyMap<string, string>;
  readonly validUntil: Timestamp;
}

/** `unknown-host`, `subscriber-suspended`: the host was revoked, or the lease's subscriber suspended. */
export type StandingRefusal = RefusalOf<'unknown-host' | 'subscriber-suspended'>;
export type ReservationRefusal =
  | StandingRefusal
  | RefusalOf<
      | 'pool-empty'
      | 'pool-draining'
      | 'address-unavailable'
      | 'capacity-exceeded'
      | 'too-many-groups'
      | 'wireguard-key-in-use'
    >;
/** What a pool has configured. */
export type QuarantineOf = (pool: string) => QuarantineSettings;
export type ReportRefusal = RefusalOf<'lease-unknown' | 'quarantine-full'>;
export type ExtensionRefusal = StandingRefusal | RefusalOf<'lease-unknown'>;

export interface LeaseFilter {
  readonly hostId?: string;
  readonly subscriber?: string;
  readonly pool?: string;
}

/** All that are given must fit; a selection that says nothing fits nothing. */
export interface LeaseSelection {
  readonly hostId?: string;
  readonly subscriber?: string;
  readonly leaseIds?: readonly string[];
}

/** Addresses that nobody gets, since another device uses them. `report` puts them here. */
export interface QuarantineStore {
  /** Lets the addresses of one quarantine be given again, by either of them. */
  release(address: string, deed: Deed): Promise<Result<Quarantine, RefusalOf<'record-unknown'> | StoreRefusal>>;
  /** Ends those whose time is over at `at`, at most `limit`, the longest over first. */
  expire(at: Timestamp, limit: number): Promise<Result<readonly Quarantine[], StoreRefusal>>;
  /** By number, which is oldest first; all of the filter must fit. */
  list(filter: QuarantineFilter, page: PageRequest): Promise<Page<Quarantine>>;
}

export interface QuarantineFilter {
  readonly hostId?: string;
  readonly pool?: string;
  readonly address?: string;
}

export interface SubscriberStore {
  add(
    subscriber: { readonly name: string; readonly plan: string; readonly passwordHash?: string },
    deed: Deed,
  ): Promise<Result<undefined, RefusalOf<'record-exists'> | StoreRefusal>>;
  /** Suspending ends every lease held in its name, another plan recalls them; answered are those it ended or recalled. */
  change(
    name: string,
    change: { readonly plan?: string; readonly passwordHash?: string; readonly suspended?: boolean },
    deed: Deed,
  ): Promise<Result<readonly Lease[], RefusalOf<'record-unknown'> | StoreRefusal>>;
  /** `record-in-use` while a host is enrolled for it. Ends every lease that other hosts hold in its name; answers them. */
  remove(
    name: string,
    deed: Deed,
  ): Promise<Result<readonly Lease[], RefusalOf<'record-unknown' | 'record-in-use'> | StoreRefusal>>;
  find(name: string): Promise<Subscriber | undefined>;
  /** By name. */
  list(page: PageRequest): Promise<Page<Subscriber>>;
  /** A subscriber with this plan, if there is one: a plan in use cannot vanish. */
  findByPlan(plan: string): Promise<Subscriber | undefined>;
}

export interface HostStore {
  /**
   * A revoked host-id may be enrolled again, with a new key. `record-exists`: the host-id is in use, or (record
   * `public-key`) the key is another host's: one key is one host.
   */
  enrol(
    host: {
      readonly hostId: string;
      readonly subscriber: string;
      readonly publicKey: string;
      /** The subscriber is another authority's, and need not be known here. */
      readonly elsewhere?: boolean;
    },
    deed: Deed,
  ): Promise<Result<undefined, RefusalOf<'record-exists' | 'record-unknown'> | StoreRefusal>>;
  /** Ends its leases too; answers them. */
  revoke(hostId: string, deed: Deed): Promise<Result<readonly Lease[], RefusalOf<'record-unknown'> | StoreRefusal>>;
  find(hostId: string): Promise<Host | undefined>;
  /** Host and its subscriber in one read. Revoked hosts are not found. */
  standing(hostId: string): Promise<HostStanding | undefined>;
  /** By host-id. */
  list(filter: { readonly subscriber?: string }, page: PageRequest): Promise<Page<Host>>;
}

/** One-time tokens for hosts that enrol themselves. The secrets are not here: their digests are. */
export interface InvitationStore {
  /** `too-many-invitations`: the subscriber has `openMax` that are good and not used. */
  add(
    invitation: {
      /** SHA-256 of the secret. */
      readonly digest: Uint8Array;
      readonly subscriber: string;
      readonly hostId?: string;
      readonly expiresAt: Timestamp;
      /** The subscriber is another authority's, and need not be known here. */
      readonly elsewhere: boolean;
    },
    openMax: number,
    deed: Deed,
  ): Promise<Result<Invitation, RefusalOf<'record-unknown' | 'too-many-invitations'> | StoreRefusal>>;
  /** Takes back one that was not used. */
  remove(id: string, deed: Deed): Promise<Result<undefined, RefusalOf<'record-unknown'> | StoreRefusal>>;
  /**
   * The host and the use of the invitation in one transaction. The same host with the same key may come again: its
   * reply was lost. Refused, the invitation stays as good as it was.
   */
  enrol(enrolment: EnrolmentByInvitation, deed: Deed): Promise<Result<Invitation, EnrolmentRefusal | StoreRefusal>>;
  /** Also one that was used or has expired, for a week after its end. */
  find(digest: Uint8Array): Promise<Invitation | undefined>;
  /** Those that are good at `at` and not used, oldest first. */
  list(at: Timestamp, page: PageRequest): Promise<Page<Invitation>>;
}

export interface EnrolmentByInvitation {
  readonly digest: Uint8Array;
  readonly hostId: string;
  readonly publicKey: string;
  /** Is this subscriber another authority's, which need not be known here? */
  readonly elsewhere: (subscriber: string) => boolean;
}

export type EnrolmentRefusal = RefusalOf<
  | 'invitation-unknown'
  | 'invitation-spent'
  | 'invitation-expired'
  | 'invitation-for-another'
  | 'host-id-taken'
  | 'host-key-taken'
>;

export interface OperatorStore {
  add(
    operator: { readonly name: string; readonly role: OperatorRole; readonly publicKey: string },
    deed: Deed,
  ): Promise<Result<undefined, RefusalOf<'record-exists'> | StoreRefusal>>;
  remove(name: string, deed: Deed): Promise<Result<undefined, RefusalOf<'record-unknown'> | StoreRefusal>>;
  find(name: string): Promise<Operator | undefined>;
  list(page: PageRequest): Promise<Page<Operator>>;
}

export interface AuditStore {
  append(entries: readonly AuditEntry[]): Promise<Result<undefined, StoreRefusal>>;
  /** Oldest first; all of the filter must fit. */
  list(filter: AuditFilter, page: PageRequest): Promise<Page<AuditRow>>;
}

export interface AuditFilter {
  readonly hostId?: string;
  /** Whose it was then: the host's that is concerned, or the lease's. */
  readonly subscriber?: string;
  readonly since?: Timestamp;
}

/** What a location has for admission control, and what it is a part of. */
export type LocationLimits = Omit<LocationLoad, 'guaranteed'>;

/** What is guaranteed where. */
export interface LocationStore {
  /** Those configured, by name. */
  list(): Promise<readonly LocationLoad[]>;
  /** Takes on the locations of a configuration that an older headend committed; writes nothing where it has them. */
  adopt(locations: readonly LocationLimits[]): Promise<Result<undefined, StoreRefusal>>;
}

/** When the present period of the lease's quota began; undefined: it has no quota. */
export type PeriodOf = (lease: Lease) => Timestamp | undefined;

/** What subscribers' lanes have carried, as their hosts report it. A period is known by when it began. */
export interface UsageStore {
  /** In bytes, both ways together. */
  of(subscriber: string, since: Timestamp): Promise<number>;
  /** Counts from 0 again; answers what had been counted. */
  reset(subscriber: string, since: Timestamp, deed: Deed): Promise<Result<number, StoreRefusal>>;
  /** Forgets periods that began before, at most `limit`; answers how many. */
  expire(before: Timestamp, limit: number): Promise<Result<number, StoreRefusal>>;
}

export interface NonceStore {
  /** True the first time; false while it is remembered, which is until `until` at least. */
  use(nonce: string, until: Timestamp, at: Timestamp): Promise<Result<boolean, StoreRefusal>>;
}
