import { expect, test } from 'vitest';
import { advertisementFrame, arpFrame } from './announcement.ts';

const at = { link: 2, mac: '02:00:5e:00:53:01' };

test('a gratuitous ARP request, octet by octet', () => {
  const frame = arpFrame({ ...at, family: 4, address: 0xc0000233n });
  expect(frame.toString('hex')).toBe(
    'ffffffffffff02005e005301080600010800060400' + '0102005e005301c0000233000000000000c0000233',
  );
});

test('an unsolicited neighbour advertisement whose checksum is right', () => {
  const frame = advertisementFrame({ ...at, family: 6, address: 0x20010db8000a00000000000000000051n });
  expect(frame.subarray(0, 14).toString('hex')).toBe('33330000000102005e00530186dd');
  const packet = frame.subarray(14);
  expect(packet.readUInt16BE(4)).toBe(packet.length - 40);
  expect(packet[7]).toBe(255);
  // RFC 8200 §8.1: pseudo-header and message, checksum included, sum to all ones.
  const pseudo = Buffer.concat([packet.subarray(8, 40), Buffer.from([0, 0, 0, 32, 0, 0, 0, 58]), packet.subarray(40)]);
  let sum = 0;
  for (let index = 0; index < pseudo.length; index += 2) sum += pseudo.readUInt16BE(index);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  expect(sum).toBe(0xffff);
  expect(
    packet
      .subarray(40)
      .toString('hex')
      .replace(/^(....).{4}/, '$1'),
  ).toBe('88002000000020010db8000a00000000000000000051020102005e005301');
});
