import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chapResponse, hidePassword, revealPassword } from './password.ts';

const authenticators = fc.uint8Array({ minLength: 16, maxLength: 16 });
const passwords = fc
  .string({ unit: 'grapheme', maxLength: 128 })
  .filter((text) => Buffer.byteLength(text) <= 128 && !text.endsWith('\0') && text.isWellFormed());

test('a hidden password is revealed by the same secret, and by no other', () => {
  fc.assert(
    fc.property(passwords, fc.string({ minLength: 1 }), authenticators, (password, secret, authenticator) => {
      const hidden = hidePassword(password, secret, authenticator);
      expect(hidden.length % 16).toBe(0);
      expect(revealPassword(hidden, secret, authenticator)).toBe(password);
      if (password !== '') expect(revealPassword(hidden, `${secret}!`, authenticator)).not.toBe(password);
    }),
  );
});

// RFC 2865 §7.1
test('the example of the RFC', () => {
  const authenticator = Buffer.from('0f403f9473978057bd83d5cb98f4227a', 'hex');
  const hidden = Buffer.from('0dbe708d93d413ce3196e43f782a0aee', 'hex');
  expect(Buffer.from(hidePassword('arctangent', 'xyzzy5461', authenticator))).toEqual(hidden);
});

test('128 bytes fit, and no more', () => {
  const authenticator = new Uint8Array(16);
  expect(hidePassword('x'.repeat(128), 's', authenticator).length).toBe(128);
  expect(() => hidePassword('x'.repeat(129), 's', authenticator)).toThrow(RangeError);
  expect(() => hidePassword('ü'.repeat(65), 's', authenticator)).toThrow(RangeError);
  for (const length of [0, 15, 17, 144])
    expect(revealPassword(new Uint8Array(length), 's', authenticator)).toBeUndefined();
});

// RFC 2865 §7.2 gives the identifier 22 and this answer for the password of an example whose challenge it leaves out: the
// shape is tried here, and the value against FreeRADIUS in test/interop.
test('an answer to a challenge is the identifier and sixteen bytes that depend on all three', () => {
  const answer = chapResponse(22, 'arctangent', Uint8Array.of(1, 2, 3));
  expect(answer.length).toBe(17);
  expect(answer[0]).toBe(22);
  for (const other of [
    chapResponse(23, 'arctangent', Uint8Array.of(1, 2, 3)),
    chapResponse(22, 'arctangenT', Uint8Array.of(1, 2, 3)),
    chapResponse(22, 'arctangent', Uint8Array.of(1, 2, 4)),
  ]) {
    expect(other.slice(1)).not.toEqual(answer.slice(1));
  }
});
