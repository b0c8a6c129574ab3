import { unwrap } from '@sublane/basics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attribute } from './attribute.ts';
import { layOut, parsePacket } from './packet.ts';
import { PacketStream } from './packet-stream.ts';

const HEAD = { code: 4, id: 1, signed: false };
const packet = (...tail: number[]) => {
  const length = 20 + tail.length;
  return Uint8Array.from([2, 1, length >> 8, length & 0xff, ...new Uint8Array(16), ...tail]);
};
const refusal = (bytes: Uint8Array) => {
  const result = parsePacket(bytes);
  return result.ok ? 'fine' : result.failure;
};

describe('bytes', () => {
  test.each<[string, Uint8Array, string]>([
    ['none at all', new Uint8Array(0), 'truncated'],
    ['less than a header', packet().subarray(0, 19), 'truncated'],
    ['less than the header says', packet(1, 3, 65).subarray(0, 22), 'truncated'],
    ['a length below the header', packet().with(3, 19), 'bad-length'],
    ['more than 4096', Uint8Array.from([2, 1, 0x10, 0x01, ...new Uint8Array(4093)]), 'too-long'],
    ['an attribute that ends outside', packet(1, 4, 65), 'attribute-overrun'],
    ['an attribute without its length', packet(1), 'attribute-overrun'],
    ['an attribute shorter than its head', packet(1, 1, 65), 'attribute-overrun'],
    ['an attribute of length nought', packet(1, 0), 'attribute-overrun'],
    ['an integer of three bytes', packet(27, 5, 0, 0, 1), 'attribute-value'],
    ['an address of five bytes', packet(8, 7, 192, 0, 2, 1, 1), 'attribute-value'],
    ['an IPv6 address of four bytes', packet(168, 6, 192, 0, 2, 1), 'attribute-value'],
    ['a prefix of 129 bits', packet(123, 20, 0, 129, ...new Uint8Array(16)), 'attribute-value'],
    ['a prefix with fewer bytes than it has', packet(123, 5, 0, 56, 32), 'attribute-value'],
    ['a vendor without anything', packet(26, 6, 0, 0, 0, 9), 'attribute-value'],
    ['a short integer of a vendor', packet(26, 11, 0, 0, 55, 42, 7, 5, 0, 0, 1), 'attribute-value'],
    ['a short Message-Authenticator', packet(80, 6, 1, 2, 3, 4), 'message-authenticator-wrong'],
    [
      'two of them',
      packet(
        ...Array(2)
          .fill([80, 18, ...new Uint8Array(16)])
          .flat(),
      ),
      'message-authenticator-wrong',
    ],
    ['a header alone', packet(), 'fine'],
    ['a text of length nought', packet(1, 2), 'fine'],
  ])('%s', (_, bytes, expected) => {
    expect(refusal(bytes)).toBe(expected);
  });

  test('of any kind are refused or read, and never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (tail) => {
        expect(() => parsePacket(tail)).not.toThrow();
        expect(() => parsePacket(packet(...tail))).not.toThrow();
      }),
    );
  });
});

describe('a Vendor-Specific attribute', () => {
  test('may hold several', () => {
    const { attributes } = unwrap(parsePacket(packet(26, 15, 0, 0, 0, 9, 1, 4, 65, 66, 2, 5, 67, 68, 69))).packet;
    expect(attributes.map(({ vendor, type, value }) => [vendor, type, Buffer.from(value).toString()])).toEqual([
      [9, 1, 'AB'],
      [9, 2, 'CDE'],
    ]);
  });

  test('of a vendor with other ways is kept whole', () => {
    const { attributes } = unwrap(parsePacket(packet(26, 9, 0, 0, 0, 9, 1, 9, 65))).packet;
    expect(attributes.map((one) => ({ ...one, value: [...one.value] }))).toEqual([
      { type: 26, value: [0, 0, 0, 9, 1, 9, 65] },
    ]);
  });
});

describe('what cannot be sent', () => {
  test.each([
    ['a long text', attribute('User-Name', 'x'.repeat(254)), { kind: 'attribute-too-long', attribute: 'User-Name' }],
    ['an empty text', attribute('User-Name', ''), { kind: 'attribute-empty', attribute: 'User-Name' }],
    ['long octets', attribute(200, new Uint8Array(254)), { kind: 'attribute-too-long', attribute: '200' }],
    [
      "a vendor's long octets",
      attribute({ vendor: 9, type: 250 }, new Uint8Array(248)),
      { kind: 'attribute-too-long', attribute: '26.9.250' },
    ],
  ])('%s', (_, one, failure) => {
    expect(layOut(HEAD, [one])).toEqual({ ok: false, failure });
  });

  test('fits up to 4096 bytes and no further', () => {
    const last = (size: number) =>
      [...Array(15).fill(253), size].map((size) => attribute('Class', new Uint8Array(size)));
    expect(unwrap(layOut(HEAD, last(249))).length).toBe(4096);
    expect(layOut(HEAD, last(250))).toEqual({ ok: false, failure: { kind: 'packet-too-long' } });
  });
});

describe('a stream', () => {
  const packets = fc.array(
    fc.uint8Array({ maxLength: 300 }).map((value) => packet(...value)),
    { maxLength: 8 },
  );

  test('gives its packets, however it is cut', () => {
    fc.assert(
      fc.property(packets, fc.array(fc.nat({ max: 90 }), { maxLength: 60 }), (sent, cuts) => {
        const whole = Buffer.concat(sent);
        const stream = new PacketStream();
        const seen: Uint8Array[] = [];
        let at = 0;
        for (const size of [...cuts, whole.length]) {
          seen.push(...unwrap(stream.push(whole.subarray(at, at + size))));
          at += size;
        }
        expect(seen.map((one) => [...one])).toEqual(sent.map((one) => [...one]));
      }),
    );
  });

  test('with a length that cannot be is over', () => {
    expect(new PacketStream().push(packet().with(3, 19))).toEqual({ ok: false, failure: 'bad-length' });
    expect(new PacketStream().push(Uint8Array.of(2, 1, 0x10, 0x01))).toEqual({ ok: false, failure: 'too-long' });
  });
});
