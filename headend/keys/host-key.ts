import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { fingerprintOf } from './public-key.ts';
import { wireNumber, wireString } from './wire-string.ts';

/** An SSH host key as its files hold it. */
export interface HostKey {
  /** OpenSSH's own private key format, unencrypted (openssh/PROTOCOL.key). */
  readonly privatePem: string;
  /** `ssh-ed25519 AAAA… comment`. */
  readonly publicLine: string;
  /** `SHA256:…`, as ssh-keygen prints it. */
  readonly fingerprint: string;
}

const ALGORITHM = 'ssh-ed25519';
const SEED_BYTES = 32;

/**
 * A new ed25519 host key (RFC 8709 §4). Node makes the key and this function writes it: ssh2's own generator drops a
 * leading zero byte of the public key, so that one key in 256 cannot be read back.
 */
export function generateHostKey(comment: string, random: (size: number) => Buffer = randomBytes): HostKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-SEED_BYTES);
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-SEED_BYTES);
  return encodeHostKey(seed, point, comment, random(4));
}

/** `seed` and `point`: 32 bytes each (RFC 8032 §5.1.5); `check`: any 4 bytes. */
export function encodeHostKey(seed: Buffer, point: Buffer, comment: string, check: Buffer): HostKey {
  const blob = Buffer.concat([wireString(ALGORITHM), wireString(point)]);
  const secret = padded(
    Buffer.concat([
      check,
      check,
      wireString(ALGORITHM),
      wireString(point),
      wireString(Buffer.concat([seed, point])),
      wireString(comment),
    ]),
  );
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0', 'latin1'),
    wireString('none'), // cipher
    wireString('none'), // key derivation
    wireString(''), // its options
    wireNumber(1),
    wireString(blob),
    wireString(secret),
  ]);
  const lines = file.toString('base64').match(/.{1,70}/g) ?? [];
  return {
    privatePem: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`,
    publicLine: `${ALGORITHM} ${blob.toString('base64')} ${comment}`,
    fingerprint: fingerprintOf(blob),
  };
}

/** Up to a multiple of 8 with 1, 2, 3, … (openssh/PROTOCOL.key, "padding"). */
function padded(bytes: Buffer): Buffer {
  const missing = (8 - (bytes.length % 8)) % 8;
  return Buffer.concat([bytes, Buffer.from(Array.from({ length: missing }, (_, index) => index + 1))]);
}
