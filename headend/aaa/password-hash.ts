import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/** scrypt's costs (RFC 7914 §2): N = 2^`logN`; memory is 128 · N · `r` bytes. */
export interface ScryptCost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** 16 MiB and about 0.1 s of one core: one of OWASP's equivalent settings, the one that is lightest on memory. */
export const SCRYPT_COST: ScryptCost = { logN: 14, r: 8, p: 5 };

const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** `$scrypt$ln=14,r=8,p=5$SALT$HASH`, base64 without padding: the PHC string format. */
export async function hashPassword(password: string, cost: ScryptCost = SCRYPT_COST): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, cost);
  return `$scrypt$ln=${cost.logN},r=${cost.r},p=${cost.p}$${unpadded(salt)}$${unpadded(hash)}`;
}

/** Off the event loop; equal time for right and wrong. False for a text that is no such hash. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const match = FORM.exec(stored);
  if (match === null) return false;
  const [logN, r, p] = match.slice(1, 4).map(Number) as [number, number, number];
  const [salt, expected] = match.slice(4, 6).map((text) => Buffer.from(text, 'base64')) as [Buffer, Buffer];
  const hash = await derive(password, salt, { logN, r, p });
  return hash.length === expected.length && timingSafeEqual(hash, expected);
}

const FORM = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;

function derive(password: string, salt: Buffer, { logN, r, p }: ScryptCost): Promise<Buffer> {
  const N = 2 ** logN;
  // OpenSSL counts its own buffers too: twice what scrypt needs is enough for any of our costs.
  const options: ScryptOptions = { N, r, p, maxmem: 256 * N * r + 1024 * 1024 };
  // Typed and pasted passwords may differ in how they compose accents (RFC 8265 §4.2.2).
  const text = password.normalize('NFC');
  return new Promise((resolve, reject) => {
    scrypt(text, salt, HASH_BYTES, options, (error, hash) => (error === null ? resolve(hash) : reject(error)));
  });
}

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
