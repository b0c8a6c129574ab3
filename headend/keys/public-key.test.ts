import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateHostKey } from './host-key.ts';
import { parsePublicKey, publicKeyLine } from './public-key.ts';
import { wireString } from './wire-string.ts';

// Printed by `ssh-keygen -lf` for this line.
const LINE = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl github.example';
const FINGERPRINT = 'SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU';

describe('a public key', () => {
  it('has the fingerprint ssh-keygen prints', () => {
    const key = parsePublicKey(LINE);
    expect(key.ok && key.value.fingerprint).toBe(FINGERPRINT);
    expect(key.ok && publicKeyLine(key.value)).toBe(LINE.split(' ').slice(0, 2).join(' '));
  });

  it.each([
    ['a private key', generateHostKey('x').privatePem, 'private'],
    ['nothing', '', 'malformed'],
    ['no base64', 'ssh-ed25519 ====', 'malformed'],
    ['a key cut short', LINE.slice(0, 60), 'malformed'],
    ['a name that is not the blob’s', LINE.replace('ssh-ed25519 ', 'ssh-rsa '), 'malformed'],
    ['an outdated type', 'ssh-dss AAAAB3NzaC1kc3MAAACBAP comment', 'unsupported'],
    ['two lines', `${LINE}\n${LINE}`, 'malformed'],
    ['a short RSA key', rsaLine(1024), 'weak'],
  ])('refuses %s', (_, line, kind) => {
    const key = parsePublicKey(line);
    expect(key.ok ? 'taken' : key.failure.kind).toBe(kind);
  });

  it('takes an RSA key of 2048 bits', () => {
    const key = parsePublicKey(rsaLine(2048));
    expect(key.ok && key.value.algorithm).toBe('ssh-rsa');
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (line) => typeof parsePublicKey(line).ok === 'boolean'));
    fc.assert(
      fc.property(fc.base64String(), (encoded) => typeof parsePublicKey(`ssh-ed25519 ${encoded}`).ok === 'boolean'),
    );
  });
});

function rsaLine(bits: number): string {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const modulus = Buffer.concat([Buffer.of(0), Buffer.from(n, 'base64url')]);
  const blob = Buffer.concat([wireString('ssh-rsa'), wireString(Buffer.from(e, 'base64url')), wireString(modulus)]);
  return `ssh-rsa ${blob.toString('base64')} rsa`;
}
