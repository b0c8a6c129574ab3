import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

/** A key for user-password: the private JWK (RFC 7517), with `kid`, `alg` ECDH-ES and `use` enc. */
export type PasswordKey = JWK & { readonly kid: string };

/** A new P-256 key; its id is the key's thumbprint (RFC 7638), so that equal ids mean equal keys. */
export async function generatePasswordKey(): Promise<PasswordKey> {
  const { privateKey } = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: (await calculateJwkThumbprint(jwk)).slice(0, 16), alg: 'ECDH-ES', use: 'enc' };
}

/** What hosts may know of it, in one line; `headend` is the name they seal into their passwords. */
export function publicJwk({ kty, crv, x, y, kid, alg, use }: PasswordKey, headend: string): string {
  return JSON.stringify({ kty, crv, x, ...(y !== undefined && { y }), kid, alg, use, headend });
}
