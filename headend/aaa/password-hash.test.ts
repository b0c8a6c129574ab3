import { scryptSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { hashPassword, verifyPassword } from './password-hash.ts';

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
