import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import ssh2, { type ParsedKey } from 'ssh2';
import { describe, expect, test } from 'vitest';
import { generateHostKey, readHostKey } from './host-key.ts';
import { fingerprintOf, UserKeyRing } from './user-key.ts';

const pem = (type: 'rsa' | 'ec' | 'ed25519', bits = 2048) => {
  const keys =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: bits })
      : type === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519');
  return keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
};

const parsedKey = (text: string): ParsedKey => {
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error) throw parsed;
  return parsed;
};

describe('a host key', () => {
  test.each([
    ['ed25519 in OpenSSH format', generateHostKey(), 'ssh-ed25519', undefined],
    ['ed25519 in PKCS#8', pem('ed25519'), 'ssh-ed25519', undefined],
    ['ECDSA in PKCS#8', pem('ec'), 'ecdsa-sha2-nistp256', undefined],
    ['RSA in PKCS#8', pem('rsa'), 'ssh-rsa', 'sha512'],
  ])('%s signs what its public half verifies', (_, text, type, algorithm) => {
    const read = readHostKey(text);
    if (!read.ok) throw new Error(read.failure.message);
    expect(read.value.type).toBe(type);
    const data = randomBytes(32);
    const signature = read.value.sign(data, algorithm);
    const unpatched = parsedKey(read.value.getPublicSSH().toString('base64').replace(/^/, `${type} `));
    expect(unpatched.verify(data, signature, algorithm)).toBe(true);
  });

  test('RSA never signs with SHA-1', () => {
    const read = readHostKey(pem('rsa'));
    expect(read.ok && read.value.sign(Buffer.from('data'))).toBeInstanceOf(Error);
    expect(read.ok && read.value.sign(Buffer.from('data'), 'sha1')).toBeInstanceOf(Error);
  });

  test.each([
    ['nonsense', /not a private key/],
    [pem('rsa', 1024), /less than 2048 bits/],
    [`ssh-ed25519 ${parsedKey(generateHostKey()).getPublicSSH().toString('base64')}`, /a public key/],
    ['-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', /not a private key/],
  ])('%# is refused with a reason', (text, reason) => {
    const read = readHostKey(text, 3);
    expect(read).toMatchObject({ ok: false, failure: { index: 3, message: expect.stringMatching(reason) } });
  });

  test('a generated one is read by ssh2 every time', () => {
    for (let round = 0; round < 50; round++) expect(parsedKey(generateHostKey()).type).toBe('ssh-ed25519');
  });
});

describe("a user's key", () => {
  const blob = randomBytes(64);

  test('is known by its signature, with its fingerprint', () => {
    const ring = new UserKeyRing();
    const key = parsedKey(generateHostKey());
    const data = key.getPublicSSH();
    const request = { key: { algo: key.type, data }, blob, signature: key.sign(blob) };
    for (let round = 0; round < 2; round++) {
      const user = ring.verified(request);
      expect(user).toEqual({ algorithm: 'ssh-ed25519', data, fingerprint: fingerprintOf(data) });
      expect(user?.fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
    }
  });

  test('of RSA signs with SHA-2, not with SHA-1', () => {
    const ring = new UserKeyRing();
    const key = parsedKey(
      generateKeyPairSync('rsa', { modulusLength: 2048 })
        .privateKey.export({ type: 'pkcs1', format: 'pem' })
        .toString(),
    );
    const request = { key: { algo: 'ssh-rsa', data: key.getPublicSSH() }, blob };
    expect(ring.verified({ ...request, signature: key.sign(blob, 'sha256'), hashAlgo: 'sha256' })).toBeDefined();
    expect(ring.verified({ ...request, signature: key.sign(blob, 'sha1') })).toBeUndefined();
    expect(ring.verified({ ...request, signature: key.sign(blob, 'sha1'), hashAlgo: 'sha1' })).toBeUndefined();
  });

  test.each(['another blob', 'another key', 'a broken signature', 'no signature', 'no key'])(
    '%s is not accepted',
    (what) => {
      const ring = new UserKeyRing();
      const key = parsedKey(generateHostKey());
      const other = parsedKey(generateHostKey());
      const right = { key: { algo: key.type, data: key.getPublicSSH() }, blob, signature: key.sign(blob) };
      const { signature: _, ...unsigned } = right;
      const wrong = {
        'another blob': { ...right, blob: randomBytes(64) },
        'another key': { ...right, key: { algo: key.type, data: other.getPublicSSH() } },
        'a broken signature': { ...right, signature: randomBytes(3) },
        'no signature': unsigned,
        'no key': { ...right, key: { algo: key.type, data: randomBytes(40) } },
      }[what];
      expect(ring.verified(right)).toBeDefined();
      expect(wrong && ring.verified(wrong)).toBeUndefined();
    },
  );

  test('is still known when many others came between', () => {
    const ring = new UserKeyRing(2);
    const keys = Array.from({ length: 5 }, () => parsedKey(generateHostKey()));
    for (const key of [...keys, ...keys]) {
      const request = { key: { algo: key.type, data: key.getPublicSSH() }, blob, signature: key.sign(blob) };
      expect(ring.verified(request)?.data).toEqual(key.getPublicSSH());
    }
  });
});

test('a signature by Node is one by ssh2', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = parsedKey(privateKey.export({ type: 'sec1', format: 'pem' }).toString());
  const data = randomBytes(20);
  expect(key.verify(data, sign('sha256', data, privateKey))).toBe(true);
});
