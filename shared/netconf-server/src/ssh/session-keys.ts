import { createSecretKey, randomFillSync } from 'node:crypto';
import type { Connection } from 'ssh2';

/** Where ssh2 1.17 keeps the keys of a connection's ciphers and MACs that run in JavaScript. */
const KEY_FIELDS: Readonly<Record<'_cipher' | '_decipher', readonly string[]>> = {
  _cipher: ['_encKey', '_macKey'],
  _decipher: ['_decipherKey', '_macKey'],
};

/**
 * Makes every packet cheaper. ssh2 makes a new cipher (GCM) or HMAC (CTR) for every packet, each time from a Buffer,
 * which Node first turns into a KeyObject, slowly (Node 24: some 15 to 50 µs). Here that is done once for each exchange
 * of keys; and padding is taken from random bytes made ahead. Returns how many keys are held so: none where ssh2's inside
 * is not what this knows; it then works as it came.
 */
export function holdSessionKeys(client: Connection): number {
  const protocol = (client as { _protocol?: unknown })._protocol;
  if (!isRecord(protocol)) return 0;
  // The exchange's own pair has done its work: kept, it would cost memory for the whole session, and its secrecy after.
  if (isRecord(protocol._kex) && '_keys' in protocol._kex) protocol._kex._keys = null;
  let held = 0;
  for (const [side, fields] of Object.entries(KEY_FIELDS)) {
    const cipher = protocol[side];
    if (!isRecord(cipher)) continue;
    for (const field of fields) {
      const key = cipher[field];
      if (!Buffer.isBuffer(key) || key.length === 0) continue;
      cipher[field] = createSecretKey(key);
      held++;
    }
    if (side === '_cipher') padFromPool(cipher);
  }
  return held;
}

/** The block length and what of the packet it does not count, of ssh2's ciphers; undefined for those unknown. */
function shapeOf(cipher: Record<string, unknown>): { readonly block: number; readonly apart: number } | undefined {
  switch (cipher.constructor.name) {
    case 'AESGCMCipherNative':
      return { block: 16, apart: 4 }; // RFC 5647 §7.2: the length is not encrypted
    case 'GenericCipherNative': {
      const { _encBlockLen: block, _aadLen: apart } = cipher;
      return typeof block === 'number' && typeof apart === 'number' ? { block, apart } : undefined;
    }
    default:
      return undefined;
  }
}

/** RFC 4253 §6: length, padding length, payload, at least four bytes of padding up to a whole number of blocks. */
function padFromPool(cipher: Record<string, unknown>): void {
  const shape = shapeOf(cipher);
  if (shape === undefined || typeof cipher.allocPacket !== 'function') return;
  const { block, apart } = shape;
  cipher.allocPacket = (payload: number): Buffer => {
    const bare = 5 + payload;
    let padding = block - ((bare - apart) & (block - 1));
    if (padding < 4) padding += block;
    const packet = Buffer.allocUnsafe(bare + padding);
    packet.writeUInt32BE(bare + padding - 4, 0);
    packet[4] = padding;
    takeRandom(packet, bare, padding);
    return packet;
  };
}

const pool = Buffer.allocUnsafeSlow(1 << 14);
let used = pool.length;

/** No byte serves twice. */
function takeRandom(into: Buffer, at: number, size: number): void {
  if (used + size > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  pool.copy(into, at, used, used + size);
  used += size;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
