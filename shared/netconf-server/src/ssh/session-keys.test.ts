import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import type { Connection } from 'ssh2';
import { describe, expect, test } from 'vitest';
import { holdSessionKeys } from './session-keys.ts';

const require = createRequire(import.meta.url);
const { CIPHER_INFO, MAC_INFO, createCipher } = require('ssh2/lib/protocol/crypto.js');

/** A cipher of ssh2's, and what it writes. */
function cipherOf(name: string, mac: string, key: Buffer, iv: Buffer, macKey: Buffer) {
  const written: Buffer[] = [];
  const cipher = createCipher({
    outbound: {
      seqno: 3,
      onWrite: (piece: Uint8Array) => written.push(Buffer.from(piece)),
      cipherInfo: CIPHER_INFO[name],
      cipherKey: Buffer.from(key),
      cipherIV: Buffer.from(iv),
      macInfo: MAC_INFO[mac],
      macKey: Buffer.from(macKey),
      forceNative: true,
    },
  });
  return { cipher, written };
}

describe.each([
  ['aes128-gcm@openssh.com', 'hmac-sha2-256', 16, 12],
  ['aes256-gcm@openssh.com', 'hmac-sha2-256', 32, 12],
  ['aes128-ctr', 'hmac-sha2-256', 16, 16],
  ['aes256-ctr', 'hmac-sha2-512-etm@openssh.com', 32, 16],
])('%s with %s', (name, mac, keySize, ivSize) => {
  const [key, iv, macKey] = [randomBytes(keySize), randomBytes(ivSize), randomBytes(MAC_INFO[mac].len)];

  test('writes the same bytes with and without', () => {
    const plain = cipherOf(name, mac, key, iv, macKey);
    const held = cipherOf(name, mac, key, iv, macKey);
    expect(holdSessionKeys({ _protocol: { _cipher: held.cipher } } as unknown as Connection)).toBeGreaterThan(0);
    for (const size of [1, 15, 16, 200, 40_000]) {
      const packet = plain.cipher.allocPacket(size);
      randomBytes(packet.length - 5).copy(packet, 5);
      plain.cipher.encrypt(Buffer.from(packet));
      held.cipher.encrypt(Buffer.from(packet));
    }
    expect(Buffer.concat(held.written)).toEqual(Buffer.concat(plain.written));
  });

  test('shapes packets alike, and fills their padding anew each time', () => {
    const plain = cipherOf(name, mac, key, iv, macKey).cipher;
    const held = cipherOf(name, mac, key, iv, macKey).cipher;
    holdSessionKeys({ _protocol: { _cipher: held } } as unknown as Connection);
    const seen = new Set<string>();
    for (let size = 1; size < 400; size++) {
      const [one, other] = [plain.allocPacket(size), held.allocPacket(size)];
      expect(other.length).toBe(one.length);
      expect(other.subarray(0, 5)).toEqual(one.subarray(0, 5));
      seen.add(other.subarray(5 + size, 9 + size).toString('hex'));
    }
    expect(seen.size).toBe(399);
  });
});

test.each([
  ['nothing inside', {}],
  ['no ciphers', { _protocol: {} }],
  ['keys elsewhere', { _protocol: { _cipher: { key: randomBytes(16) }, _decipher: { _macKey: 'text' } } }],
])('leaves alone what it does not know: %s', (_, client) => {
  const before = JSON.stringify(client);
  expect(holdSessionKeys(client as unknown as Connection)).toBe(0);
  expect(JSON.stringify(client)).toBe(before);
});
