// Generated from yang/modules by "npm run generate"; not to be edited.
import type { SecurityPermit } from './ietf-portal-backend-message.ts';

/**
 * Input of get-status.
 *
 * How the headend is.
 */
export type GetStatusInput = { readonly [member: string]: never };

export type GetStatusOutputCallHome = {
  /** Its name in headend.yaml. */
  readonly name: string;
  /** How far the call has come. */
  readonly state: 'dialling' | 'greeting' | 'connected' | 'waiting' | 'resting';
  /** Where it is being called, or has been reached. */
  readonly address?: string;
  /** Why the last call came to nothing, or ended. */
  readonly reason?: string;
};

export type StatusSessions = {
  /** Sessions of hosts. */
  readonly hosts: number;
  /** Sessions of operators. */
  readonly operators: number;
};

export type StatusLeases = {
  /** The state. */
  readonly state: 'pending' | 'active';
  /** How many. 64 bits, in a string. */
  readonly count: string;
};

export type StatusPool = {
  /** The pool. 1..64 characters. */
  readonly name: string;
  /**
   * How many leases it can hold; 0 for a pool that is no longer configured and still has leases.
   *
   * 64 bits, in a string.
   */
  readonly capacity: string;
  /** How many leases it holds. 64 bits, in a string. */
  readonly held: string;
  /** How many leases less it can hold, because their addresses are in quarantine. 64 bits, in a string. */
  readonly quarantined: string;
  /** How many addresses rest after they were given back. 64 bits, in a string. */
  readonly resting?: string;
  /** How many addresses are reserved for somebody who does not hold them now. 64 bits, in a string. */
  readonly reserved?: string;
  /** When it will be empty if it goes on as in the last hours. Absent: not within 30 days, or too little is known. */
  readonly 'empty-at'?: string;
};

export type StatusRequests = {
  /** 'granted', 'renewed', 'released', 'expired', or the code of a refusal. 1..64 characters. */
  readonly outcome: string;
  /** How many. 64 bits, in a string. */
  readonly count: string;
};

export type StatusStore = {
  /** The kind of store. */
  readonly backend: 'sqlite' | 'postgresql';
  /** The file, or the database without credentials. */
  readonly location: string;
  /** The version of its tables. */
  readonly 'schema-version'?: string;
  /** What the last write met, as 'store-full'. Absent: all is well. 1..64 characters. */
  readonly trouble?: string;
};

export type GetStatusOutputAuthorityServer = {
  /** Their group. 1..64 characters. */
  readonly authority: string;
  /** The server. 1..64 characters. */
  readonly server: string;
  /** How it is. */
  readonly state: 'unknown' | 'alive' | 'dead';
  /** How often it was asked since the start. 64 bits, in a string. */
  readonly requests: string;
  /** How often it did not answer. 64 bits, in a string. */
  readonly timeouts: string;
  /** Replies that were not its own: forged, truncated, late. 64 bits, in a string. */
  readonly 'rejected-replies': string;
};

export type GetStatusOutputPolicyHook = {
  /** How it is. */
  readonly state: 'unknown' | 'answering' | 'away';
  /** Why there was no answer, as 'timed-out'. 1..64 characters. */
  readonly trouble?: string;
  /** How often it was asked. 64 bits, in a string. */
  readonly asked: string;
  /** How many requests it refused. 64 bits, in a string. */
  readonly refused: string;
  /** In how many it lowered a rate. 64 bits, in a string. */
  readonly lowered: string;
  /** How often there was no answer of use. 64 bits, in a string. */
  readonly unanswered: string;
};

/** Output of get-status. */
export type GetStatusOutput = {
  /** The version of the program. */
  readonly version: string;
  /** When the program was started. */
  readonly started: string;
  /** Where it takes sessions: ADDRESS:PORT, tls://ADDRESS:PORT, or the path of a Unix socket. */
  readonly 'listening-on'?: readonly string[];
  /** A management system that the headend calls. */
  readonly 'call-home'?: readonly GetStatusOutputCallHome[];
  /** The sessions that are open. */
  readonly sessions: StatusSessions;
  /** The leases, by state. */
  readonly leases?: readonly StatusLeases[];
  /** The pools that are configured or hold leases. */
  readonly pool?: readonly StatusPool[];
  /** What became of the hosts' requests since the start. */
  readonly requests?: readonly StatusRequests[];
  /** Where records are kept. */
  readonly store: StatusStore;
  /** The RADIUS servers. */
  readonly 'authority-server'?: readonly GetStatusOutputAuthorityServer[];
  /** Accounting records on disk that no server has taken yet. 64 bits, in a string. */
  readonly 'accounting-waiting'?: string;
  /** Lanes taken back that the edge has not been told of yet. 64 bits, in a string. */
  readonly 'edge-waiting'?: string;
  /** The policy server, since it was configured or the headend was started. */
  readonly 'policy-hook'?: GetStatusOutputPolicyHook;
};

/**
 * Input of list-locations.
 *
 * Locations and what is granted there, by name.
 */
export type ListLocationsInput = {
  /** Only this one. 1..64 characters. */
  readonly location?: string;
  /** How many entries the page may have. 1..1000; default 100. */
  readonly limit?: number;
  /** The 'next-cursor' of the page before. Absent: the first page. 1..512 characters. */
  readonly cursor?: string;
};

export type ListLocationsOutputLocation = {
  /** The location. 1..64 characters. */
  readonly name: string;
  /** What it is a part of. 1..64 characters. */
  readonly parent?: string;
  /** Its access addresses. */
  readonly 'access-prefix'?: readonly string[];
  /** What all lanes there may send. Absent: no limit. At least 1; kbit/s. */
  readonly 'upld-capacity'?: number;
  /** What may be sent to all lanes there. Absent: no limit. At least 1; kbit/s. */
  readonly 'dnld-capacity'?: number;
  /** What is guaranteed from the hosts there and in its parts. Kbit/s; 64 bits, in a string. */
  readonly 'upld-guaranteed': string;
  /** What is guaranteed to the hosts there and in its parts. Kbit/s; 64 bits, in a string. */
  readonly 'dnld-guaranteed': string;
};

/** Output of list-locations. */
export type ListLocationsOutput = {
  /** The locations. */
  readonly location?: readonly ListLocationsOutputLocation[];
  /** For the next question. Absent: this was the last page. 1..512 characters. */
  readonly 'next-cursor'?: string;
};

/**
 * Input of list-pools.
 *
 * Pools with their fill, by name.
 */
export type ListPoolsInput = {
  /** Only this one. 1..64 characters. */
  readonly pool?: string;
  /** How many entries the page may have. 1..1000; default 100. */
  readonly limit?: number;
  /** The 'next-cursor' of the page before. Absent: the first page. 1..512 characters. */
  readonly cursor?: string;
};

export type ListedPool = {
  /** The pool. 1..64 characters. */
  readonly name: string;
  /**
   * The class of its lanes. Absent, like all that follow, for a pool that is no longer configured.
   *
   * 1..64 characters.
   */
  readonly class?: string;
  /** Where the addresses can be used. Absent: anywhere. 1..64 characters. */
  readonly location?: string;
  /** Its addresses. */
  readonly prefix?: readonly string[];
  /** How the edge reaches the lanes. */
  readonly attachment?: 'on-link' | 'routed' | 'vlan' | 'tunnel';
  /** The kind of the tunnel, where that is a tunnel. */
  readonly encapsulation?: 'gre' | 'ipip' | 'vxlan' | 'wireguard';
  /** Whether it gives addresses. */
  readonly 'admin-state'?: 'open' | 'draining' | 'moving';
  /** Where its leases move to. 1..64 characters. */
  readonly successor?: string;
  /** The length of the prefix that each lane gets too. */
  readonly 'delegated-length'?: number;
  /** How many addresses are reserved. */
  readonly reservations?: number;
  /**
   * How many leases it can hold; 0 for a pool that is no longer configured and still has leases.
   *
   * 64 bits, in a string.
   */
  readonly capacity: string;
  /** How many leases it holds. 64 bits, in a string. */
  readonly held: string;
  /** How many leases less it can hold, because their addresses are in quarantine. 64 bits, in a string. */
  readonly quarantined: string;
  /** How many addresses rest after they were given back. 64 bits, in a string. */
  readonly resting?: string;
  /** How many addresses are reserved for somebody who does not hold them now. 64 bits, in a string. */
  readonly reserved?: string;
  /** When it will be empty if it goes on as in the last hours. Absent: not within 30 days, or too little is known. */
  readonly 'empty-at'?: string;
};

/** Output of list-pools. */
export type ListPoolsOutput = {
  /** The pools. */
  readonly pool?: readonly ListedPool[];
  /** For the next question. Absent: this was the last page. 1..512 characters. */
  readonly 'next-cursor'?: string;
};

/**
 * Input of add-subscriber.
 *
 * Makes a subscriber known.
 */
export type AddSubscriberInput = {
  /** The subscriber. One that exists is refused with data-exists. 1..253 characters. */
  readonly name: string;
  /** The plan; it must be configured. 1..64 characters. */
  readonly plan: string;
  /** The password. Absent: no password opens this subscriber; the enrolment of a host does. 8..256 characters. */
  readonly password?: string;
  /** The hash of a password, made elsewhere. 1..512 characters. */
  readonly 'password-hash'?: string;
};

/** Output of add-subscriber. */
export type AddSubscriberOutput = { readonly [member: string]: never };

/**
 * Input of set-subscriber.
 *
 * Changes a subscriber. What is absent stays.
 */
export type SetSubscriberInput = {
  /** The subscriber. 1..253 characters. */
  readonly name: string;
  /** The new plan. Its hosts' sessions are closed, and they request again what they have. 1..64 characters. */
  readonly plan?: string;
  /** The new password. 8..256 characters. */
  readonly password?: string;
  /** The hash of the new password, made elsewhere. 1..512 characters. */
  readonly 'password-hash'?: string;
  /**
   * True: every request of its hosts is refused, their sessions are closed and every lease in its name is ended. False:
   * no more; the sessions of hosts that were refused are closed, so that they ask again.
   */
  readonly suspended?: boolean;
  /**
   * What its lanes have carried in the present period of its quota does not count any more. Its hosts' sessions are
   * closed, and they request again what they have.
   */
  readonly 'reset-quota'?: readonly [null];
};

/** Output of set-subscriber. */
export type SetSubscriberOutput = { readonly [member: string]: never };

/**
 * Input of remove-subscriber.
 *
 * Forgets a subscriber. One with hosts is refused with in-use. Leases that others hold in its name end, and its
 * invitations.
 */
export type RemoveSubscriberInput = {
  /** The subscriber. 1..253 characters. */
  readonly name: string;
};

/** Output of remove-subscriber. */
export type RemoveSubscriberOutput = { readonly [member: string]: never };

/**
 * Input of list-subscribers.
 *
 * Subscribers, by name.
 */
export type ListSubscribersInput = {
  /** Only this one. 1..253 characters. */
  readonly name?: string;
  /** How many entries the page may have. 1..1000; default 100. */
  readonly limit?: number;
  /** The 'next-cursor' of the page before. Absent: the first page. 1..512 characters. */
  readonly cursor?: string;
};

export type ListedSubscriberQuota = {
  /** So much may be carried. Bytes; 64 bits, in a string. */
  readonly octets?: string;
  /** So much was. Bytes; 64 bits, in a string. */
  readonly used?: string;
  /** When the next period begins. */
  readonly 'begins-anew'?: string;
};

export type ListedSubscriber = {
  /** The subscriber. 1..253 characters. */
  readonly name: string;
  /** The plan. 1..64 characters. */
  readonly plan: string;
  /** True: its requests are refused. */
  readonly suspended: boolean;
  /** Whether a password is set. */
  readonly 'has-password': boolean;
  /** The quota of its plan, in the period of now. Absent: it has none. */
  readonly quota?: ListedSubscriberQuota;
  /** Since when it is known. */
  readonly created: string;
};

/** Output of list-subscribers. */
export type ListSubscribersOutput = {
  /** The subscribers. */
  readonly subscriber?: readonly ListedSubscriber[];
  /** For the next question. Absent: this was the last page. 1..512 characters. */
  readonly 'next-cursor'?: string;
};

/**
 * Input of add-host.
 *
 * Enrols a host. A host that was revoked may be enrolled again, with another key.
 */
export type AddHostInput = {
  /** The host. One that is enrolled is refused with data-exists. 1..64 characters. */
  readonly 'host-id': string;
  /** The subscriber whose it is. 1..253 characters. */
  readonly subscriber: string;
  /**
   * The key with which the host proves who it is. One that is another host's is refused with data-exists.
   *
   * 1..4096 characters.
   */
  readonly 'public-key': string;
};

/** Output of add-host. */
export type AddHostOutput = {
  /** The fingerprint of that key. */
  readonly 'key-fingerprint'?: string;
};

/**
 * Input of invite-host.
 *
 * Makes a one-time token, by which one host enrols itself with enrol-host.
 */
export type InviteHostInput = {
  /** The subscriber whose the host will be. 1..253 characters. */
  readonly subscriber: string;
  /** The only name that the host may take. Absent: any that is free. 1..64 characters. */
  readonly 'host-id'?: string;
  /** How long the token is good. 60..2592000; seconds; default 86400. */
  readonly 'valid-for'?: number;
  /** Where hosts reach this headend, ADDRESS:PORT. None: where it listens. 1..261 characters. */
  readonly address?: readonly string[];
};

/** Output of invite-host. */
export type InviteHostOutput = {
  /** The invitation. 64 bits, in a string. */
  readonly 'invitation-id': string;
  /**
   * For 'service-agent init --token': the headend's addresses, its host keys' fingerprints and the secret. It is shown
   * once, and kept as a digest.
   */
  readonly token: string;
  /** Until when it is good. */
  readonly expires: string;
};

/**
 * Input of list-invitations.
 *
 * Tokens that are good and not used yet, oldest first.
 */
export type ListInvitationsInput = {
  /** How many entries the page may have. 1..1000; default 100. */
  readonly limit?: number;
  /** The 'next-cursor' of the page before. Absent: the first page. 1..512 characters. */
  readonly cursor?: string;
};

export type ListInvitationsOutputInvitation = {
  /** The invitation. 64 bits, in a string. */
  readonly 'invitation-id': string;
  /** The subscriber whose the host will be. 1..253 characters. */
  readonly subscriber: string;
  /** The only name that the host may take. 1..64 characters. */
  readonly 'host-id'?: string;
  /** When it was made. */
  readonly created: string;
  /** Until when it is good. */
  readonly expires: string;
};

/** Output of list-invitations. */
export type ListInvitationsOutput = {
  /** The invitations. */
  readonly invitation?: readonly ListInvitationsOutputInvitation[];
  /** For the next question. Absent: this was the last page. 1..512 characters. */
  readonly 'next-cursor'?: string;
};

/**
 * Input of remove-invitation.
 *
 * Takes a token back.
 */
export type RemoveInvitationInput = {
  /** The invitation. 64 bits, in a string. */
  readonly 'invitation-id': string;
};

/** Output of remove-invitation. */
export type RemoveInvitationOutput = { readonly [member: string]: never };

/**
 * Input of revoke-host.
 *
 * Takes a host's right away: its sessions are closed, its leases are ended, its key opens nothing any more.
 */
export type RevokeHostInput = {
  /** The host. 1..64 characters. */
  readonly 'host-id': string;
};

/** Output of revoke-host. */
export type RevokeHostOutput = { readonly [member: string]: never };

/**
 * Input of list-hosts.
 *
 * Hosts, by host-id.
 */
export type ListHostsInput = {
  /** Only this one. 1..64 characters. */
  readonly 'host-id'?: string;
  /** Only those of this subscriber. 1..253 characters. */
  readonly subscriber?: string;
  /** How many entries the page may have. 1..1000; default 100. */
  readonly limit?: number;
  /** The 'next-cursor' of the page before. Absent: the first page. 1..512 characters. */
  readonly cursor?: string;
};

export type ListedHost = {
  /** The host. 1..64 characters. */
  readonly 'host-id': string;
  /** The subscriber whose it is. 1..253 characters. */
  readonly subscriber: string;
  /** The fingerprint of its key. */
  readonly 'key-fingerprint': string;
  /** When it was enrolled. */
  readonly enrolled: string;
  /** Whether it has a session now. */
  readonly connected?: boolean;
  /**
   * Whether its session comes from an address that is none of the host's own, by its last request. Absent: not known.
   */
  readonly 'behind-nat'?: boolean;
  /** When its last session was opened. Absent: it had none since the headend was started. */
  readonly 'last-seen'?: string;
  /** When it was revoked. Absent: it is not. */
  readonly revoked?: string;
};

/** Output of list-hosts. */
export type ListHostsOutput = {
  /** The hosts. */
  readonly host?: readonly ListedHost[];
  /** For the next question. Absent: this was the last page. 1..512 characters. */
  readonly 'next-cursor'?: string;
};

/**
 * Input of add-operator.
 *
 * Lets a person in by SSH. For administrators.
 */
export type AddOperatorInput = {
  /** The person's user name. One that exists is refused with data-exists. 1..64 characters. */
  readonly name: string;
  /** What the person may do. Default operator. */
  readonly role?: 'operator' | 'auditor' | 'administrator';
  /** The person's key. 1..4096 characters. */
  readonly 'public-key': string;
};

/** Output of add-operator. */
export type AddOperatorOutput = {
  /** The fingerprint of that key. */
  readonly 'key-fingerprint'?: string;
};

/**
 * Input of remove-operator.
 *
 * Lets a person in no more; open sessions are closed. For administrators.
 */
export type RemoveOperatorInput = {
  /** The person's user name. 1..64 characters. */
  readonly name: string;
};

/** Output of remove-operator. */
export type RemoveOperatorOutput = { readonly [member: string]: never };

/**
 * Input of list-operators.
 *
 * The people who may come by SSH, by name.
 */
export type ListOperatorsInput = {
  /** How many entries the page may have. 1..1000; default 100. */
  readonly limit?: number;
  /** The 'next-cursor' of the page before. Absent: the first page. 1..512 characters. */
  readonly cursor?: string;
};

export type ListedOperator = {
  /** The user name. 1..64 characters. */
  readonly name: string;
  /** What the person may do. */
  readonly role: 'operator' | 'auditor' | 'administrator';
  /** The fingerprint of the person's key. */
  readonly 'key-fingerprint': string;
  /** Since when. */
  readonly created: string;
};

/** Output of list-operators. */
export type ListOperatorsOutput = {
  /** The people. */
  readonly operator?: readonly ListedOperator[];
  /** For the next question. Absent: this was the last page. 1..512 characters. */
  readonly 'next-cursor'?: string;
};

/**
 * Input of list-leases.
 *
 * The leases that have not ended. What is given restricts; a lease is listed when all of it fits.
 */
export type ListLeasesInput = {
  /** Only those of this host. 1..64 characters. */
  readonly 'host-id'?: string;
  /** Only those granted in this subscriber's name. 1..253 characters. */
  readonly subscriber?: string;
  /** Only those of this pool. 1..64 characters. */
  readonly pool?: string;
  /** Only this one. 1..64 characters. */
  readonly 'lease-id'?: string;
  /** Only the one that holds this address, itself or in its delegated prefix. */
  readonly address?: string;
  /** How many entries the page may have. 1..1000; default 100. */
  readonly limit?: number;
  /** The 'next-cursor' of the page before. Absent: the first page. 1..512 characters. */
  readonly cursor?: string;
};

export type GrantedRate = {
  /** The rate. At least 1; kbit/s. */
  readonly rate: number;
  /** The burst. Absent: the enforcer's choice. Bytes. */
  readonly burst?: number;
};

export type LaneReport = {
  /** What was reached. */
  readonly state: 'applied' | 'failed' | 'address-conflict';
  /** When it said so. */
  readonly time: string;
  /** Why not more. */
  readonly reason?: string;
  /** The addresses found in use by others. */
  readonly 'conflict-address'?: readonly string[];
  /** Bytes to the host since the lane was made. Bytes; 64 bits, in a string. */
  readonly 'in-octets'?: string;
  /** Bytes from the host since the lane was made. Bytes; 64 bits, in a string. */
  readonly 'out-octets'?: string;
};

export type ListedLease = {
  /** The lease. 1..64 characters. */
  readonly id: string;
  /** The host that holds it. 1..64 characters. */
  readonly 'host-id': string;
  /** The host's group that holds it. 1..65535. */
  readonly 'group-id': number;
  /** The subscriber in whose name it was granted. 1..253 characters. */
  readonly subscriber: string;
  /** Who granted it: 'embedded', or a group of RADIUS servers. 1..64 characters. */
  readonly authority: string;
  /** The plan it was granted by. 1..64 characters. */
  readonly plan: string;
  /** The class of the lane. 1..64 characters. */
  readonly class: string;
  /** The rule that decided. Absent: none, the plan's default class. */
  readonly rule?: string;
  /** The pool its addresses are from. 1..64 characters. */
  readonly pool: string;
  /** Its IPv4 address. */
  readonly ipv4?: string;
  /** Its IPv6 address. */
  readonly ipv6?: string;
  /** The prefix that is routed to the host with it. */
  readonly 'delegated-prefix'?: string;
  /** How far it has come. */
  readonly state: 'pending' | 'active';
  /** What it was granted by has changed: its host is to request the group again instead of renewing it. */
  readonly recalled?: readonly [null];
  /** The mark of the lane's packets. 0..63. */
  readonly dscp: number;
  /** The precedence granted. */
  readonly priority: 'H' | 'M' | 'L';
  /** From the host. */
  readonly upld?: GrantedRate;
  /** To the host. */
  readonly dnld?: GrantedRate;
  /** The security profile. */
  readonly security?: string;
  /** The applications, as the host named them. */
  readonly application?: readonly string[];
  /** Where the network saw the host. 1..64 characters. */
  readonly location?: string;
  /** The address that the host's session came from. */
  readonly 'attachment-address'?: string;
  /** The host's key, where the lane is in a WireGuard tunnel. */
  readonly 'wireguard-public-key'?: string;
  /** When it was granted first. */
  readonly granted: string;
  /** When it ends unless it is renewed. */
  readonly 'valid-until': string;
  /** What the host said last; its word only. */
  readonly report?: LaneReport;
};

/** Output of list-leases. */
export type ListLeasesOutput = {
  /** The leases. */
  readonly lease?: readonly ListedLease[];
  /** For the next question. Absent: this was the last page. 1..512 characters. */
  readonly 'next-cursor'?: string;
};

/**
 * Input of release-lease.
 *
 * Takes a lease back at once. The session of its host is closed, so that it asks again what it holds.
 */
export type ReleaseLeaseInput = {
  /** The lease. 1..64 characters. */
  readonly 'lease-id': string;
};

/** Output of release-lease. */
export type ReleaseLeaseOutput = { readonly [member: string]: never };

/**
 * Input of list-commits.
 *
 * The log of commits, newest first.
 */
export type ListCommitsInput = {
  /** How many entries the page may have. 1..1000; default 100. */
  readonly limit?: number;
  /** The 'next-cursor' of the page before. Absent: the first page. 1..512 characters. */
  readonly cursor?: string;
};

export type ListCommitsOutputCommit = {
  /** Its number; the next one's is one more. At least 1. */
  readonly version: number;
  /** When it became what the headend works by. */
  readonly 'committed-at': string;
  /** The user whose session committed it, or headend. */
  readonly 'committed-by': string;
  /** What it was for. */
  readonly purpose: 'edit' | 'confirmed' | 'revert';
  /** It is taken back unless it is confirmed. */
  readonly waits?: readonly [null];
};

/** Output of list-commits. */
export type ListCommitsOutput = {
  /** One commit. */
  readonly commit?: readonly ListCommitsOutputCommit[];
  /** For the next question. Absent: this was the last page. 1..512 characters. */
  readonly 'next-cursor'?: string;
};

/**
 * Input of get-commit.
 *
 * One commit, and the configuration that it made: to be looked at, or to be committed again. What the asker may not
 * read is left out.
 */
export type GetCommitInput = {
  /** Which. At least 1. */
  readonly version: number;
};

/** Output of get-commit. */
export type GetCommitOutput = {
  /** Its number; the next one's is one more. At least 1. */
  readonly version: number;
  /** When it became what the headend works by. */
  readonly 'committed-at': string;
  /** The user whose session committed it, or headend. */
  readonly 'committed-by': string;
  /** What it was for. */
  readonly purpose: 'edit' | 'confirmed' | 'revert';
  /** It is taken back unless it is confirmed. */
  readonly waits?: readonly [null];
  /** The whole of running as XML: what <config> of edit-config and copy-config takes. */
  readonly content: string;
  /** There is more in it than the asker may read: to commit this again would remove the rest. */
  readonly partial?: readonly [null];
};

/**
 * Input of compare-configurations.
 *
 * Every node that is created, deleted or changed from one configuration to another, parents before children. What the
 * asker may not read is left out.
 */
export type CompareConfigurationsInput = {
  /** As it was. Default running. */
  readonly from?: number | 'running' | 'candidate';
  /** As it is. Default candidate. */
  readonly to?: number | 'running' | 'candidate';
};

export type CompareConfigurationsOutputChange = {
  /** What becomes of it. */
  readonly operation: 'create' | 'update' | 'delete';
  /** Where, as an instance-identifier of RFC 7951. */
  readonly path: string;
  /** Its value in the first, where it has one. */
  readonly was?: string;
  /** Its value in the second, where it has one. */
  readonly is?: string;
};

/** Output of compare-configurations. */
export type CompareConfigurationsOutput = {
  /** One node. */
  readonly change?: readonly CompareConfigurationsOutputChange[];
};

/**
 * Input of explain-access.
 *
 * Whether somebody may do something, and what says so: every rule-list and rule of NACM that was looked at, in order.
 * Nothing is done, and no counter counts.
 */
export type ExplainAccessInput = {
  /**
   * A host, an operator, 'enrol' for whoever comes with an invitation, or 'local' for the Unix socket.
   *
   * 1..255 characters.
   */
  readonly user?: string;
  /** Whoever has these groups and no others. 1..255 characters. */
  readonly group?: readonly string[];
  /** An rpc, as module:name. */
  readonly rpc?: string;
  /** A notification, as module:name. */
  readonly notification?: string;
  /** A data node, as an instance-identifier of RFC 7951; a key that is left out is one that no rule names. */
  readonly path?: string;
  /** What is done with it. Default read. */
  readonly operation?: 'read' | 'create' | 'update' | 'delete';
};

export type ExplainAccessOutputDecidedBy = {
  /** The rule's list. */
  readonly 'rule-list'?: string;
  /** A rule. */
  readonly rule?: string;
  /** No rule matched: a default of NACM, or a statement of the module, as nacm:default-deny-all. */
  readonly default?: string;
  /** No rule was asked: the recovery session, NACM that is disabled, or what the standard itself permits. */
  readonly standing?: string;
};

export type ExplainAccessOutputStep = {
  /** From 1, in order. */
  readonly number: number;
  /** The list. */
  readonly 'rule-list': string;
  /** The rule in it. Absent: the whole list. */
  readonly rule?: string;
  /** What came of it. */
  readonly outcome: 'passed-over' | 'permit' | 'deny';
  /** Why it was passed over. */
  readonly because?: string;
  /** The rule's own comment. */
  readonly comment?: string;
};

/** Output of explain-access. */
export type ExplainAccessOutput = {
  /** May it be done? */
  readonly permitted: boolean;
  /** Who was asked about. Absent: the groups that were given. */
  readonly user?: string;
  /** The groups that count, those of NACM first. */
  readonly group?: readonly string[];
  /** It is not for NACM to say: the headend never grants this. */
  readonly fixed?: readonly [null];
  /** The data node at which it was decided: what may not be read hides all that is below it. */
  readonly 'decided-at'?: string;
  /** What decided. */
  readonly 'decided-by'?: ExplainAccessOutputDecidedBy;
  /** A rule-list or rule that was looked at. */
  readonly step?: readonly ExplainAccessOutputStep[];
};

/**
 * Input of list-quarantine.
 *
 * The addresses in quarantine, oldest first. What is given restricts; all of it must fit.
 */
export type ListQuarantineInput = {
  /** Only this one. */
  readonly address?: string;
  /** Only what this host reported. 1..64 characters. */
  readonly 'host-id'?: string;
  /** Only those of this pool. 1..64 characters. */
  readonly pool?: string;
  /** How many entries the page may have. 1..1000; default 100. */
  readonly limit?: number;
  /** The 'next-cursor' of the page before. Absent: the first page. 1..512 characters. */
  readonly cursor?: string;
};

export type ListedQuarantine = {
  /** Its number; none is used twice. 64 bits, in a string. */
  readonly id: string;
  /** The pool they are from. 1..64 characters. */
  readonly pool: string;
  /** The IPv4 address. */
  readonly ipv4?: string;
  /** The IPv6 address. */
  readonly ipv6?: string;
  /** Which of them the host found in use by another. */
  readonly 'conflict-address': readonly string[];
  /** The host that said so. 1..64 characters. */
  readonly 'host-id': string;
  /** Its group that had held them. 1..65535. */
  readonly 'group-id': number;
  /** The lease that ended. 1..64 characters. */
  readonly 'lease-id': string;
  /** The host's words. */
  readonly reason?: string;
  /** When it began. */
  readonly since: string;
  /** When it ends by itself. */
  readonly until: string;
};

/** Output of list-quarantine. */
export type ListQuarantineOutput = {
  /** The addresses of one lease that has ended. */
  readonly quarantine?: readonly ListedQuarantine[];
  /** For the next question. Absent: this was the last page. 1..512 characters. */
  readonly 'next-cursor'?: string;
};

/**
 * Input of release-quarantine.
 *
 * Lets an address be given again at once, and the other of its lease with it.
 */
export type ReleaseQuarantineInput = {
  /** The address, of either family. */
  readonly address: string;
};

/** Output of release-quarantine. */
export type ReleaseQuarantineOutput = { readonly [member: string]: never };

/**
 * Input of list-sessions.
 *
 * The sessions that are open, by number. kill-session closes one.
 */
export type ListSessionsInput = {
  /** How many entries the page may have. 1..1000; default 100. */
  readonly limit?: number;
  /** The 'next-cursor' of the page before. Absent: the first page. 1..512 characters. */
  readonly cursor?: string;
};

export type ListedSession = {
  /** The number from the headend's <hello>. At least 1. */
  readonly 'session-id': number;
  /**
   * Who: a host-id, an operator's name, 'enrol#' and the number of an invitation, or 'local' for who comes by the Unix
   * socket.
   */
  readonly user: string;
  /** As what. */
  readonly role: 'host' | 'enrol' | 'operator' | 'auditor' | 'administrator';
  /** How. */
  readonly transport: 'ssh' | 'tls' | 'unix' | 'other';
  /** From where. */
  readonly 'peer-address'?: string;
  /** From which TCP port. 0..65535. */
  readonly 'peer-port'?: number;
  /** Since when. */
  readonly started: string;
};

/** Output of list-sessions. */
export type ListSessionsOutput = {
  /** The sessions. */
  readonly session?: readonly ListedSession[];
  /** For the next question. Absent: this was the last page. 1..512 characters. */
  readonly 'next-cursor'?: string;
};

/**
 * Input of list-audit.
 *
 * The audit trail, oldest first. Who looks leaves an entry of its own, 'history-read': once a minute for the same
 * question. The same holds for list-leases, list-hosts and list-quarantine where they are asked about one host,
 * subscriber, address or lease.
 */
export type ListAuditInput = {
  /** Only what concerns this host. 1..64 characters. */
  readonly 'host-id'?: string;
  /**
   * Only what concerns this subscriber: its leases, its record, and its hosts while they were its own.
   *
   * 1..253 characters.
   */
  readonly subscriber?: string;
  /** Only what happened then or later. */
  readonly since?: string;
  /** How many entries the page may have. 1..1000; default 100. */
  readonly limit?: number;
  /** The 'next-cursor' of the page before. Absent: the first page. 1..512 characters. */
  readonly cursor?: string;
};

export type AuditDetail = {
  /** Of what. */
  readonly name: string;
  /** What it is. */
  readonly value?: readonly string[];
};

export type AuditEntry = {
  /** Its number: 1, 2, 3 and so on without a gap. 64 bits, in a string. */
  readonly id: string;
  /** When. */
  readonly time: string;
  /** What, as 'lease-granted' or 'request-refused'. 1..64 characters. */
  readonly event: string;
  /**
   * Who did it: a host-id, an operator's name, 'local', 'radius NAME' for the servers of a group, or 'headend' for what
   * it does by itself.
   */
  readonly subject: string;
  /** The host concerned. */
  readonly 'host-id'?: string;
  /** The host's group concerned. 1..65535. */
  readonly 'group-id'?: number;
  /** The rule that decided. */
  readonly rule?: string;
  /** The code of the refusal. 1..64 characters. */
  readonly code?: string;
  /** How it ended. */
  readonly outcome?: 'done' | 'refused';
  /** What else is known. */
  readonly detail?: readonly AuditDetail[];
  /** SHA-256 over the hash of the entry before and this one, so that a change of the trail shows. */
  readonly hash?: string;
};

/** Output of list-audit. */
export type ListAuditOutput = {
  /** What happened. */
  readonly entry?: readonly AuditEntry[];
  /** For the next question. Absent: this was the last page. 1..512 characters. */
  readonly 'next-cursor'?: string;
};

export type TestPolicyHookInputUpld = {
  /** The rate. At least 1; kbit/s. */
  readonly bandwidth: number;
  /** The precedence. */
  readonly priority: 'H' | 'M' | 'L';
};

/**
 * Input of test-policy-hook.
 *
 * Asks the policy server about one group as if a host had asked for it; nothing is granted. The answer is that of the
 * plan and the server together. What the plan refuses is refused as it would be to the host.
 */
export type TestPolicyHookInput = {
  /** The host, which must be enrolled. 1..64 characters. */
  readonly 'host-id': string;
  /**
   * Decide by this plan. Absent: the plan of the host's subscriber, which must then be in the store.
   *
   * 1..64 characters.
   */
  readonly plan?: string;
  /** From the host. */
  readonly upld?: TestPolicyHookInputUpld;
  /** To the host. */
  readonly dnld?: TestPolicyHookInputUpld;
  /** The labels of its applications. */
  readonly application?: readonly string[];
  /** The security profile it names. */
  readonly security?: string;
};

/** Output of test-policy-hook. */
export type TestPolicyHookOutput = {
  /** Why there was no answer of use. Absent: there was one. */
  readonly trouble?: string;
  /** Whether the host would get its lane; without an answer of use that is as 'when-away' says. */
  readonly allowed: boolean;
  /** The server's words. */
  readonly reason?: string;
  /** The plan's class. 1..64 characters. */
  readonly class: string;
  /** The plan's rule. Absent: none, the plan's default class. */
  readonly rule?: string;
  /** What would be granted from the host. */
  readonly upld?: GrantedRate;
  /** What would be granted to the host. */
  readonly dnld?: GrantedRate;
};

/**
 * Content of pool-alarm.
 *
 * A pool needs addresses. Told once each time it comes to that; after a restart, of what is so then.
 */
export type PoolAlarmNotification = {
  /** The pool. 1..64 characters. */
  readonly pool: string;
  /** What it has come to. */
  readonly state: 'filling' | 'empty';
  /** Leases it holds. 64 bits, in a string. */
  readonly held?: string;
  /** Leases it could hold. 64 bits, in a string. */
  readonly capacity?: string;
  /** How full it is, with what is reserved or in quarantine. Percent. */
  readonly percent?: number;
  /** When it will be empty if it goes on so. */
  readonly 'empty-at'?: string;
};

/**
 * Content of authority-alarm.
 *
 * A server of an authority has stopped answering, or answers again.
 */
export type AuthorityAlarmNotification = {
  /** The group of RADIUS servers. 1..64 characters. */
  readonly authority: string;
  /** The server's name in the group. */
  readonly server: string;
  /** What has become of it. */
  readonly state: 'dead' | 'alive';
};

export type HeadendLocation = {
  /** The location. 1..64 characters. */
  readonly name: string;
  /** The larger location that this one is part of, as a cell's region. */
  readonly parent?: string;
  /** A host whose session comes from here is here, whatever it says of itself. The longest prefix decides. */
  readonly 'access-prefix'?: readonly string[];
  /** What all lanes here may send, for admission control. Absent: no limit. At least 1; kbit/s. */
  readonly 'upld-capacity'?: number;
  /** What may be sent to all lanes here, for admission control. Absent: no limit. At least 1; kbit/s. */
  readonly 'dnld-capacity'?: number;
};

export type HeadendPoolTunnel = {
  /** The kind of the tunnel. */
  readonly encapsulation: 'gre' | 'ipip' | 'vxlan' | 'wireguard';
  /** The edge's address, of either family, as hosts reach it by their access link: in no pool. */
  readonly 'remote-address': string;
  /** The edge's UDP port, of VXLAN and WireGuard alone. Absent: 4789 and 51820. 1..65535. */
  readonly 'remote-port'?: number;
  /** The key of GRE (absent: none), or the network identifier of VXLAN (mandatory there, at most 16777215). */
  readonly key?: number;
  /** The edge's key, of WireGuard alone, and mandatory there. */
  readonly 'public-key'?: string;
};

export type HeadendPoolDelegated = {
  /** What they are taken from. */
  readonly prefix: string;
  /** The length of each: longer than that of 'prefix'. No site needs more than a /48. 48..127. */
  readonly length: number;
};

export type HeadendPoolReservation = {
  /** An address of the pool, of either family; the other one of the pair is reserved with it. */
  readonly address: string;
  /** Whose it is. 1..253 characters. */
  readonly subscriber: string;
  /** The only host that gets it. Absent: any of the subscriber's. 1..64 characters. */
  readonly 'host-id'?: string;
  /** The only group that gets it. Absent: any. 1..65535. */
  readonly 'group-id'?: number;
};

export type HeadendPoolQuarantine = {
  /** How long. At least 1; seconds; default 3600. */
  readonly time?: number;
  /**
   * How many of the pool's leases the reports of one host may keep in quarantine at a time, so that none can empty the
   * pool; further reports are refused with resource-denied, 'quarantine-full'.
   *
   * Default 8.
   */
  readonly 'per-host'?: number;
  /** The same for the reports of all hosts of one subscriber together. Default 32. */
  readonly 'per-subscriber'?: number;
};

export type HeadendPool = {
  /** The pool. 1..64 characters. */
  readonly name: string;
  /**
   * The class of service whose lanes get their addresses here: the name of a class of any plan. Not a leafref, since
   * pools are made before plans.
   *
   * 1..64 characters.
   */
  readonly class: string;
  /** Where the addresses can be used. Absent: anywhere. */
  readonly location?: string;
  /** The addresses: at most one prefix of each family. With both, a lane gets one address of each. */
  readonly prefix: readonly string[];
  /** How the edge reaches the lanes. Default on-link. */
  readonly attachment?: 'on-link' | 'routed' | 'vlan' | 'tunnel';
  /** The VLAN. 1..4094. */
  readonly 'vlan-id'?: number;
  /** The edge's end of the tunnel. */
  readonly tunnel?: HeadendPoolTunnel;
  /** The largest IP packet of the lanes. Absent: what fits the host's access link. 1280..65535; bytes. */
  readonly mtu?: number;
  /**
   * The lanes' next hop: at most one of each family. In a tunnel that is point to point there is no next hop: the
   * edge's own address inside it.
   */
  readonly gateway?: readonly string[];
  /** The lanes' resolvers, best first. */
  readonly dns?: readonly string[];
  /** What must be reachable from a lane. None: the gateways. */
  readonly check?: readonly string[];
  /**
   * Addresses that the pool gives to no lane: ADDRESS, or FIRST-LAST. An authority may still give them by name, as
   * Framed-IP-Address does.
   *
   * 1..128 characters.
   */
  readonly exclude?: readonly string[];
  /** Whether the pool gives addresses. Default open. */
  readonly 'admin-state'?: 'open' | 'draining' | 'moving';
  /** The pool that the leases move to; of the same class. */
  readonly successor?: string;
  /**
   * Prefixes that are routed to the lanes, one for each: the lane of the pool's n-th addresses gets the n-th. The
   * attachment must be 'routed', and one of the pool's own prefixes IPv6.
   */
  readonly delegated?: HeadendPoolDelegated;
  /** Addresses that only one subscriber gets. Who has one reserved gets it before any other. */
  readonly reservation?: readonly HeadendPoolReservation[];
  /**
   * How long an address that was given back rests, until somebody else gets it; its last holder, the same group of the
   * same host, gets it again before. Where nothing else is left, the one that has rested the longest is given to
   * somebody else sooner. 0: it does not rest.
   *
   * Seconds; default 60.
   */
  readonly rest?: number;
  /** From this fill on the operator is warned. 1..100; percent; default 90. */
  readonly 'warn-at'?: number;
  /**
   * What becomes of an address that a host finds in use by another device. Its lease ends, and nobody gets it until the
   * time is over or an operator has released it.
   */
  readonly quarantine?: HeadendPoolQuarantine;
};

export type HeadendSecurityProfile = {
  /** The profile. 1..64 characters. */
  readonly name: string;
  /** True: nothing passes between this group and the other groups of the same host. Default false. */
  readonly isolated?: boolean;
  /** What happens to the group's applications while there is no lane for them. Default block. */
  readonly 'when-down'?: 'block' | 'host';
  /**
   * The destinations permitted; all others are dropped. No entry: every destination is permitted. What is absent in an
   * entry matches anything.
   */
  readonly permit?: readonly SecurityPermit[];
};

export type HeadendPlanQuota = {
  /** So much. At least 1; bytes; 64 bits, in a string. */
  readonly octets: string;
  /** How often it begins anew. Default month. */
  readonly period?: 'day' | 'week' | 'month';
};

export type HeadendLimit = {
  /** The highest rate that is granted. Absent: this direction cannot be asked for. */
  readonly ceiling?: number | 'unlimited';
  /**
   * How much may be sent at once above the rate; at least one full Ethernet frame. Absent: the enforcer's choice.
   *
   * At least 1514; bytes.
   */
  readonly burst?: number;
};

export type HeadendRoute = {
  /** The destination. */
  readonly to: string;
  /** The next hop. Absent: the gateway of the lane's pool. */
  readonly via?: string;
};

export type HeadendPlanClass = {
  /** The class. 1..64 characters. */
  readonly name: string;
  /** The mark of its packets. 0..63. */
  readonly dscp: number;
  /** Its precedence among the lanes of one host. */
  readonly priority: 'H' | 'M' | 'L';
  /** Where its lanes lead. Default external. */
  readonly scope?: 'internal' | 'external';
  /** Handed to the drivers of the provider's equipment. 1..255 characters. */
  readonly 'service-chain'?: string;
  /** Whether its rates count for admission control. Default guaranteed. */
  readonly admission?: 'guaranteed' | 'best-effort';
  /** What its lanes are bound to; a request that names another profile is refused. Absent: the request's. */
  readonly 'security-profile'?: string;
  /** From the host. */
  readonly upld?: HeadendLimit;
  /** To the host. */
  readonly dnld?: HeadendLimit;
  /** The routes of lanes of this class. None: those of the plan. */
  readonly route?: readonly HeadendRoute[];
};

export type HeadendPlanRuleWhen = {
  /** The precedence asked for is this. */
  readonly priority?: 'H' | 'M' | 'L';
  /** The rate asked for is at most this. At least 1; kbit/s. */
  readonly 'bandwidth-max'?: number;
  /** The rate asked for is at least this. At least 1; kbit/s. */
  readonly 'bandwidth-min'?: number;
  /** This direction is asked for, and no other. */
  readonly direction?: 'upld' | 'dnld';
  /**
   * It is this time of the day, by the clock on the wall in the plan's time zone: what the clock leaves out in spring
   * does not come, what it shows twice in autumn comes twice.
   */
  readonly time?: string;
  /** It is one of these days. A window over midnight belongs to the day on which it begins. */
  readonly day?: readonly ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[];
  /** The host is in one of these, or in a part of it. */
  readonly location?: readonly string[];
  /**
   * One of the group's applications at least has a label like one of these patterns: '*' stands for any text, none too,
   * '?' for one character of Unicode, all else for itself. Case counts.
   *
   * 1..255 characters.
   */
  readonly application?: readonly string[];
  /** The group names this security profile. */
  readonly security?: string;
  /** So much of the plan's quota is used at least. The plan must have one. 1..100; percent. */
  readonly 'quota-used'?: number;
};

export type HeadendPlanRule = {
  /** The rule. 1..64 characters. */
  readonly name: string;
  /** What must hold for the rule to match: all of it, and in every direction asked for. Nothing: it always matches. */
  readonly when?: HeadendPlanRuleWhen;
  /** The group gets this class. */
  readonly class?: string;
  /** The group is refused with this text, which the subscriber reads. 1..255 characters. */
  readonly refuse?: string;
  /** What happens when more is asked for than the class gives. Default refuse. */
  readonly 'over-ceiling'?: 'refuse' | 'lower';
};

export type HeadendPlanLease = {
  /** The valid lifetime. At least 60; seconds; default 3600. */
  readonly valid?: number;
  /**
   * The part of the valid lifetime after which the host renews.
   *
   * 0.100..0.900; a decimal number, in a string; default 0.5.
   */
  readonly 'renew-at'?: string;
};

export type HeadendPlan = {
  /** The plan. 1..64 characters. */
  readonly name: string;
  /** The class for requests that no rule matches. Absent: they are refused. */
  readonly 'default-class'?: string;
  /** The IANA time zone of the plan's time windows and of its quota. Absent: the headend's. 1..64 characters. */
  readonly 'time-zone'?: string;
  /**
   * How much the lanes of one subscriber may carry, both ways together. Counted from what hosts report. When it is used
   * up, only rules with the condition 'quota-used' still give a class, and rules that refuse still refuse; what none of
   * them matches is refused ('quota-exceeded'), on renewal too.
   */
  readonly quota?: HeadendPlanQuota;
  /** The classes of service: what a lane gets. */
  readonly class?: readonly HeadendPlanClass[];
  /**
   * Which request gets which class. The first rule that matches decides for a group, over both its directions; its name
   * is in the audit trail and in refusals. A rule that can never decide is refused: invalid-value, 'rule-unreachable',
   * 'rule-never-matches' or 'quota-missing'.
   */
  readonly rule?: readonly HeadendPlanRule[];
  /** How long leases of this plan hold. */
  readonly lease?: HeadendPlanLease;
  /** How many groups one host may have at once. Default 8. */
  readonly 'groups-max'?: number;
  /** The routes of lanes whose class has none. None here either: a default route. */
  readonly route?: readonly HeadendRoute[];
};

export type HeadendAaaRealm = {
  /** The realm, without the '@'; case is ignored. 1..253 characters. */
  readonly name: string;
  /** Who answers for it. 1..64 characters. */
  readonly authority: string;
};

export type HeadendAaaRadiusServer = {
  /** The server. 1..64 characters. */
  readonly name: string;
  /** Where it is. */
  readonly address: string;
  /** Absent: 1812; with TLS 2083, for accounting too. 1..65535. */
  readonly 'authentication-port'?: number;
  /** Absent: 1813. 1..65535. */
  readonly 'accounting-port'?: number;
  /**
   * The file with the shared secret. With UDP it must be there; with TLS the secret is 'radsec'.
   *
   * 1..255 characters.
   */
  readonly 'secret-file'?: string;
};

export type HeadendAaaRadiusTls = {
  /** The certificates (PEM) that the servers' must come from. Absent: the system's. 1..255 characters. */
  readonly 'ca-file'?: string;
  /** The headend's own certificate (PEM). 1..255 characters. */
  readonly 'certificate-file'?: string;
  /** Its private key (PEM). 1..255 characters. */
  readonly 'key-file'?: string;
};

export type HeadendAaaRadiusMapping = {
  /** The mapping. 1..64 characters. */
  readonly name: string;
  /** A name of RADIUS, as 'Filter-Id'; a number; or a vendor's, as '26.14122.7'. 1..64 characters. */
  readonly attribute: string;
  /**
   * The text of the value must be like this; '*' stands for any text, '?' for one character. Absent: any value.
   *
   * 1..255 characters.
   */
  readonly pattern?: string;
  /** This plan. */
  readonly plan?: string;
  /** What the value is. */
  readonly 'value-is'?: 'plan' | 'upld-ceiling' | 'dnld-ceiling';
  /** The unit of a rate. Default bits-per-second. */
  readonly unit?: 'bits-per-second' | 'kilobits-per-second';
};

export type HeadendAaaRadiusAccounting = {
  /** How often, where the answer names no Acct-Interim-Interval. At least 60; seconds; default 600. */
  readonly 'interim-interval'?: number;
};

export type HeadendAaaRadius = {
  /** The group. 1..64 characters. */
  readonly name: string;
  /** How the servers are reached. Default udp. */
  readonly transport?: 'udp' | 'tls';
  /** The servers, best first. One that does not answer is left alone for a while, and the next is asked. */
  readonly server: readonly HeadendAaaRadiusServer[];
  /** What TLS goes by. */
  readonly tls?: HeadendAaaRadiusTls;
  /** What the headend calls itself. Absent: its name. 1..253 characters. */
  readonly 'nas-identifier'?: string;
  /** How passwords are proved. EAP is not offered. Default pap. */
  readonly method?: 'pap' | 'chap';
  /** What happens when a host sends no password. Default authorize-only. */
  readonly 'without-password'?: 'authorize-only' | 'refuse';
  /** How long one server is asked, all retransmissions included. 1000..60000; milliseconds; default 5000. */
  readonly timeout?: number;
  /** How long a server that did not answer is left alone. 1..3600; seconds; default 30. */
  readonly 'dead-time'?: number;
  /** The plan of subscribers for whom the answer names none. Absent: they are refused. */
  readonly 'default-plan'?: string;
  /**
   * What the attributes of an answer grant. The first that fits decides for each kind of grant. None: Filter-Id is the
   * name of a plan, WISPr-Bandwidth-Max-Up and -Down are ceilings.
   */
  readonly mapping?: readonly HeadendAaaRadiusMapping[];
  /** Start, interim and stop for each lane; kept on disk while no server answers. */
  readonly accounting?: HeadendAaaRadiusAccounting;
};

export type HeadendAaaDynamicAuthorizationClient = {
  /** Where it asks from. */
  readonly address: string;
  /** The file with the shared secret. 1..255 characters. */
  readonly 'secret-file': string;
  /** Whose subscribers it may speak of: those that these servers have granted something. */
  readonly authority: string;
};

export type HeadendAaaDynamicAuthorization = {
  /** The address to listen on. Absent: nowhere. */
  readonly listen?: string;
  /** The UDP port. 1..65535; default 3799. */
  readonly port?: number;
  /** Who may ask. */
  readonly client?: readonly HeadendAaaDynamicAuthorizationClient[];
};

export type HeadendAaaEdge = {
  /** The equipment. 1..64 characters. */
  readonly name: string;
  /** Where it is. */
  readonly address: string;
  /** Its UDP port. 1..65535; default 3799. */
  readonly port?: number;
  /** The file with the shared secret. 1..255 characters. */
  readonly 'secret-file': string;
  /**
   * Whether its answers must have a Message-Authenticator. There is equipment that leaves it out.
   *
   * Default mandatory.
   */
  readonly 'message-authenticator'?: 'mandatory' | 'optional';
};

export type HeadendAaaPolicyHook = {
  /** The document to be asked for, as 'http://127.0.0.1:8181/v1/data/sublane/decision'. 1..2048 characters. */
  readonly url: string;
  /** How long it is waited for. 10..10000; milliseconds; default 500. */
  readonly timeout?: number;
  /** What happens when it does not answer in time, or says nothing of use. Default refuse. */
  readonly 'when-away'?: 'refuse' | 'permit';
  /** The file with a bearer token. 1..255 characters. */
  readonly 'token-file'?: string;
  /** The certificates (PEM) that its own must come from. Absent: the system's. 1..255 characters. */
  readonly 'ca-file'?: string;
};

export type HeadendAaa = {
  /** Who answers for names without a realm that is listed here. 1..64 characters; default embedded. */
  readonly authority?: string;
  /** Names as 'alice@NAME'. */
  readonly realm?: readonly HeadendAaaRealm[];
  /** A group of RADIUS servers that give the same answers. */
  readonly radius?: readonly HeadendAaaRadius[];
  /** Where RADIUS servers may take back or change what they have granted. */
  readonly 'dynamic-authorization'?: HeadendAaaDynamicAuthorization;
  /**
   * Equipment at the provider's edge that is told, within seconds, that a lane was taken back: by a Disconnect-Request
   * with the lane's addresses.
   */
  readonly edge?: readonly HeadendAaaEdge[];
  /**
   * A policy server that is asked, with what was asked for and what the plan gives, before anything is granted. It can
   * refuse or lower, and never grant more.
   */
  readonly 'policy-hook'?: HeadendAaaPolicyHook;
};

export type Headend = {
  /** The IANA time zone of time windows, as 'Europe/Vienna'. 1..64 characters; default UTC. */
  readonly 'time-zone'?: string;
  /** Where hosts are: parts of the access network. */
  readonly location?: readonly HeadendLocation[];
  /** Predefined addresses, each for one lane. */
  readonly pool?: readonly HeadendPool[];
  /** What a host may name as the security of a group. */
  readonly 'security-profile'?: readonly HeadendSecurityProfile[];
  /** What a subscriber may ask for, and what a lane then gets. */
  readonly plan?: readonly HeadendPlan[];
  /** Who says whose a request is, and what that subscriber may ask for. */
  readonly aaa?: HeadendAaa;
};
