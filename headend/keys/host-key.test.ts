import { createPrivateKey, createPublicKey } from 'node:crypto';
import { utils } from 'ssh2';
import { describe, expect, it } from 'vitest';
import { encodeHostKey, generateHostKey } from './host-key.ts';
import { parsePublicKey } from './public-key.ts';

describe('a host key', () => {
  it('is read back by ssh2, which signs with it', () => {
    const key = generateHostKey('edge');
    const parsed = utils.parseKey(key.privatePem);
    if (parsed instanceof Error) throw parsed;
    const signature = parsed.sign('to be signed');
    expect(parsed.type).toBe('ssh-ed25519');
    expect(parsed.verify('to be signed', signature)).toBe(true);
    expect(parsed.getPublicSSH().toString('base64')).toBe(key.publicLine.split(' ')[1]);
  });

  it('is read back whatever its first byte is', () => {
    // A private key whose public point begins with a zero byte: the one in 256 that ssh2's own generator breaks.
    let found = 0;
    for (let n = 0; found < 2 && n < 4000; n++) {
      const seed = Buffer.alloc(32);
      seed.writeUInt32BE(n);
      const secret = createPrivateKey({
        key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
        format: 'der',
        type: 'pkcs8',
      });
      const point = createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32);
      if (point[0] !== 0) continue;
      found++;
      const parsed = utils.parseKey(encodeHostKey(seed, point, 'edge', Buffer.from('abcd')).privatePem);
      if (parsed instanceof Error) throw parsed;
      expect(parsed.verify('x', parsed.sign('x'))).toBe(true);
    }
    expect(found).toBe(2);
  });

  it('has the fingerprint of its public line', () => {
    const key = generateHostKey('edge with blanks');
    const parsed = parsePublicKey(key.publicLine);
    expect(parsed.ok && parsed.value.fingerprint).toBe(key.fingerprint);
    expect(parsed.ok && parsed.value.comment).toBe('edge with blanks');
  });
});
