import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Attributes, CONTROL, MessageWriter, type NetlinkMessage, readMessages, readVerdict } from './message.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

test('a request as ip(8) writes it: link add link 2 name m0 type macvlan mode bridge', () => {
  const header = Buffer.alloc(16);
  const message = new MessageWriter(16, 0x600, header)
    .u32(5, 2)
    .string(3, 'm0')
    .nest(18, (information) => information.string(1, 'macvlan').nest(2, (data) => data.u32(1, 4)))
    .finish(7, 4);
  expect(message.toString('hex').match(/.{1,32}/g)).toEqual([
    '4c000000100005060700000000000000',
    '00000000000000000000000000000000',
    '0800050002000000070003006d300000',
    '1c0012800c0001006d6163766c616e00',
    '0c0002800800010004000000',
  ]);
});

test('what the kernel says of a refused request', () => {
  // RTM_NEWLINK for a type it does not have, with the request left out.
  const [answer] = readMessages(
    hex(`3c000000 0200 0003 07000000 02690000
         a1ffffff 38000000 1000 0506 07000000 00000000
         1800 0100 556e6b6e6f776e206465766963652074797065 00`),
  ) as readonly [NetlinkMessage];
  expect(readVerdict(answer)).toEqual({ code: 95, message: 'Unknown device type' });
});

test('a verdict without words, with the request repeated, and of a list that ended', () => {
  const error = { type: CONTROL.error, sequence: 1 };
  expect(readVerdict({ ...error, flags: 0, payload: hex('efffffff') })).toEqual({ code: 17 });
  const repeated = hex(`eaffffff 18000000 1000 0506 07000000 00000000 0102030405060708 0800 0100 6e6f2100`);
  expect(readVerdict({ ...error, flags: 0x200, payload: repeated })).toEqual({ code: 22, message: 'no!' });
  expect(readVerdict({ ...error, flags: 0x200, payload: repeated.subarray(0, 12) })).toEqual({ code: 22 });
  expect(readVerdict({ type: CONTROL.done, sequence: 1, flags: 2, payload: hex('00000000') })).toEqual({ code: 0 });
  expect(readVerdict({ type: CONTROL.done, sequence: 1, flags: 2, payload: Buffer.alloc(0) })).toEqual({ code: 0 });
});

test('a length that leads outside is refused', () => {
  expect(readMessages(hex('11000000 0300 0000 00000000 00000000'))).toBeUndefined();
  expect(readMessages(hex('0f000000 0300 0000 00000000 00000000'))).toBeUndefined();
  expect(readMessages(hex('1000'))).toBeUndefined();
});

test('an attribute whose length leads outside ends the reading', () => {
  const attributes = new Attributes(hex('0800 0100 07000000 0900 0200 07000000'));
  expect(attributes.u32(1)).toBe(7);
  expect(attributes.has(2)).toBe(false);
  expect(new Attributes(hex('0300 0100 00000000 0800 0200')).all).toEqual([]);
  // Too short for what is asked.
  expect(attributes.u64(1)).toBeUndefined();
  expect(attributes.bytes(1)).toEqual(hex('07000000'));
});

test('a number too large for its width is a bug, not another number', () => {
  const message = new MessageWriter(1, 0);
  expect(() => message.u8(1, 256)).toThrow(RangeError);
  expect(() => message.u32(1, -1)).toThrow(RangeError);
  expect(() => message.bytes(1, Buffer.alloc(65_532))).toThrow(RangeError);
  expect(() => new MessageWriter(1, 0).nest(1, (inner) => inner.bytes(1, Buffer.alloc(65_531)))).toThrow(RangeError);
});

type Value =
  | { readonly is: 'u8' | 'u16' | 'u32' | 'u16be' | 'u32be'; readonly value: number }
  | { readonly is: 'u64'; readonly value: bigint }
  | { readonly is: 'string'; readonly value: string }
  | { readonly is: 'bytes'; readonly value: Uint8Array }
  | { readonly is: 'flag' }
  | { readonly is: 'nest'; readonly value: readonly Value[] };

const { value: values } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.record({ is: fc.constantFrom('u8' as const), value: fc.integer({ min: 0, max: 0xff }) }),
    fc.record({ is: fc.constantFrom('u16', 'u16be'), value: fc.integer({ min: 0, max: 0xffff }) }),
    fc.record({ is: fc.constantFrom('u32', 'u32be'), value: fc.integer({ min: 0, max: 0xffffffff }) }),
    fc.record({ is: fc.constant('u64' as const), value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }) }),
    fc.record({
      is: fc.constant('string' as const),
      value: fc.string({ unit: 'grapheme', maxLength: 300 }).filter((text) => !text.includes('\0')),
    }),
    fc.record({ is: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 300 }) }),
    fc.record({ is: fc.constant('flag' as const) }),
    fc.record({ is: fc.constant('nest' as const), value: fc.array(tie('value'), { maxLength: 6 }) }),
  ),
}));

/** Types are the places in the list, from 1. */
function write(message: MessageWriter, list: readonly Value[]): void {
  for (const [index, one] of list.entries()) {
    const type = index + 1;
    if (one.is === 'nest') message.nest(type, (inner) => write(inner, one.value));
    else if (one.is === 'flag') message.flag(type);
    else if (one.is === 'u64') message.u64(type, one.value);
    else if (one.is === 'string') message.string(type, one.value);
    else if (one.is === 'bytes') message.bytes(type, one.value);
    else message[one.is](type, one.value);
  }
}

function expectRead(attributes: Attributes, list: readonly Value[]): void {
  expect(attributes.all.map(({ type }) => type)).toEqual(list.map((_, index) => index + 1));
  for (const [index, one] of list.entries()) {
    const type = index + 1;
    if (one.is === 'nest') expectRead(attributes.nested(type) as Attributes, one.value);
    else if (one.is === 'flag') expect(attributes.bytes(type)).toHaveLength(0);
    else if (one.is === 'bytes') expect(attributes.bytes(type)).toEqual(Buffer.from(one.value));
    else expect(attributes[one.is](type)).toEqual(one.value);
  }
}

test('what is written is read, however deep', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(values, { maxLength: 8 }), { maxLength: 4 }),
      fc.uint8Array({ minLength: 0, maxLength: 5 }).map((some) => Buffer.alloc(some.length * 4, some)),
      (lists, header) => {
        const datagram = Buffer.concat(
          lists.map((list, index) => {
            const message = new MessageWriter(20 + index, 0x400, header);
            write(message, list);
            return message.finish(index, 4);
          }),
        );
        const messages = readMessages(datagram);
        expect(messages).toHaveLength(lists.length);
        for (const [index, list] of lists.entries()) {
          const { payload, ...rest } = (messages as readonly NetlinkMessage[])[index] as NetlinkMessage;
          expect(rest).toEqual({ type: 20 + index, flags: 0x405, sequence: index });
          expect(payload.subarray(0, header.length)).toEqual(header);
          expectRead(new Attributes(payload, header.length), list);
        }
      },
    ),
  );
});

test('any bytes at all are read without a fault', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const message of readMessages(Buffer.from(bytes)) ?? []) readVerdict(message);
      const deep = (attributes: Attributes, depth: number): void => {
        for (const { type, value } of attributes.all) {
          attributes.u8(type);
          attributes.u64(type);
          attributes.string(type);
          if (depth > 0) deep(new Attributes(value), depth - 1);
        }
      };
      deep(new Attributes(Buffer.from(bytes)), 4);
    }),
  );
});
