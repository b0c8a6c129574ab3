// Generated from yang/modules by "npm run generate"; not to be edited.
import type { SpServiceMessage } from './ietf-portal-backend-message.ts';

/**
 * Input of enrol-host.
 *
 * Makes a host known. It is the one operation that a session of user 'enrol' may call; its password is the secret of a
 * one-time token from an operator, which also says whose the host is.
 *
 * The token is spent by success alone; then the headend ends the session. The same host with the same key may ask
 * again, in case the reply was lost. A token that was used by another, is over, was taken back or is for another host
 * is refused with access-denied.
 */
export type EnrolHostInput = {
  /** The name wanted. One that is taken is refused with in-use. 1..64 characters. */
  readonly 'host-id': string;
  /**
   * The host's SSH public key in OpenSSH's one-line form: algorithm, base64, comment. One that is another host's is
   * refused with in-use.
   *
   * 1..1024 characters.
   */
  readonly 'public-key': string;
};

/** Output of enrol-host. */
export type EnrolHostOutput = { readonly [member: string]: never };

/**
 * Input of get-available-services.
 *
 * Says what this host may ask for.
 */
export type GetAvailableServicesInput = {
  /** The host; must be the session's. 1..64 characters. */
  readonly 'host-id': string;
  /**
   * The host's key for WireGuard tunnels. Absent: the host has none, and where only such a tunnel would do the group is
   * refused with missing-element. A key that another host uses is refused with in-use.
   */
  readonly 'wireguard-public-key'?: string;
  /**
   * The addresses that the host's interfaces have now, without link-local ones and those of its lanes; if there are
   * more than fit, those of its uplink. Where the address that the session comes from is none of them, there is a NAT
   * between, which nothing but a WireGuard tunnel passes: no other lane is granted. Absent: the host does not say, and
   * no NAT is assumed.
   */
  readonly 'host-address'?: readonly string[];
};

export type AvailableServiceClass = {
  /** The class. */
  readonly name: string;
  /** Where lanes of this class lead. */
  readonly scope?: 'internal' | 'external';
  /** The precedence of its lanes. */
  readonly priority?: 'H' | 'M' | 'L';
  /** The directions that can be asked for. */
  readonly direction?: readonly ('upld' | 'dnld')[];
  /** Why no lane of this class can be had here and now, in words for the subscriber. Absent: it can. */
  readonly unavailable?: string;
  /** The highest rate from the host. Absent: none is set. At least 1; kbit/s. */
  readonly 'upld-ceiling'?: number;
  /** The highest rate to the host. Absent: none is set. At least 1; kbit/s. */
  readonly 'dnld-ceiling'?: number;
};

export type GetAvailableServicesOutputQuota = {
  /** So much in each period. Bytes; 64 bits, in a string. */
  readonly octets?: string;
  /** So much of it is used. Bytes; 64 bits, in a string. */
  readonly used?: string;
  /** When the next period begins. */
  readonly 'begins-anew'?: string;
};

/** Output of get-available-services. */
export type GetAvailableServicesOutput = {
  /** How many groups the host may have at once. */
  readonly 'groups-max'?: number;
  /** Where the network sees the host. */
  readonly location?: string;
  /** The classes of the subscriber's plan. */
  readonly 'service-class'?: readonly AvailableServiceClass[];
  /** The security profiles that a request may name. */
  readonly 'security-profile'?: readonly string[];
  /** What the subscriber's lanes may carry, both ways together. Absent: there is no such limit. */
  readonly quota?: GetAvailableServicesOutputQuota;
};

/**
 * Input of get-service.
 *
 * Says what the host has now and which modifications are open. An agent calls it after every reconnection, and so
 * learns what it missed.
 */
export type GetServiceInput = {
  /** The host; must be the session's. 1..64 characters. */
  readonly 'host-id': string;
  /** The groups. None: all of the host's. 1..65535. */
  readonly 'group-id'?: readonly number[];
};

export type PendingModification = {
  /** The modification. 1..64 characters. */
  readonly 'modification-id': string;
  /** Why, in words for the subscriber. */
  readonly reason?: string;
  /**
   * The time for the answer, from receipt: relative, since the clocks of hosts are wrong. A host that has not answered
   * by then restores the old state.
   *
   * At least 1; seconds.
   */
  readonly 'confirm-within': number;
  /** How long old addresses stay, deprecated, after the conclusion. Seconds; default 0. */
  readonly grace?: number;
  /**
   * The new state of the groups concerned; other groups stay as they are. Its nodes are in this module's namespace (RFC
   * 7950, section 7.13).
   */
  readonly 'sp-service-message': SpServiceMessage;
};

export type ConcludedModification = {
  /** The modification. 1..64 characters. */
  readonly 'modification-id': string;
  /** How it ended. */
  readonly outcome?: 'committed' | 'aborted';
};

/** Output of get-service. */
export type GetServiceOutput = {
  /**
   * What holds now. Lifetimes count from the moment the host sent this request. Its nodes are in this module's
   * namespace (RFC 7950, section 7.13).
   */
  readonly 'sp-service-message': SpServiceMessage;
  /** The modifications that wait for the host's answer. */
  readonly pending?: readonly PendingModification[];
  /** The modifications concluded since the host last asked. */
  readonly concluded?: readonly ConcludedModification[];
};

/**
 * Input of renew-service.
 *
 * Extends the leases of groups. All or none: a group that cannot be renewed is refused with one <rpc-error> of its own.
 */
export type RenewServiceInput = {
  /** The host; must be the session's. 1..64 characters. */
  readonly 'host-id': string;
  /** The groups. None: all of the host's. 1..65535. */
  readonly 'group-id'?: readonly number[];
};

export type RenewedGroup = {
  /** The group. 1..65535. */
  readonly id: number;
  /** The lease; the same as before. */
  readonly 'lease-id': string;
  /** The new lifetime, from the moment the host sent this request. Seconds. */
  readonly 'valid-lifetime': number;
  /** When to renew next, from the same moment. Seconds. */
  readonly 'renew-after': number;
};

/** Output of renew-service. */
export type RenewServiceOutput = {
  /** The groups renewed. */
  readonly 'application-group'?: readonly RenewedGroup[];
};

/**
 * Input of release-service.
 *
 * Gives groups back. To release what is not held is no error, so that it may be sent again.
 */
export type ReleaseServiceInput = {
  /** The host; must be the session's. 1..64 characters. */
  readonly 'host-id': string;
  /** The groups. None: all of the host's. 1..65535. */
  readonly 'group-id'?: readonly number[];
};

/** Output of release-service. */
export type ReleaseServiceOutput = { readonly [member: string]: never };

export type ReportedGroup = {
  /** The group. 1..65535. */
  readonly id: number;
  /** What was reached. */
  readonly state: 'applied' | 'failed' | 'address-conflict';
  /** Why not more. 0..1024 characters. */
  readonly reason?: string;
  /** The addresses found in use by others. */
  readonly 'conflict-address'?: readonly string[];
  /**
   * Bytes to the host that the lane has carried under its lease. They count for the subscriber's quota. Where the lane
   * was made anew they begin at 0.
   *
   * Bytes; 64 bits, in a string.
   */
  readonly 'in-octets'?: string;
  /** Bytes from the host, likewise. Bytes; 64 bits, in a string. */
  readonly 'out-octets'?: string;
};

/**
 * Input of report-service.
 *
 * Tells the headend what the host made of its configuration, and what its groups have carried.
 */
export type ReportServiceInput = {
  /** The host; must be the session's. 1..64 characters. */
  readonly 'host-id': string;
  /** The groups reported on. */
  readonly 'application-group': readonly ReportedGroup[];
};

/** Output of report-service. */
export type ReportServiceOutput = { readonly [member: string]: never };

/**
 * Input of confirm-modification.
 *
 * The host's answer to a modification. The reply is the headend's decision: durable before it leaves, the same however
 * often it is asked for. A host that sent its answer and got no reply keeps the new state and asks get-service until it
 * knows.
 */
export type ConfirmModificationInput = {
  /** The host; must be the session's. 1..64 characters. */
  readonly 'host-id': string;
  /** The modification. 1..64 characters. */
  readonly 'modification-id': string;
  /** The host's answer. */
  readonly answer: 'applied' | 'refused' | 'failed';
  /** Why, in words for the operator. 0..1024 characters. */
  readonly reason?: string;
};

/** Output of confirm-modification. */
export type ConfirmModificationOutput = {
  /** The headend's decision. */
  readonly outcome: 'committed' | 'aborted';
};

/**
 * Content of service-modification.
 *
 * The provider changes groups of a host. It is sent on sessions of that host only.
 */
export type ServiceModificationNotification = {
  /** The host. 1..64 characters. */
  readonly 'host-id': string;
  /** The modification. 1..64 characters. */
  readonly 'modification-id': string;
  /** Why, in words for the subscriber. */
  readonly reason?: string;
  /**
   * The time for the answer, from receipt: relative, since the clocks of hosts are wrong. A host that has not answered
   * by then restores the old state.
   *
   * At least 1; seconds.
   */
  readonly 'confirm-within': number;
  /** How long old addresses stay, deprecated, after the conclusion. Seconds; default 0. */
  readonly grace?: number;
  /**
   * The new state of the groups concerned; other groups stay as they are. Its nodes are in this module's namespace (RFC
   * 7950, section 7.13).
   */
  readonly 'sp-service-message': SpServiceMessage;
};

/**
 * Content of modification-concluded.
 *
 * A modification has ended. A hint: the reply to confirm-modification or get-service is what counts.
 */
export type ModificationConcludedNotification = {
  /** The host. 1..64 characters. */
  readonly 'host-id': string;
  /** The modification. 1..64 characters. */
  readonly 'modification-id': string;
  /** How it ended. */
  readonly outcome: 'committed' | 'aborted';
};

/**
 * Content of service-withdrawn.
 *
 * The provider takes groups back.
 */
export type ServiceWithdrawnNotification = {
  /** The host; must be the session's. 1..64 characters. */
  readonly 'host-id': string;
  /** The groups. None: all of the host's. 1..65535. */
  readonly 'group-id'?: readonly number[];
  /** Why, in words for the subscriber. */
  readonly reason?: string;
  /** How long the lanes may still be used, from receipt. Seconds; default 0. */
  readonly grace?: number;
};

export type HeadendKeysPasswordEncryptionKey = {
  /** The key's id, as in the JWE's header. */
  readonly kid: string;
  /** The public key as a JWK, on one line. */
  readonly 'public-jwk': string;
  /** The key is not to be used after this time. */
  readonly 'not-after'?: string;
};

export type HeadendKeysHostKey = {
  /** The key's fingerprint, as ssh-keygen prints it. */
  readonly fingerprint: string;
};

export type HeadendKeys = {
  /** The keys for user-password, present and next. */
  readonly 'password-encryption-key'?: readonly HeadendKeysPasswordEncryptionKey[];
  /** The headend's SSH host keys, present and next, so that a host that pins them follows when they change. */
  readonly 'host-key'?: readonly HeadendKeysHostKey[];
};

export type HostRecord = {
  /** The host. 1..64 characters. */
  readonly 'host-id': string;
  /** The subscriber whose it is. */
  readonly subscriber?: string;
  /** The peer address of its session. */
  readonly 'attachment-address'?: string;
  /** True: that address is not one of the host's own. */
  readonly 'behind-nat'?: boolean;
};

export type Hosts = {
  /** A host. It may read its own entry. */
  readonly host?: readonly HostRecord[];
};
