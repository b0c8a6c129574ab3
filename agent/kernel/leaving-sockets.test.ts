import { milliseconds } from '@sublane/basics';
import { expect, test } from 'vitest';
import type { Operation } from '../lanes/operation.ts';
import { addressesLeaving } from './leaving-sockets.ts';
import { listSockets } from './netlink/socket-messages.ts';

const address = (verb: 'add' | 'remove', text: string, link = 'sl1'): Operation => ({
  verb,
  object: { kind: 'address', family: text.includes(':') ? 6 : 4, link, address: text, validUntil: milliseconds(1) },
});

test('an address leaves that is removed and put nowhere else', () => {
  const operations = [
    address('remove', '192.0.2.1'),
    address('add', '192.0.2.1', 'sl2'),
    address('add', '192.0.2.2'),
    address('remove', '192.0.2.3'),
    address('remove', '2001:db8::3'),
    address('remove', '192.0.2.3', 'sl2'),
  ];
  expect(addressesLeaving(operations)).toEqual(['192.0.2.3', '2001:db8::3']);
});

test('the filter: its own address is this one or that one', () => {
  const message = listSockets('tcp', 6, ['192.0.2.1', '2001:db8::1']).finish(1, 0x300);
  const attribute = message.subarray(16 + 56);
  // Each condition leads on to a jump to the end where it holds, past it where not; the last one then beyond the end.
  expect(attribute.toString('hex').match(/.{8}/g)).toEqual([
    ...['38000100'],
    ...['07101400', '02200000', 'ffffffff', 'c0000201', '01042400'],
    ...['071c2400', '0a800000', 'ffffffff', '20010db8', '00000000', '00000000', '00000001', '01040400'],
  ]);
});
