import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addressAt,
  formatAddress,
  formatPrefix,
  indexFrom,
  parseAddress,
  parsePrefix,
  prefixContains,
  prefixesOverlap,
} from './ip-address.ts';

const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 });
// Addresses with runs of zeros are the ones whose text is hard.
const sparse6 = fc
  .array(fc.oneof(fc.constant(0), fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 })
  .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff])));
const address = fc.oneof(ipv4, ipv6, sparse6);

describe('text', () => {
  test('what is written is read back, and is an address to others too', () => {
    fc.assert(
      fc.property(address, (bytes) => {
        const text = formatAddress(bytes);
        expect(isIP(text)).toBe(bytes.length === 4 ? 4 : 6);
        expect(parseAddress(text)).toEqual(bytes);
      }),
    );
  });

  test('IPv6 is written as the WHATWG URL writer does, which follows RFC 5952 §4', () => {
    fc.assert(
      fc.property(sparse6, (bytes) => {
        // §5 of RFC 5952 keeps the quad of mapped addresses; URLs do not.
        fc.pre(!formatAddress(bytes).startsWith('::ffff:'));
        expect(`[${formatAddress(bytes)}]`).toBe(new URL(`http://[${formatAddress(bytes)}]/`).hostname);
      }),
    );
  });

  test.each([
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0DB8::0001', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::', '::'],
    ['1::', '1::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['192.0.2.1', '192.0.2.1'],
  ])('%s is %s', (text, canonical) => {
    expect(formatAddress(parseAddress(text) ?? new Uint8Array())).toBe(canonical);
  });

  test('reads what inet_pton reads and nothing else', () => {
    const near = fc.oneof(
      address.map(formatAddress),
      fc.stringMatching(/^[0-9a-f:.]{0,24}$/),
      fc
        .array(fc.constantFrom('1', 'ffff', '', '192.0.2.1', '01', 'g', '12345'), { maxLength: 9 })
        .map((a) => a.join(':')),
    );
    fc.assert(
      fc.property(near, (text) => {
        expect(parseAddress(text) !== undefined).toBe(isIP(text) !== 0);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('prefixes', () => {
  test.each(['192.0.2.0', '192.0.2.0/33', '192.0.2.0/', '/24', '2001:db8::/129', '192.0.2.0/-1', '192.0.2.0/2 '])(
    '%s is none',
    (text) => {
      expect(parsePrefix(text)).toBeUndefined();
    },
  );

  test('host bits are cleared', () => {
    const prefix = parsePrefix('192.0.2.129/25');
    expect(prefix && formatPrefix(prefix)).toBe('192.0.2.128/25');
  });

  test('contains what lies between its ends', () => {
    const prefix = parsePrefix('192.0.2.128/25')!;
    const inside = (text: string) => prefixContains(prefix, parseAddress(text)!);
    expect(['192.0.2.127', '192.0.2.128', '192.0.2.255', '192.0.3.0', '2001:db8::1'].map(inside)).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  test('overlap is one inside the other, never across families', () => {
    const overlap = (one: string, other: string) => prefixesOverlap(parsePrefix(one)!, parsePrefix(other)!);
    expect(overlap('10.0.0.0/8', '10.1.0.0/16')).toBe(true);
    expect(overlap('10.1.0.0/16', '10.0.0.0/8')).toBe(true);
    expect(overlap('10.0.0.0/16', '10.1.0.0/16')).toBe(false);
    expect(overlap('0.0.0.0/0', '::/0')).toBe(false);
  });
});

describe('indexes', () => {
  test('an address at an index has that index', () => {
    fc.assert(
      fc.property(ipv6, fc.maxSafeNat(), (bytes, index) => {
        const base = Uint8Array.from(bytes);
        base[0] = 0;
        expect(indexFrom(base, addressAt(base, index))).toBe(index);
      }),
    );
  });

  test('counts as big integers count', () => {
    const big = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
    fc.assert(
      fc.property(ipv6, ipv6, (one, other) => {
        const distance = big(other) - big(one);
        const fits = distance >= 0n && distance <= BigInt(Number.MAX_SAFE_INTEGER);
        expect(indexFrom(one, other)).toBe(fits ? Number(distance) : undefined);
      }),
    );
    fc.assert(
      fc.property(ipv4, ipv4, (one, other) => {
        const distance = Number(big(other) - big(one));
        expect(indexFrom(one, other)).toBe(distance >= 0 ? distance : undefined);
      }),
    );
  });
});
