import { scryptSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { importHash } from './import-hash.ts';
import { ARGON2_HERE, hashPassword, verifyPassword } from './password-hash.ts';

const cheap = { logN: 4, r: 8, p: 1 };

test('a password fits its hash and no other does', async () => {
  const stored = await hashPassword('correct horse', cheap);
  expect(stored).toMatch(/^\$scrypt\$ln=4,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(stored).not.toContain('horse');
  expect(await verifyPassword('correct horse', stored)).toBe(true);
  expect(await verifyPassword('correct horsE', stored)).toBe(false);
  expect(await verifyPassword('', stored)).toBe(false);
});

test('two hashes of one password differ', async () => {
  expect(await hashPassword('same', cheap)).not.toBe(await hashPassword('same', cheap));
});

test('accents may be composed either way', async () => {
  expect(await verifyPassword('café', await hashPassword('cafe\u0301', cheap))).toBe(true);
});

test('the costs are read from the hash, so that they can be raised for new ones', async () => {
  const salt = Buffer.from('sixteen byte salt').subarray(0, 16);
  const hash = scryptSync('pleaseletmein', salt, 32, { N: 64, r: 4, p: 2 });
  const text = [salt, hash].map((bytes) => bytes.toString('base64').replaceAll('=', '')).join('$');
  expect(await verifyPassword('pleaseletmein', `$scrypt$ln=6,r=4,p=2$${text}`)).toBe(true);
  expect(await verifyPassword('pleaseletmein', `$scrypt$ln=5,r=4,p=2$${text}`)).toBe(false);
});

test.each(['', 'plain text', '$scrypt$ln=4,r=8,p=1$short$short', '$argon2id$v=19$m=1$a$b'])(
  'nothing fits %j',
  async (stored) => {
    expect(await verifyPassword('plain text', stored)).toBe(false);
    expect(await verifyPassword('', stored)).toBe(false);
  },
);

/** From the reference implementation's own tests (phc-winner-argon2, src/test.c). */
const ARGON2ID = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';

test.skipIf(!ARGON2_HERE)('argon2id, as others make it', async () => {
  expect(await verifyPassword('password', ARGON2ID)).toBe(true);
  expect(await verifyPassword('Password', ARGON2ID)).toBe(false);
  expect(await verifyPassword('password', ARGON2ID.replace('t=2', 't=1'))).toBe(false);
});

test('a hostile hash that is in the store all the same is not computed', async () => {
  const salted = '$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  expect(await verifyPassword('x', `$scrypt$ln=24,r=99,p=99${salted}`)).toBe(false);
  expect(await verifyPassword('x', `$argon2id$v=19$m=99999999,t=999,p=1${salted}`)).toBe(false);
});

test('what is brought from elsewhere is taken where it can be checked, and worth checking', () => {
  const salted = '$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  const fault = (text: string, here = true) => {
    const imported = importHash(text, here);
    return imported.ok ? imported.value : imported.failure.fault;
  };
  expect(fault(ARGON2ID)).toBe(ARGON2ID);
  expect(fault(`$scrypt$ln=10,r=8,p=1${salted}`)).toContain('$scrypt$');
  expect(fault(ARGON2ID, false)).toBe('argon2-missing');
  expect(fault(`$scrypt$ln=16,r=8,p=1${salted}`, false)).toContain('$scrypt$');
  expect(fault(`$scrypt$ln=9,r=8,p=1${salted}`)).toBe('too-weak');
  expect(fault(`$argon2id$v=19$m=1023,t=3,p=1${salted}`)).toBe('too-weak');
  expect(fault(`$scrypt$ln=20,r=8,p=1${salted}`)).toBe('too-costly');
  expect(fault('$2b$12$abcdefghijklmnopqrstuv')).toBe('scheme');
  expect(fault('secret')).toBe('form');
});

test('the default costs can be paid, and do not block the event loop', async () => {
  let turns = 0;
  const timer = setInterval(() => {
    turns++;
  }, 1);
  const stored = await hashPassword('x');
  clearInterval(timer);
  expect(stored).toContain('$ln=14,r=8,p=5$');
  expect(turns).toBeGreaterThan(0);
});
