import { createHash } from 'node:crypto';
import type { Secret } from './message.ts';

/** RFC 2865 §5.2: "passwords of up to 128 characters". In bytes of UTF-8. */
export const LONGEST_PASSWORD = 128;
const BLOCK = 16;

/** The value of User-Password: `password` (at most 128 bytes), padded with zeros, hidden by secret and authenticator. */
export function hidePassword(password: string, secret: Secret, authenticator: Uint8Array): Uint8Array {
  const clear = Buffer.from(password, 'utf8');
  if (clear.length > LONGEST_PASSWORD) throw new RangeError(`a password of ${clear.length} bytes`);
  const hidden = Buffer.alloc(Math.max(1, Math.ceil(clear.length / BLOCK)) * BLOCK);
  clear.copy(hidden);
  // b1 = MD5(S + RA), c(1) = p1 xor b1; b2 = MD5(S + c(1)), c(2) = p2 xor b2; …
  let before = authenticator;
  for (let at = 0; at < hidden.length; at += BLOCK) {
    const block = hidden.subarray(at, at + BLOCK);
    const pad = md5(secret, before);
    for (let i = 0; i < BLOCK; i++) block[i]! ^= pad[i]!;
    before = block;
  }
  return hidden;
}

/** What `hidePassword` has hidden; nothing where `hidden` can be none. Zeros at the end are taken for padding. */
export function revealPassword(hidden: Uint8Array, secret: Secret, authenticator: Uint8Array): string | undefined {
  if (hidden.length === 0 || hidden.length % BLOCK !== 0 || hidden.length > LONGEST_PASSWORD) return undefined;
  const clear = Buffer.from(hidden);
  let before = authenticator;
  for (let at = 0; at < hidden.length; at += BLOCK) {
    const pad = md5(secret, before);
    for (let i = 0; i < BLOCK; i++) clear[at + i]! ^= pad[i]!;
    before = hidden.subarray(at, at + BLOCK);
  }
  let end = clear.length;
  while (end > 0 && clear[end - 1] === 0) end--;
  return clear.toString('utf8', 0, end);
}

/** The value of CHAP-Password (RFC 2865 §5.3): the identifier, then MD5(identifier + password + challenge). */
export function chapResponse(identifier: number, password: string, challenge: Uint8Array): Uint8Array {
  const id = Uint8Array.of(identifier);
  return Buffer.concat([id, createHash('md5').update(id).update(password, 'utf8').update(challenge).digest()]);
}

const md5 = (secret: Secret, bytes: Uint8Array): Buffer => createHash('md5').update(secret).update(bytes).digest();
