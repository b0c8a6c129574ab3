import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HashFault, parsePasswordHash, scryptText } from './phc-text.ts';

const SALT = 'c29tZXNhbHQ';
const HASH = 'CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
const SHORT = 'AAAA';

describe('read', () => {
  test('scrypt', () => {
    expect(parsePasswordHash(`$scrypt$ln=14,r=8,p=5$${SALT}$${HASH}`)).toEqual({
      ok: true,
      value: {
        scheme: 'scrypt',
        cost: { logN: 14, r: 8, p: 5 },
        salt: Buffer.from('somesalt'),
        hash: Buffer.from(HASH, 'base64'),
      },
    });
  });

  test('argon2id, its parameters in any order', () => {
    for (const parameters of ['m=65536,t=2,p=1', 'p=1,m=65536,t=2'])
      expect(parsePasswordHash(`$argon2id$v=19$${parameters}$${SALT}$${HASH}`)).toMatchObject({
        value: { scheme: 'argon2id', cost: { memory: 65_536, passes: 2, parallelism: 1 } },
      });
  });

  test('passlib’s dots', () => {
    const hash = Buffer.alloc(32, 0xfb);
    const text = scryptText({ logN: 10, r: 8, p: 1 }, hash, hash);
    expect(text).toContain('+');
    expect(parsePasswordHash(text.replaceAll('+', '.'))).toEqual(parsePasswordHash(text));
  });

  test('what was written, whatever it is', () => {
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 64 }).map((all) => Buffer.from(all));
    const cost = fc.record({
      logN: fc.integer({ min: 1, max: 12 }),
      r: fc.integer({ min: 1, max: 32 }),
      p: fc.integer({ min: 1, max: 16 }),
    });
    fc.assert(
      fc.property(cost, bytes, bytes, (one, salt, hash) => {
        expect(parsePasswordHash(scryptText(one, salt, hash))).toEqual({
          ok: true,
          value: { scheme: 'scrypt', cost: one, salt, hash },
        });
      }),
    );
  });
});

const REFUSED: readonly (readonly [string, HashFault])[] = [
  ['', 'form'],
  ['plain text', 'form'],
  ['$', 'form'],
  ['$$$$', 'form'],
  ['$2b$12$abcdefghijklmnopqrstuv', 'scheme'],
  ['$6$salt$hash', 'scheme'],
  ['$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$AAAA', 'scheme'],
  ['$argon2d$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$AAAA', 'scheme'],
  [`$argon2id$v=16$m=65536,t=2,p=1$${SALT}$${HASH}`, 'scheme'],
  [`$argon2id$m=65536,t=2,p=1$${SALT}$${HASH}`, 'form'],
  [`$scrypt$v=19$ln=14,r=8,p=5$${SALT}$${HASH}`, 'form'],
  [`$scrypt$ln=14,r=8,x=5$${SALT}$${HASH}`, 'form'],
  [`$scrypt$ln=14,r=8$${SALT}$${HASH}`, 'form'],
  [`$scrypt$ln=14,r=8,p=5,p=6$${SALT}$${HASH}`, 'form'],
  [`$scrypt$ln=0,r=8,p=1$${SALT}$${HASH}`, 'form'],
  [`$scrypt$ln=14,r=0,p=1$${SALT}$${HASH}`, 'form'],
  [`$scrypt$ln=14,r=8,p=0$${SALT}$${HASH}`, 'form'],
  [`$scrypt$ln=-1,r=8,p=1$${SALT}$${HASH}`, 'form'],
  [`$scrypt$ln=14,r=8,p=1$${SHORT}$${HASH}`, 'form'],
  [`$scrypt$ln=14,r=8,p=1$${SALT}$${SHORT}`, 'form'],
  [`$scrypt$ln=14,r=8,p=1$${SALT}=$${HASH}`, 'form'],
  [`$scrypt$ln=14,r=8,p=1$${SALT}$${HASH}$x`, 'form'],
  [`$scrypt$ln=14,r=8,p=1$${SALT}$${HASH}\n`, 'form'],
  [`$scrypt$ln=14,r=8,p=1$${SALT}$${'A'.repeat(600)}`, 'form'],
  [`$argon2id$v=19$m=7,t=1,p=1$${SALT}$${HASH}`, 'form'],
  [`$argon2id$v=19$m=65536,t=0,p=1$${SALT}$${HASH}`, 'form'],
  [`$scrypt$ln=24,r=8,p=1$${SALT}$${HASH}`, 'too-costly'],
  [`$scrypt$ln=99,r=8,p=1$${SALT}$${HASH}`, 'too-costly'],
  [`$scrypt$ln=999999999,r=999999999,p=999999999$${SALT}$${HASH}`, 'too-costly'],
  [`$scrypt$ln=17,r=9,p=1$${SALT}$${HASH}`, 'too-costly'],
  [`$scrypt$ln=14,r=8,p=65$${SALT}$${HASH}`, 'too-costly'],
  [`$scrypt$ln=1,r=1,p=999999999$${SALT}$${HASH}`, 'too-costly'],
  [`$argon2id$v=19$m=131073,t=1,p=1$${SALT}$${HASH}`, 'too-costly'],
  [`$argon2id$v=19$m=65536,t=17,p=1$${SALT}$${HASH}`, 'too-costly'],
  [`$argon2id$v=19$m=4096,t=1,p=65$${SALT}$${HASH}`, 'too-costly'],
  [`$argon2id$v=19$m=999999999,t=999999999,p=999999999$${SALT}$${HASH}`, 'form'],
];

test.each(REFUSED)('%j is refused: %s', (text, fault) => {
  expect(parsePasswordHash(text)).toEqual({ ok: false, failure: fault });
});

test('the costliest that are taken', () => {
  for (const text of ['$scrypt$ln=17,r=8,p=8', '$scrypt$ln=14,r=8,p=64', '$argon2id$v=19$m=131072,t=8,p=64'])
    expect(parsePasswordHash(`${text}$${SALT}$${HASH}`).ok).toBe(true);
});
