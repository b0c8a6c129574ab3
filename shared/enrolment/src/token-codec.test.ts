import { milliseconds, unwrap } from '@sublane/basics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeToken, type EnrolmentToken, encodeToken, isHostId, secretDigest, secretText } from './token-codec.ts';

const TOKEN: EnrolmentToken = {
  addresses: [
    { host: '192.0.2.1', port: 830 },
    { host: '2001:db8::1', port: 8830 },
    { host: 'edge.example', port: 65_535 },
  ],
  hostKeys: [`SHA256:${'A'.repeat(43)}`, 'SHA256:9yO1FVgLb0QcNHnD4bEwW2cl2mzQd5OUWDtGK1TQSfY'],
  secret: new Uint8Array(32).map((_, index) => index * 7),
  hostId: 'laptop-7f',
  expires: milliseconds(1_800_000_000_000),
};
const { hostId: _, ...FOR_ANY } = TOKEN;
const TEXT = encodeToken(TOKEN);

const hostKey = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => `SHA256:${Buffer.from(bytes).toString('base64').replace(/=/g, '')}`);
const tokens: fc.Arbitrary<EnrolmentToken> = fc
  .record({
    addresses: fc.array(
      fc.record({ host: fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), port: fc.integer({ min: 1, max: 65_535 }) }),
      { minLength: 1, maxLength: 8 },
    ),
    hostKeys: fc.array(hostKey, { minLength: 1, maxLength: 8 }),
    secret: fc.uint8Array({ minLength: 16, maxLength: 64 }),
    expires: fc.integer({ min: 0, max: 2 ** 40 }).map((seconds) => milliseconds(seconds * 1000)),
    hostId: fc.option(fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/), { nil: undefined }),
  })
  .map(({ hostId, ...token }) => (hostId === undefined ? token : { ...token, hostId }));

test('what was written is read again', () => {
  expect(unwrap(decodeToken(TEXT))).toEqual(TOKEN);
  fc.assert(
    fc.property(tokens, (token) => {
      expect(unwrap(decodeToken(encodeToken(token)))).toEqual(token);
    }),
  );
});

test('is one line that neither URL nor shell changes', () => {
  expect(TEXT).toMatch(/^sublane1\.[A-Za-z0-9_-]+$/);
  expect(encodeURIComponent(TEXT)).toBe(TEXT);
});

test('may come with the line breaks of a mail', () => {
  expect(unwrap(decodeToken(`  ${TEXT.slice(0, 40)}\r\n ${TEXT.slice(40)}\n`))).toEqual(TOKEN);
});

test('cut short anywhere is known as cut short', () => {
  for (let length = 1; length < TEXT.length; length++)
    expect([length, decodeToken(TEXT.slice(0, length))]).toEqual([length, { ok: false, failure: 'truncated' }]);
});

test('with one character changed is refused, whichever it is', () => {
  const others = 'ABab01-_';
  for (let at = 0; at < TEXT.length; at++)
    for (const other of others)
      if (TEXT[at] !== other) expect(decodeToken(TEXT.slice(0, at) + other + TEXT.slice(at + 1)).ok).toBe(false);
});

test('with two characters changed places is refused', () => {
  for (let at = 9; at < TEXT.length - 1; at++)
    if (TEXT[at] !== TEXT[at + 1])
      expect(decodeToken(TEXT.slice(0, at) + TEXT[at + 1] + TEXT[at] + TEXT.slice(at + 2)).ok).toBe(false);
});

describe.each([
  ['nothing', '', 'not-a-token'],
  ['another text', 'SHA256:abc', 'not-a-token'],
  ['an older version that never was', 'sublane0.AAAA', 'not-a-token'],
  ['a later version', 'sublane2.AAAA', 'newer'],
  ['a much later version', `sublane17.${'A'.repeat(300)}`, 'newer'],
  ['another alphabet', `${TEXT.slice(0, -1)}+`, 'checksum'],
  ['something after it', `${TEXT}AAAA`, 'checksum'],
  ['a content of nothing with a right sum', withSum(Buffer.alloc(0)), 'malformed'],
  ['a content that ends early, with a right sum', withSum(Buffer.from([0, 0, 0, 0, 0, 1, 9, 65])), 'malformed'],
  ['more addresses than there are', withSum(Buffer.from([0, 0, 0, 0, 0, 1, 0, 255])), 'malformed'],
] as const)('%s', (_name, text, fault) => {
  test(`is refused: ${fault}`, () => expect(decodeToken(text)).toEqual({ ok: false, failure: fault }));
});

test.each([
  ['a short secret', { secret: new Uint8Array(15) }],
  ['no address', { addresses: [] }],
  ['an address with a blank', { addresses: [{ host: 'a b', port: 1 }] }],
  ['port 0', { addresses: [{ host: 'a', port: 0 }] }],
  ['no host key', { hostKeys: [] }],
  ['a fingerprint that is none', { hostKeys: ['MD5:00'] }],
  ['a host-id that is none', { hostId: 'no/name' }],
])('%s is not written', (_name, more) => {
  expect(() => encodeToken({ ...FOR_ANY, ...more })).toThrow(RangeError);
});

test('any bytes with a right sum are read or refused, never thrown at', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeToken(withSum(Buffer.from(bytes)))));
  fc.assert(fc.property(fc.string({ maxLength: 100 }), (text) => void decodeToken(`sublane1.${text}`)));
});

test('the secret is a password that can be typed, and its digest tells nothing of it', () => {
  const text = secretText(TOKEN.secret);
  expect(text).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(secretDigest(text)).toHaveLength(32);
  expect(secretDigest(text)).not.toEqual(secretDigest(`${text} `));
});

test('names of hosts', () => {
  for (const name of ['a', 'laptop-7f', 'A.b_c-9', 'x'.repeat(64)]) expect(isHostId(name)).toBe(true);
  for (const name of ['', '-a', 'a.', 'a b', 'x'.repeat(65), 'ä', 'a/b', 'a\n']) expect(isHostId(name)).toBe(false);
});

/** A token's text around any content. */
function withSum(content: Buffer): string {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(content.length + 4);
  const { createHash } = process.getBuiltinModule('node:crypto');
  const body = Buffer.concat([length, content]);
  const sum = createHash('sha256').update('sublane1.').update(body).digest().subarray(0, 4);
  return `sublane1.${Buffer.concat([body, sum]).toString('base64url')}`;
}
