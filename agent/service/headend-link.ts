import type { Milliseconds, Result, Seconds } from '@sublane/basics';
import type { ApplicationGroup, SubscriberServiceMessageInput } from '@sublane/yang';
import type { AvailableServices } from './available-services.ts';
import type { HostIdentity } from './host-identity.ts';

/** One refused group or message, as the headend's `<rpc-error>` says it. */
export interface Refusal {
  /** The standard's error-tag, as `access-denied`. */
  readonly tag: string;
  /** The stable code (error-app-tag), where the headend gave one. */
  readonly code?: string;
  /** For the person. */
  readonly message: string;
  readonly groupId?: number;
  readonly rule?: string;
  readonly pool?: string;
  /** When it makes sense to ask again. */
  readonly retryAfter?: Seconds;
}

export type LinkFailure =
  | { readonly kind: 'unreachable'; readonly headend: string; readonly reason: string }
  | { readonly kind: 'refused'; readonly refusals: readonly Refusal[] }
  | { readonly kind: 'malformed'; readonly reason: string };

/** An sp-service-message with the time its lifetimes count from. */
export interface Answer {
  readonly groups: readonly ApplicationGroup[];
  readonly sentAt: Milliseconds;
}

export interface Renewal {
  readonly groupId: number;
  readonly leaseId: string;
  readonly validLifetime: Seconds;
  readonly renewAfter: Seconds;
}

export interface GroupReport {
  readonly groupId: number;
  readonly state: 'applied' | 'failed' | 'address-conflict';
  readonly reason?: string;
  /** Of an address conflict: what somebody else uses. */
  readonly conflict?: readonly string[];
  /** What the lane has carried under its lease, in bytes: to the host, and from it. */
  readonly octets?: { readonly in: number; readonly out: number };
}

export interface LinkState {
  /** `ADDRESS:PORT` of the headend in use, or the one tried last. */
  readonly headend: string;
  readonly connected: boolean;
  /** Why not. */
  readonly reason?: string;
  /** The headend closed the last session since this host's enrolment was revoked; until another session stands. */
  readonly revoked?: true;
}

/** The headend, seen from the service agent: the rpcs of a host's session. */
export interface HeadendLink {
  state(): LinkState;
  /** Calls back at each change of `state().connected`. */
  onChange(listener: () => void): void;
  request(message: SubscriberServiceMessageInput): Promise<Result<Answer, LinkFailure>>;
  service(): Promise<Result<Answer, LinkFailure>>;
  /** What this host may ask for; `identity`: how an edge can reach it. */
  services(identity: HostIdentity): Promise<Result<AvailableServices, LinkFailure>>;
  /** No ids: all of the host's groups. */
  renew(
    groupIds: readonly number[],
  ): Promise<Result<{ renewals: readonly Renewal[]; sentAt: Milliseconds }, LinkFailure>>;
  release(groupIds: readonly number[]): Promise<Result<undefined, LinkFailure>>;
  report(reports: readonly GroupReport[]): Promise<Result<undefined, LinkFailure>>;
  /** RFC 7517 keys that `user-password` may be encrypted to. */
  passwordKey(): Promise<Result<{ kid: string; jwk: string }, LinkFailure>>;
  /** The session of now may lead nowhere any more: it ends, with what is asked over it, and makes room for another. */
  reopen(): void;
  /** Connects, and again after every loss, until closed. */
  keep(): Promise<void>;
  close(): Promise<void>;
}
