import type { Result } from '@sublane/basics';
import type { RefusalOf, StoreRefusal } from '../refusal/refusal.ts';

/**
 * What a host encrypts as `user-password`: this object as JSON, in a JWE of compact form (RFC 7516 §7.1), `alg`
 * ECDH-ES, `enc` A256GCM, `kid` that of the key in `headend-keys`.
 */
export interface PasswordContent {
  readonly password: string;
  readonly 'host-id': string;
  /** The headend's name: the `headend` member of the published JWK. */
  readonly headend: string;
  /** Seconds since 1970 UTC. */
  readonly 'issued-at': number;
  /** 16..128 characters of base64url, from a cryptographic source; good once. */
  readonly nonce: string;
}

/** Reads an encrypted password and proves it fresh, unused, this host's and meant for us. */
export interface PasswordOpener {
  open(jwe: string, hostId: string): Promise<Result<string, PasswordRefusal>>;
}

export type PasswordRefusal =
  | RefusalOf<'password-unreadable' | 'password-misdirected' | 'password-skew' | 'password-replayed'>
  | StoreRefusal;
