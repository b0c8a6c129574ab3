import { createHash } from 'node:crypto';
import { failed, ok, type Result } from '@sublane/basics';
import { readWireString } from './wire-string.ts';

/** An SSH public key: what a host or an operator proves to hold. */
export interface PublicKey {
  readonly algorithm: PublicKeyAlgorithm;
  /** The key's wire form (RFC 4253 §6.6). */
  readonly data: Buffer;
  /** `SHA256:…`, as ssh-keygen prints it. */
  readonly fingerprint: string;
  readonly comment: string;
}

export type PublicKeyAlgorithm = (typeof ALGORITHMS)[number];
const ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
] as const;

const RSA_BITS_MIN = 2048;
const LINE_MAX = 8192;

/** Why a line is no public key we take; a sentence for the person who gave it. */
export interface PublicKeyFault {
  readonly kind: 'malformed' | 'private' | 'unsupported' | 'weak';
  readonly message: string;
}

/** Reads OpenSSH's one-line form, `ssh-ed25519 AAAA… [comment]`, as in a .pub file. */
export function parsePublicKey(line: string): Result<PublicKey, PublicKeyFault> {
  const text = line.trim();
  if (text.includes('PRIVATE KEY'))
    return fault('private', 'this is a private key: give the public one (the file that ends in .pub)');
  if (text.length > LINE_MAX || text.includes('\n'))
    return fault('malformed', 'expected one line, as "ssh-ed25519 AAAA… comment"');
  const [name = '', encoded = '', ...comment] = text.split(/\s+/);
  const algorithm = ALGORITHMS.find((known) => known === name);
  if (algorithm === undefined)
    return /^[a-z][a-z0-9@.-]+$/i.test(name) && encoded !== ''
      ? fault('unsupported', `keys of type ${name.slice(0, 40)} are not taken; expected ${ALGORITHMS.join(', ')}`)
      : fault('malformed', 'expected one line, as "ssh-ed25519 AAAA… comment"');
  const data = Buffer.from(encoded, 'base64');
  if (encoded === '' || data.toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, ''))
    return fault('malformed', 'the key is not in base64');

  const parts = wireStrings(data);
  if (parts === undefined || parts[0]?.toString('latin1') !== algorithm || parts.length !== partsOf(algorithm))
    return fault('malformed', `the key's bytes are not those of an ${algorithm} key; it may be cut short`);
  if (algorithm === 'ssh-ed25519' && parts[1]?.length !== 32)
    return fault('malformed', 'an ed25519 key has 32 bytes; this one may be cut short');
  if (algorithm === 'ssh-rsa' && bitLength(parts[2]!) < RSA_BITS_MIN)
    return fault('weak', `an RSA key of ${bitLength(parts[2]!)} bits is too weak; expected ${RSA_BITS_MIN} or more`);
  return ok({ algorithm, data, fingerprint: fingerprintOf(data), comment: comment.join(' ') });
}

/** The one-line form, without a comment. */
export function publicKeyLine(key: Pick<PublicKey, 'algorithm' | 'data'>): string {
  return `${key.algorithm} ${key.data.toString('base64')}`;
}

/** `SHA256:` and the unpadded base64 of the hash of the key's wire form. */
export function fingerprintOf(data: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(data).digest('base64').replace(/=+$/, '')}`;
}

/** Name and point (RFC 8709 §4); name, curve and point (RFC 5656 §3.1); name, exponent and modulus (RFC 4253 §6.6). */
function partsOf(algorithm: PublicKeyAlgorithm): number {
  return algorithm === 'ssh-ed25519' ? 2 : 3;
}

function wireStrings(data: Buffer): Buffer[] | undefined {
  const parts: Buffer[] = [];
  for (let rest = data; rest.length > 0; ) {
    const next = readWireString(rest);
    if (next === undefined) return undefined;
    parts.push(next.value);
    rest = next.rest;
  }
  return parts;
}

function bitLength(number: Buffer): number {
  const first = number.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (number.length - first) * 8 - (Math.clz32(number[first]!) - 24);
}

function fault(kind: PublicKeyFault['kind'], message: string): Result<never, PublicKeyFault> {
  return failed({ kind, message });
}
