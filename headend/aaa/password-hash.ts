import * as crypto from 'node:crypto';
import { parsePasswordHash, type ScryptCost, type StoredHash, scryptText } from './phc-text.ts';

/** 16 MiB and about 0.1 s of one core: one of OWASP's equivalent settings, the one that is lightest on memory. */
export const SCRYPT_COST: ScryptCost = { logN: 14, r: 8, p: 5 };

const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** Whether this Node can check argon2id (24.7 and later). */
export const ARGON2_HERE: boolean = typeof (crypto as Partial<typeof crypto>).argon2 === 'function';

/** `$scrypt$ln=14,r=8,p=5$SALT$HASH`, off the event loop. */
export async function hashPassword(password: string, cost: ScryptCost = SCRYPT_COST): Promise<string> {
  const salt = crypto.randomBytes(SALT_BYTES);
  return scryptText(cost, salt, await scrypt(password, salt, cost, HASH_BYTES));
}

/** Off the event loop; equal time for right and wrong. False for a text that is no hash that is checked here. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const read = parsePasswordHash(stored);
  if (!read.ok || (read.value.scheme === 'argon2id' && !ARGON2_HERE)) return false;
  const hash = await derive(password, read.value);
  return hash.length === read.value.hash.length && crypto.timingSafeEqual(hash, read.value.hash);
}

function derive(password: string, stored: StoredHash): Promise<Buffer> {
  const { salt, hash } = stored;
  if (stored.scheme === 'scrypt') return scrypt(password, salt, stored.cost, hash.length);
  const { memory, passes, parallelism } = stored.cost;
  const parameters = { message: composed(password), nonce: salt, memory, passes, parallelism, tagLength: hash.length };
  return new Promise((resolve, reject) => {
    crypto.argon2('argon2id', parameters, (error, tag) => (error === null ? resolve(tag) : reject(error)));
  });
}

function scrypt(password: string, salt: Buffer, { logN, r, p }: ScryptCost, length: number): Promise<Buffer> {
  const N = 2 ** logN;
  // OpenSSL counts its own buffers too: twice what scrypt needs is enough for any of our costs.
  const options = { N, r, p, maxmem: 256 * N * r + 256 * r * p + 1024 * 1024 };
  return new Promise((resolve, reject) => {
    crypto.scrypt(composed(password), salt, length, options, (error, hash) =>
      error === null ? resolve(hash) : reject(error),
    );
  });
}

/** Typed and pasted passwords may differ in how they compose accents (RFC 8265 §4.2.2). */
const composed = (password: string): string => password.normalize('NFC');
