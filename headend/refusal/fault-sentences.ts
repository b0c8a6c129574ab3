import type { AddressFault, PasswordFault } from './refusal.ts';

/** Why an address cannot be had, to follow its name and a colon. */
export const ADDRESS_FAULTS: Readonly<Record<AddressFault, string>> = {
  held: 'another host holds it (headend lease list --address says which).',
  quarantined: 'another device was found to use it (headend pool quarantine list).',
  reserved: 'its pool reserves it for somebody else.',
  'in-no-pool': 'it is in no pool of this headend.',
  'never-given': "it is a gateway's, a network's or a broadcast address.",
  'pool-closed': 'its pool is being emptied and gives no new addresses.',
  apart: 'it is not of one pair with the other one that was chosen: their places in the pool differ.',
};

/** Why user-password cannot be read, to follow a colon. */
export const PASSWORD_FAULTS: Readonly<Record<PasswordFault, string>> = {
  form: 'it is no JWE in compact form (RFC 7516 §7.1).',
  algorithm: 'alg must be ECDH-ES and enc A256GCM, with nothing else that changes their meaning.',
  key: 'it was not encrypted to a key this headend has now. Read headend-keys again and encrypt anew.',
  content:
    'what is inside must be a JSON object with password, host-id, headend, issued-at (seconds) and nonce (16 to 128 characters of base64url).',
};
