import type { Attribute } from '../codec/attribute.ts';
import type { Secret } from '../codec/message.ts';
import type { DecodeRefusal, EncodeRefusal, Packet } from '../codec/packet.ts';

/** A request to one server, whatever carries it. */
export interface Exchange {
  readonly code: number;
  /** What one transmission says. `waited`: whole seconds since the first. */
  readonly attributes: (made: {
    readonly secret: Secret;
    readonly authenticator: Uint8Array;
    readonly waited: number;
  }) => readonly Attribute[];
  /** Whether what it says changes with `waited`: then a retransmission is another packet (RFC 2866 §5.2). */
  readonly ages: boolean;
  readonly messageAuthenticator: 'mandatory' | 'optional';
  /** Called once, unless the exchange was given up before. */
  readonly done: (outcome: Outcome) => void;
}

export type Outcome =
  | { readonly kind: 'answered'; readonly packet: Packet }
  /** `trouble`: what is known of why, for a person. */
  | { readonly kind: 'silent'; readonly trouble: string | undefined }
  | { readonly kind: 'unsendable'; readonly refusal: EncodeRefusal };

/** The way to one port of one server. */
export interface Link {
  /** Begins an exchange; what is returned gives it up. */
  ask(exchange: Exchange): () => void;
  /** What is under way gets no outcome any more. */
  close(): Promise<void>;
}

/** Why a packet that came was no answer. */
export type Rejection = DecodeRefusal | 'not-asked';

export function troubleOf(rejection: Rejection | undefined): string | undefined {
  switch (rejection) {
    case undefined:
    case 'not-asked':
      return undefined;
    case 'authenticator-wrong':
    case 'message-authenticator-wrong':
      return `its answers are not signed with our secret (${rejection})`;
    case 'message-authenticator-missing':
      return 'its answers have no Message-Authenticator, without which they can be forged (CVE-2024-3596)';
    default:
      return `its answers are no RADIUS to go by (${rejection})`;
  }
}
