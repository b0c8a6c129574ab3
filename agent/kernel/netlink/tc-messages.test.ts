import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Prefix, parsePrefix } from '../../lanes/ip-address.ts';
import { type ClassObject, type QdiscObject, sameObject } from '../../lanes/kernel-object.ts';
import { HEADER_LENGTH, type MessageWriter } from './message.ts';
import { addFilter, PROTOCOLS, readFilter } from './tc-filters.ts';
import { bytesOf, handleText, parseHandle, readTcThing, type TcThing, ticksOf } from './tc-message.ts';
import { heldByMirror, mirrorName, mirrorQueue, readMirrorName } from './tc-mirror.ts';
import { putClass, putQdisc, readClass, readQdisc } from './tc-queues.ts';

const thingOf = (message: MessageWriter) => readTcThing(message.finish(1).subarray(HEADER_LENGTH)) as TcThing;

const handle = fc.nat({ max: 0xffff }).map((minor) => `5b1a:${minor === 0 ? '' : minor.toString(16)}`);
const rate = fc.integer({ min: 1, max: 100_000_000 }).map((kilobits) => kilobits * 1000);
const burst = fc.integer({ min: 1500, max: 50_000_000 });

test('classes say the same in bytes, from a kilobit to more than 32 bits hold', () => {
  fc.assert(
    fc.property(handle, handle, rate, rate, burst, fc.nat({ max: 7 }), (id, parent, rate, ceil, burst, precedence) => {
      // Time is told in 32 bits of 64 ns: 275 seconds at most, and bursts of microseconds no longer exactly.
      for (const one of [rate, ceil]) fc.pre((burst * 8) / one < 270 && (burst * 8) / one > 1e-5);
      const object: ClassObject = { kind: 'class', link: 'u0', id, parent, rate, ceil, burst, precedence };
      const read = readClass(thingOf(putClass(object, 'add', 2)), 'u0') as ClassObject;
      const expected = parent === '5b1a:' ? { ...object, parent: 'root' } : object;
      expect(sameObject(read, expected)).toBe(true);
    }),
  );
});

test('queues say the same in bytes', () => {
  const objects: QdiscObject[] = [
    { kind: 'qdisc', link: 'u0', parent: 'root', type: 'htb', handle: '5b1a:', default: 0xfffe },
    { kind: 'qdisc', link: 'u0', parent: '5b1a:1', type: 'pfifo', limit: 30 },
    { kind: 'qdisc', link: 'u0', parent: '5b1a:1', type: 'fq_codel' },
  ];
  for (const object of objects) expect(readQdisc(thingOf(putQdisc(object, 'add', 2)), 'u0')).toEqual(object);
});

test('filters by destination with a shared police action', () => {
  const police = { index: 0x5b1a4002, rate: 10_000_000, burst: 375_000, conform: 'continue' } as const;
  for (const [address, protocol] of [
    ['192.0.2.51', PROTOCOLS.ipv4],
    ['2001:db8:a::51', PROTOCOLS.ipv6],
    ['203.0.113.16/28', PROTOCOLS.ipv4],
    ['2001:db8:c::/56', PROTOCOLS.ipv6],
    ['2001:db8::/32', PROTOCOLS.ipv6],
  ] as const) {
    const selector = { kind: 'u32', destination: parsePrefix(address) as Prefix } as const;
    const action = { kind: 'police', police } as const;
    const message = addFilter({ link: 7, preference: 0x4002, protocol, selector, action });
    expect(readFilter(thingOf(message))).toEqual({
      kind: 'u32',
      link: 7,
      preference: 0x4002,
      protocol,
      selector: { kind: 'destination', address },
      police: { ...police, passed: 0, dropped: 0 },
    });
  }
});

test('a sign is told from a filter that takes everything', () => {
  const place = { link: 7, preference: 0xffff, protocol: PROTOCOLS.all };
  const seen = (selector: Parameters<typeof addFilter>[0]['selector']) =>
    readFilter(thingOf(addFilter({ ...place, selector })))?.selector;
  expect(seen({ kind: 'sign', value: 0x5b1a0001 })).toEqual({ kind: 'sign', value: 0x5b1a0001 });
  expect(seen({ kind: 'u32' })).toEqual({ kind: 'all' });
});

test('handles as tc writes them', () => {
  expect(handleText(parseHandle('5b1a:'))).toBe('5b1a:');
  expect(handleText(parseHandle('ffff:fff2'))).toBe('ffff:fff2');
  expect(handleText(parseHandle('root'))).toBe('root');
});

test('a burst as time and back, to the byte up to 100 Mbit/s', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1_000_000, max: 100_000_000 }), burst, (rate, burst) => {
      fc.pre((burst * 8) / rate < 270);
      expect(Math.abs(bytesOf(ticksOf(burst, rate), rate) - burst)).toBeLessThanOrEqual(1);
    }),
  );
});

test('what an ifb link is for stands in its name; the rate it holds is that of layer 3', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 0xffffff }), fc.integer({ min: 1, max: 0xffff }), (link, preference) => {
      const name = mirrorName({ link, preference });
      expect(name.length).toBeLessThanOrEqual(15);
      expect(readMirrorName(name)).toEqual({ link, preference });
    }),
  );
  fc.assert(
    fc.property(rate, fc.constantFrom(0, 14), (rate, linkHeader) => {
      const queue = mirrorQueue({ rate, burst: 65_536, linkHeader });
      // The kernel has whole bytes per second.
      expect(heldByMirror({ ...queue, rate: Math.floor(queue.rate / 8) * 8 }, linkHeader).rate).toBe(rate);
    }),
  );
});
