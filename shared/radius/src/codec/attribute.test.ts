import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allValues, attribute, findAttribute, firstValue, keyText, octetCounters, valueText } from './attribute.ts';
import { type AttributeName, DICTIONARY } from './dictionary.ts';
import { formatIpv6, parseIpv4, parseIpv6 } from './ip-text.ts';

describe('a value', () => {
  test('is read as it was written', () => {
    const all = [
      attribute('User-Name', 'zoë'),
      attribute('Session-Timeout', 4_294_967_295),
      attribute('Framed-IP-Address', '192.0.2.1'),
      attribute('Framed-IPv6-Address', '2001:db8::1'),
      attribute('Delegated-IPv6-Prefix', '2001:db8:0:100::/56'),
      attribute('Class', Uint8Array.of(1)),
      attribute('Class', Uint8Array.of(2)),
      attribute('WISPr-Bandwidth-Max-Up', 2_000_000),
    ];
    expect(firstValue(all, 'User-Name')).toBe('zoë');
    expect(firstValue(all, 'Session-Timeout')).toBe(4_294_967_295);
    expect(firstValue(all, 'Framed-IP-Address')).toBe('192.0.2.1');
    expect(firstValue(all, 'Framed-IPv6-Address')).toBe('2001:db8::1');
    expect(firstValue(all, 'Delegated-IPv6-Prefix')).toBe('2001:db8:0:100::/56');
    expect(allValues(all, 'Class')).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
    expect(firstValue(all, 'WISPr-Bandwidth-Max-Up')).toBe(2_000_000);
    expect(firstValue(all, 'Filter-Id')).toBeUndefined();
    // The vendor's type 7 is not Framed-Protocol.
    expect(firstValue(all, 'Framed-Protocol')).toBeUndefined();
  });

  test('that cannot be is a mistake of the program', () => {
    expect(() => attribute('Session-Timeout', -1)).toThrow(RangeError);
    expect(() => attribute('Session-Timeout', 1.5)).toThrow(RangeError);
    expect(() => attribute('Session-Timeout', 2 ** 32)).toThrow(RangeError);
    expect(() => attribute('Framed-IP-Address', '192.0.2.256')).toThrow(/192\.0\.2\.256/);
    expect(() => attribute('Framed-IPv6-Address', '2001:db8::1::')).toThrow(RangeError);
    expect(() => attribute('Delegated-IPv6-Prefix', '2001:db8::/129')).toThrow(RangeError);
    expect(() => attribute(80, new Uint8Array(16))).toThrow(RangeError);
    expect(() => attribute(256, new Uint8Array(1))).toThrow(RangeError);
  });

  test('of a wrong length, made by number, is not read by name', () => {
    expect(firstValue([attribute(27, Uint8Array.of(1))], 'Session-Timeout')).toBeUndefined();
  });

  test('of a prefix leaves out the bits beyond it', () => {
    const value = Uint8Array.of(0, 52, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0xff);
    expect(firstValue([attribute(123, value)], 'Delegated-IPv6-Prefix')).toBe('2001:db8:0:f000::/52');
    expect(attribute('Delegated-IPv6-Prefix', '2001:db8:0:ff00::/52').value).toEqual(value.with(8, 0xf0));
  });

  test('of octets carried goes beyond 32 bits', () => {
    const all = octetCounters({ input: 5 * 2 ** 32 + 7, output: 3 });
    expect(firstValue(all, 'Acct-Input-Gigawords')).toBe(5);
    expect(firstValue(all, 'Acct-Input-Octets')).toBe(7);
    expect(firstValue(all, 'Acct-Output-Gigawords')).toBe(0);
    expect(firstValue(all, 'Acct-Output-Octets')).toBe(3);
  });
});

describe('as text', () => {
  test.each([
    [attribute('Filter-Id', 'gold'), 'gold'],
    [attribute('Session-Timeout', 60), '60'],
    [attribute('Framed-IP-Address', '192.0.2.1'), '192.0.2.1'],
    [attribute('Class', Buffer.from('gold-1')), 'gold-1'],
    [attribute('Class', Uint8Array.of(0, 255)), '0x00ff'],
    [attribute(250, Buffer.from('own')), 'own'],
    [attribute('User-Password', Buffer.from('geheim')), '[secret]'],
  ])('%o', (one, text) => {
    expect(valueText(one)).toBe(text);
  });
});

describe('a name', () => {
  test('is found, as a number and as a vendor’s too', () => {
    expect(findAttribute('Filter-Id')).toEqual({ type: 11 });
    expect(findAttribute('filter-id')).toEqual({ type: 11 });
    expect(findAttribute('11')).toEqual({ type: 11 });
    expect(findAttribute('WISPr-Bandwidth-Max-Up')).toEqual({ vendor: 14122, type: 7 });
    expect(findAttribute('26.14122.7')).toEqual({ vendor: 14122, type: 7 });
    for (const none of ['Filter', '0', '256', '26.1.256', '26.4294967296.1', 'constructor', '']) {
      expect(findAttribute(none)).toBeUndefined();
    }
  });

  test('is what keyText gives', () => {
    for (const name of Object.keys(DICTIONARY) as AttributeName[]) expect(keyText(findAttribute(name)!)).toBe(name);
    expect(keyText(findAttribute('250')!)).toBe('250');
    expect(keyText(findAttribute('26.99.1')!)).toBe('26.99.1');
  });
});

describe('addresses', () => {
  test('are read and written as Node understands them', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV6(), fc.ipV4(), fc.string({ maxLength: 24 })), (text) => {
        expect(parseIpv4(text) !== undefined).toBe(isIPv4(text));
        expect(parseIpv6(text) !== undefined).toBe(isIPv6(text) && !text.includes('%'));
      }),
    );
  });

  test('have one text each, the one of RFC 5952', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat({ max: 0xffff }), (bytes, zeros) => {
        const value = bytes.map((byte, at) => ((zeros >> at) & 1 ? 0 : byte));
        const text = formatIpv6(value);
        expect(parseIpv6(text)).toEqual(value);
        expect(text).toBe(new URL(`http://[${text}]/`).hostname.slice(1, -1));
      }),
    );
  });
});
