import { expect, test } from 'vitest';
import { advertisementFrame, arpFrame } from './announcement.ts';
import { arpProbe, claimOf, solicitationProbe } from './conflict-frames.ts';

const mac = Buffer.from('02005e005301', 'hex');
const text = '02:00:5e:00:53:01';
const four = { family: 4, value: 0xc0000233n } as const;
const six = { family: 6, value: 0x20010db8000a00000000000000000051n } as const;

test('an ARP probe, octet by octet: the sender has no address yet', () => {
  expect(arpProbe(mac, four).toString('hex')).toBe(
    'ffffffffffff02005e005301080600010800060400' + '0102005e00530100000000000000000000c0000233',
  );
});

test('a solicitation from nowhere to the group of the address, whose checksum is right', () => {
  const frame = solicitationProbe(mac, six);
  expect(frame.subarray(0, 14).toString('hex')).toBe('3333ff00005102005e00530186dd');
  const packet = frame.subarray(14);
  expect(packet.readUInt16BE(4)).toBe(24);
  expect(packet.subarray(8, 40).toString('hex')).toBe(`${'0'.repeat(32)}ff0200000000000000000001ff000051`);
  const pseudo = Buffer.concat([packet.subarray(8, 40), Buffer.from([0, 0, 0, 24, 0, 0, 0, 58]), packet.subarray(40)]);
  let sum = 0;
  for (let index = 0; index < pseudo.length; index += 2) sum += pseudo.readUInt16BE(index);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  expect(sum).toBe(0xffff);
});

test('what claims an address: probes, requests and replies from it, advertisements', () => {
  expect(claimOf(arpProbe(mac, four))).toEqual({ ...four, mac: text });
  expect(claimOf(arpFrame({ family: 4, link: 1, mac: text, address: four.value }))).toEqual({ ...four, mac: text });
  expect(claimOf(solicitationProbe(mac, six))).toEqual({ ...six, mac: text });
  expect(claimOf(advertisementFrame({ family: 6, link: 1, mac: text, address: six.value }))).toEqual({
    ...six,
    mac: text,
  });
});

test('what claims none: a question by a neighbour with an address, what a router passed on, what is cut short', () => {
  const request = arpProbe(mac, four);
  request.writeUInt32BE(0xc0000201, 28);
  expect(claimOf(request)).toEqual({ family: 4, value: 0xc0000201n, mac: text });
  const asking = solicitationProbe(mac, six);
  asking[22] = 0x20;
  expect(claimOf(asking)).toBeUndefined();
  const routed = advertisementFrame({ family: 6, link: 1, mac: text, address: six.value });
  routed[21] = 64;
  expect(claimOf(routed)).toBeUndefined();
  for (const frame of [arpProbe(mac, four), solicitationProbe(mac, six)])
    for (let length = 0; length < frame.length; length++) expect(claimOf(frame.subarray(0, length))).toBeUndefined();
});
