import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalAddress, contains, familyOf, parsePrefix, prefixText, routeText } from './ip-address.ts';

const canonicalByUrl = (text: string) => new URL(`http://[${text}]/`).hostname.slice(1, -1);

test('the text of an IPv6 address is that of RFC 5952', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const canonical = canonicalAddress(text);
      expect(canonical).toBe(canonicalByUrl(text));
      expect(canonicalAddress(canonical as string)).toBe(canonical);
    }),
  );
});

test('what is an address to Node is one here, and nothing else', () => {
  const near = fc.oneof(
    fc.string(),
    fc.ipV4(),
    fc.ipV4Extended(),
    fc.ipV6(),
    fc.ipV6().map((text) => `${text}:1`),
  );
  fc.assert(
    fc.property(near, (text) => {
      expect(familyOf(text) ?? 0).toBe(isIP(text.includes('%') ? '' : text));
    }),
  );
});

test('a prefix loses its host bits, and contains what lies in it', () => {
  expect(prefixText(parsePrefix('198.51.100.77/24')!)).toBe('198.51.100.0/24');
  expect(routeText(parsePrefix('0.0.0.0/0')!)).toBe('default');
  expect(routeText(parsePrefix('2001:db8::1/128')!)).toBe('2001:db8::1');
  fc.assert(
    fc.property(fc.ipV6(), fc.nat(128), fc.nat(128), (text, a, b) => {
      const [wide, narrow] = [parsePrefix(`${text}/${Math.min(a, b)}`)!, parsePrefix(`${text}/${Math.max(a, b)}`)!];
      expect(contains(wide, narrow)).toBe(true);
      if (a !== b) expect(contains(narrow, wide)).toBe(false);
    }),
  );
});

test.each(['', '1.2.3.4/33', '1.2.3.4/-1', '1.2.3.4/', '1.2.3.4/2/3', '::/129', 'fe80::1%eth0', '01.2.3.4', 'default'])(
  '%j is no prefix',
  (text) => expect(parsePrefix(text)).toBeUndefined(),
);
