import { createSecretKey } from 'node:crypto';
import type { Connection } from 'ssh2';

/** Where ssh2 1.17 keeps the keys of a connection's ciphers and MACs that run in JavaScript. */
const KEY_FIELDS: Readonly<Record<'_cipher' | '_decipher', readonly string[]>> = {
  _cipher: ['_encKey', '_macKey'],
  _decipher: ['_decipherKey', '_macKey'],
};

/**
 * Makes every packet cheaper. ssh2 makes a new cipher (GCM) or HMAC (CTR) for every packet, each time from a Buffer,
 * which Node first turns into a KeyObject, slowly (Node 24: some 50 µs). Here that is done once for each exchange of
 * keys. Returns how many keys are held so: none where ssh2's inside is not what this knows; it then works as it came.
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
  }
  return held;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
