import type { KilobitsPerSecond, Milliseconds, Seconds } from '@sublane/basics';
import type { Direction } from '../policy/wish.ts';

/**
 * Everything the headend says no to, by kind. `refusal-facts.ts` gives each its error-tag, stable code and sentence;
 * a new kind fails to compile until it has them.
 *
 * `groupId` is there where one application group is refused, not the whole request.
 */
export type Refusal =
  // Who asks.
  | { readonly kind: 'unknown-host'; readonly hostId: string }
  | { readonly kind: 'host-id-mismatch'; readonly hostId: string; readonly sessionHostId: string }
  | { readonly kind: 'unknown-subscriber'; readonly subscriber: string }
  | { readonly kind: 'wrong-password'; readonly subscriber: string }
  | { readonly kind: 'password-required'; readonly subscriber: string }
  | { readonly kind: 'password-unreadable'; readonly fault: PasswordFault }
  | { readonly kind: 'password-misdirected'; readonly field: 'host-id' | 'headend' }
  | { readonly kind: 'password-skew'; readonly headendTime: Milliseconds; readonly limit: Seconds }
  | { readonly kind: 'password-replayed' }
  | { readonly kind: 'subscriber-suspended'; readonly subscriber: string }
  | { readonly kind: 'rate-limited'; readonly retryAfter: Seconds }
  | { readonly kind: 'too-many-requests'; readonly retryAfter: Seconds }
  | { readonly kind: 'authentication-busy'; readonly retryAfter: Seconds }
  | { readonly kind: 'authority-refused'; readonly subscriber: string; readonly text?: string }
  | { readonly kind: 'plan-not-granted'; readonly subscriber: string; readonly authority: string }
  | { readonly kind: 'aaa-away'; readonly authority: string; readonly retryAfter: Seconds }
  // What is asked.
  | { readonly kind: 'duplicate-group'; readonly groupId: number; readonly direction: Direction }
  | {
      readonly kind: 'conflicting-directions';
      readonly groupId: number;
      readonly field: 'application-list' | 'security';
    }
  | { readonly kind: 'security-profile-unknown'; readonly groupId: number; readonly profile: string }
  // What the plan says.
  | { readonly kind: 'plan-unknown'; readonly plan: string }
  | { readonly kind: 'rule-refuses'; readonly groupId: number; readonly rule: string; readonly text: string }
  | { readonly kind: 'no-rule'; readonly groupId: number; readonly plan: string }
  | {
      readonly kind: 'direction-not-offered';
      readonly groupId: number;
      readonly rule: string;
      readonly class: string;
      readonly direction: Direction;
    }
  | {
      readonly kind: 'over-ceiling';
      readonly groupId: number;
      readonly rule: string;
      readonly class: string;
      readonly direction: Direction;
      readonly asked: KilobitsPerSecond;
      readonly ceiling: KilobitsPerSecond;
      /** Who set the ceiling for this subscriber, where the class gives more. */
      readonly authority?: string;
    }
  | {
      readonly kind: 'security-not-offered';
      readonly groupId: number;
      readonly rule: string;
      readonly class: string;
      readonly asked: string;
      /** What the class binds its lanes to. */
      readonly bound: string;
    }
  | {
      readonly kind: 'quota-exceeded';
      readonly groupId: number;
      readonly plan: string;
      /** Until it begins anew. */
      readonly retryAfter?: Seconds;
    }
  | { readonly kind: 'too-many-groups'; readonly groupId: number; readonly limit: number; readonly held: number }
  // What the policy server says.
  | {
      readonly kind: 'policy-hook-refuses';
      readonly groupId?: number;
      readonly rule?: string;
      /** Its own words, made printable. */
      readonly reason?: string;
    }
  | { readonly kind: 'policy-hook-away'; readonly retryAfter: Seconds }
  // What is left.
  | { readonly kind: 'no-pool'; readonly groupId: number; readonly class: string; readonly location?: string }
  | { readonly kind: 'pool-empty'; readonly groupId: number; readonly pool: string; readonly retryAfter: Seconds }
  | { readonly kind: 'pool-draining'; readonly groupId: number; readonly pool: string }
  | {
      readonly kind: 'capacity-exceeded';
      readonly groupId: number;
      readonly location: string;
      readonly direction: Direction;
      readonly asked: KilobitsPerSecond;
      /** What this group could have there now. */
      readonly left: KilobitsPerSecond;
      /** Absent: what is asked is more than the location has. */
      readonly retryAfter?: Seconds;
    }
  | {
      readonly kind: 'address-unavailable';
      readonly groupId: number;
      /** An address, or a delegated prefix. */
      readonly address: string;
      readonly why: AddressFault;
    }
  | { readonly kind: 'lease-unknown'; readonly groupId: number }
  | { readonly kind: 'request-again'; readonly groupId: number }
  // How the edge can reach it.
  | { readonly kind: 'behind-nat'; readonly groupId: number; readonly peerAddress: string }
  | { readonly kind: 'wireguard-key-missing'; readonly groupId: number; readonly behindNat: boolean }
  | { readonly kind: 'wireguard-key-unusable' }
  | { readonly kind: 'wireguard-key-in-use'; readonly groupId: number }
  // What it reports.
  | {
      readonly kind: 'quarantine-full';
      readonly groupId: number;
      readonly pool: string;
      readonly limit: number;
      /** All of whose hosts together met it. Absent: the host alone. */
      readonly subscriber?: string;
      readonly retryAfter?: Seconds;
    }
  // The store.
  | { readonly kind: 'store-full'; readonly retryAfter: Seconds }
  | { readonly kind: 'store-read-only' }
  | { readonly kind: 'store-failed'; readonly message: string }
  // Who comes with an invitation.
  | { readonly kind: 'invitation-unknown' }
  | { readonly kind: 'invitation-spent' }
  | { readonly kind: 'invitation-expired' }
  | { readonly kind: 'invitation-for-another'; readonly hostId: string }
  | { readonly kind: 'host-id-taken'; readonly hostId: string }
  | { readonly kind: 'host-key-taken' }
  | { readonly kind: 'too-many-invitations'; readonly subscriber: string; readonly limit: number }
  // Records an operator handles.
  | { readonly kind: 'password-hash-unusable'; readonly fault: PasswordHashFault }
  | { readonly kind: 'record-unknown'; readonly record: RecordKind; readonly name: string }
  | { readonly kind: 'record-exists'; readonly record: RecordKind; readonly name: string }
  | { readonly kind: 'record-in-use'; readonly record: RecordKind; readonly name: string; readonly by: string };

export type RefusalKind = Refusal['kind'];
export type RefusalOf<K extends RefusalKind> = Extract<Refusal, { readonly kind: K }>;

export type EnrolmentRefusalKind =
  | 'invitation-unknown'
  | 'invitation-spent'
  | 'invitation-expired'
  | 'invitation-for-another'
  | 'host-id-taken'
  | 'host-key-taken'
  | 'too-many-invitations';

export type RecordKind =
  | 'subscriber'
  | 'host'
  | 'operator'
  | 'lease'
  | 'pool'
  | 'plan'
  | 'public-key'
  | 'quarantine'
  | 'invitation';

/** Why an encrypted password could not be read: not a JWE of the kind asked for, a key we do not have, a wrong payload. */
export type PasswordFault = 'form' | 'algorithm' | 'key' | 'content';

/**
 * Why nobody can have the address that the AAA chose: another host holds it, another device was found to use it, it is
 * kept for another subscriber, it is in no pool or in one that gives none to anybody (gateway, network, broadcast), in
 * one that gives nothing new, or not of the same pair as the other one chosen.
 */
export type AddressFault = 'held' | 'quarantined' | 'reserved' | 'in-no-pool' | 'never-given' | 'pool-closed' | 'apart';

/** Why the hash of a password, made elsewhere, is not taken. */
export type PasswordHashFault = 'form' | 'scheme' | 'too-costly' | 'too-weak' | 'argon2-missing';

/** What the store itself may answer instead of doing what it was asked. */
export type StoreRefusal = RefusalOf<'store-full' | 'store-read-only' | 'store-failed'>;

/** One refusal at least: the whole request's, or one for each refused group. */
export type Refusals = readonly [Refusal, ...Refusal[]];
