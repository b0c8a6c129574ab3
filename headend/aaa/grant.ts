import type { Result } from '@sublane/basics';
import type { RefusalOf, StoreRefusal } from '../refusal/refusal.ts';

/** The AAA's answer: whose request it is and what that subscriber may ask for. */
export interface Grant {
  readonly subscriber: string;
  /** The name of a plan of the configuration. */
  readonly plan: string;
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
  | RefusalOf<'unknown-subscriber' | 'wrong-password' | 'password-required' | 'subscriber-suspended' | 'rate-limited'>
  | StoreRefusal;

/** An AAA: the embedded one, RADIUS, or any other that can answer this question. */
export interface Authenticator {
  authenticate(request: AuthenticationRequest): Promise<Result<Grant, AuthenticationRefusal>>;
}
