import type { EncodeRefusal } from '../codec/packet.ts';
import type { RadiusFailure } from './client-types.ts';

export const CLOSED: RadiusFailure = { kind: 'closed', message: 'The RADIUS client was closed.' };

export const busy = (allowed: number): RadiusFailure => ({
  kind: 'busy',
  allowed,
  message: `${allowed} requests wait for the RADIUS servers already; this one was not sent.`,
});

export const unsendable = (refusal: EncodeRefusal | { readonly kind: 'password-too-long' }): RadiusFailure => ({
  kind: 'unsendable',
  message: `The request fits in no RADIUS packet: ${wordsOf(refusal)}.`,
});

function wordsOf(refusal: EncodeRefusal | { readonly kind: 'password-too-long' }): string {
  switch (refusal.kind) {
    case 'attribute-empty':
      return `${refusal.attribute} is empty`;
    case 'attribute-too-long':
      return `${refusal.attribute} is too long`;
    case 'packet-too-long':
      return 'all of it has more than 4096 bytes';
    case 'password-too-long':
      return 'the password has more than 128 bytes';
  }
}
