import type { KilobitsPerSecond, Result, Seconds } from '@sublane/basics';
import type { RefusalOf, StoreRefusal } from '../refusal/refusal.ts';

/** The authority inside the headend, by name. */
export const EMBEDDED = 'embedded';

/** The AAA's answer: whose request it is and what that subscriber may ask for. */
export interface Grant {
  readonly subscriber: string;
  /** The name of a plan of the configuration. */
  readonly plan: string;
  /** Who says so: EMBEDDED, or a group of RADIUS servers of the configuration. */
  readonly authority: string;
  /** No group gets more than this, whatever the plan says. Absent: what the plan says. */
  readonly upldCeiling?: KilobitsPerSecond;
  readonly dnldCeiling?: KilobitsPerSecond;
  /** No lease is longer (Session-Timeout, RFC 2865 §5.27). */
  readonly leaseMax?: Seconds;
  /** Addresses that the authority chose for this subscriber; canonical text. */
  readonly addresses?: WantedAddresses;
  /** What the authority wants to see again in accounting, each in base64 (Class, RFC 2865 §5.25). */
  readonly radiusClass?: readonly string[];
  /** How often the authority wants to hear of its lanes (Acct-Interim-Interval, RFC 2869 §5.16). */
  readonly interimInterval?: Seconds;
  /** How the authority calls the subscriber in accounting, where by another name (User-Name, RFC 2865 §5.1). */
  readonly accountingName?: string;
}

/** Addresses that one of a host's lanes is to have and no other may get instead. */
export interface WantedAddresses {
  /** Framed-IP-Address (RFC 2865 §5.8). */
  readonly ipv4?: string;
  /** Framed-IPv6-Address (RFC 6911 §3.1). */
  readonly ipv6?: string;
  /** Delegated-IPv6-Prefix (RFC 4818). */
  readonly delegatedPrefix?: string;
}

/** What an AAA is asked. The host itself is already known: its SSH key is that of an enrolled host. */
export interface AuthenticationRequest {
  readonly hostId: string;
  /** The subscriber the host was enrolled for. */
  readonly enrolledFor: string;
  /** Where the request names a subscriber; absent: the enrolment's. */
  readonly userName?: string;
  /** In the clear, already proved fresh and meant for us; absent: none was sent. Never logged, never kept. */
  readonly password?: string;
  /** The address the session comes from, where known; else the host-id. Attempts are limited by it. */
  readonly source: string;
}

export type AuthenticationRefusal =
  | RefusalOf<
      | 'unknown-subscriber'
      | 'wrong-password'
      | 'password-required'
      | 'subscriber-suspended'
      | 'rate-limited'
      | 'authentication-busy'
    >
  | RefusalOf<'authority-refused' | 'plan-not-granted' | 'aaa-away'>
  | StoreRefusal;

/** An AAA: the embedded one, RADIUS, or any other that can answer this question. */
export interface Authenticator {
  authenticate(request: AuthenticationRequest): Promise<Result<Grant, AuthenticationRefusal>>;
}
