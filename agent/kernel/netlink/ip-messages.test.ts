import { milliseconds } from '@sublane/basics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FAMILIES, type Family, prefixOf, prefixText, routeText } from '../../lanes/ip-address.ts';
import type { AddressObject, Device, LinkObject, RouteObject, RuleObject } from '../../lanes/kernel-object.ts';
import { putAddress, readAddress, removeAddress } from './address-messages.ts';
import { readDevice } from './device-attributes.ts';
import { addLink, readLink } from './link-messages.ts';
import { readLinkSettings } from './link-settings.ts';
import { MessageWriter, readMessages } from './message.ts';
import { putRoute, readRoute, removeRoute } from './route-messages.ts';
import { putRule, readRule, removeRule } from './rule-messages.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const payloadOf = (message: MessageWriter) => readMessages(message.finish(0))?.[0]?.payload as Buffer;

describe('as a kernel of version 6.18 tells it', () => {
  test('a macvlan of ours, its settings left out', () => {
    const link = readLink(
      hex(`0000 0100 04000000 43100100 00000000
           0800 0300 736c3100 0800 0d00 e8030000 0800 0400 78050000 0800 1b00 1a5b0000
           0a00 0100 02005e005302 0000 0800 0500 03000000
           3c00 1200 0c00 0100 6d6163766c616e00
                     2c00 0200 0800 0100 04000000 0600 0200 0000 0000 0800 0600 00000000 0800 0700 e8030000
                               0800 0800 e8030000 0800 0500 03000000`),
    );
    expect(link).toMatchObject({
      index: 4,
      name: 'sl1',
      up: true,
      mtu: 1400,
      hardware: 1,
      mac: '02:00:5e:00:53:02',
      group: 0x5b1a,
      below: 3,
    });
    expect(readDevice(link?.information, 'u0')).toEqual({ type: 'macvlan', parent: 'u0' });
    expect(link && readLinkSettings(link)).toEqual([]);
  });

  test('settings of a link, by their places in its rows; those of rows that are too short are not there', () => {
    const row = (length: number, values: Record<number, number>) => {
      const bytes = Buffer.alloc(4 * length);
      for (const [place, value] of Object.entries(values)) bytes.writeInt32LE(value, 4 * Number(place));
      return bytes;
    };
    const settings = (four: Buffer, six?: Buffer) => {
      const header = Buffer.alloc(16);
      const message = new MessageWriter(16, 0, header).string(3, 'sl1').nest(26, (families) => {
        families.nest(2, (inner) => inner.bytes(1, four));
        if (six !== undefined) families.nest(10, (inner) => inner.bytes(2, six));
      });
      const link = readLink(payloadOf(message));
      return Object.fromEntries((link === undefined ? [] : readLinkSettings(link)).map((one) => [one.path, one.value]));
    };
    expect(settings(row(33, { 7: 2, 17: 2, 18: 1 }), row(60, { 3: 0, 5: 1, 26: 1, 4: 9 }))).toEqual({
      'net/ipv4/conf/sl1/rp_filter': '2',
      'net/ipv4/conf/sl1/arp_announce': '2',
      'net/ipv4/conf/sl1/arp_ignore': '1',
      'net/ipv6/conf/sl1/accept_ra': '0',
      'net/ipv6/conf/sl1/autoconf': '1',
      'net/ipv6/conf/sl1/disable_ipv6': '1',
    });
    expect(settings(row(18, { 7: 1 }))).toEqual({
      'net/ipv4/conf/sl1/rp_filter': '1',
      'net/ipv4/conf/sl1/arp_announce': '0',
    });
  });

  test('addresses', () => {
    expect(
      readAddress(
        hex(`022020fd 04000000 0800 0100 c0000233 0800 0200 c0000233 0800 0300 736c3100 0800 0800 20020000
             0800 0900 1a5b0000 1400 0600 00000000 58020000 42561400 42561400`),
      ),
    ).toEqual({ family: 4, link: 4, address: '192.0.2.51', length: 32, metric: 0x5b1a, valid: 600 });
    expect(
      readAddress(
        hex(`0a40c0fd 03000000 1400 0100 fe8000000000000000005efffe005301 1400 0600 ffffffff ffffffff 3f561400
             3f561400 0800 0800 c0000000 0500 0b00 03000000`),
      ),
    ).toEqual({
      family: 6,
      link: 3,
      address: 'fe80::5eff:fe00:5301',
      length: 64,
      metric: 0,
      valid: 4_294_967_295,
    });
  });

  test('routes', () => {
    const read = (text: string) => readRoute(hex(text), () => true);
    const way = read(`02000000fc970001 04000000 0800 0f00 31c80700 0c00 0800 0800 0200 78050000
                      0800 0700 c0000233 0800 0500 c0000201 0800 0400 04000000`);
    expect(way).toEqual({
      family: 4,
      table: 510_001,
      protocol: 151,
      unicast: true,
      unreachable: false,
      linkScope: false,
      destination: { family: 4, network: 0n, length: 0 },
      metric: 0,
      gateway: '192.0.2.1',
      link: 4,
      source: '192.0.2.51',
      mtu: 1400,
    });
    expect(read('02000000fc970007 00000000 0800 0f00 31c80700 0800 0600 feffffff')).toMatchObject({
      unreachable: true,
      unicast: false,
      metric: 0xfffffffe,
    });
    // Several next hops.
    const hops = `02180000fe030001 00000000 0800 0f00 fe000000 0800 0100 c6336400
                  2400 0900 1000 0000 03000000 0800 0500 c0000201 1000 0000 03000000 0800 0500 c0000202`;
    expect(read(hops)).toMatchObject({ link: 3, gateway: '192.0.2.1', table: 254 });
    const near = read(
      '02180000fe02fd01 00000000 0800 0f00 fe000000 0800 0100 c0000200 0800 0700 c0000207 0800 0400 03000000',
    );
    expect(near).toMatchObject({ linkScope: true, destination: { family: 4, network: 0xc0000200n, length: 24 } });
    // A clone is part of no table; and what is not wanted is not looked into.
    expect(read('02000000fc970001 04020000')).toBeUndefined();
    expect(readRoute(hex('02000000fc970001 04000000'), ({ protocol }) => protocol === 2)).toBeUndefined();
  });

  test('a rule', () => {
    expect(
      readRule(
        hex(`0a008000fc000001 00000000 0800 0f00 31c80700 0800 0e00 ffffffff 0500 1500 97000000 0800 0600 32750000
             1400 0200 20010db8000a00000000000000000051`),
      ),
    ).toEqual({
      protocol: 151,
      object: { kind: 'rule', family: 6, preference: 30_002, table: 510_001, from: '2001:db8:a::51' },
    });
  });
});

const families = fc.constantFrom(...FAMILIES);
const numbers = (family: Family) => fc.bigInt({ min: 1n, max: (1n << BigInt(family === 4 ? 32 : 128)) - 1n });
const addressOf = (family: Family) =>
  numbers(family).map((value) => prefixText(prefixOf(family, value, family === 4 ? 32 : 128)));
const prefixesOf = (family: Family) =>
  fc
    .tuple(numbers(family), fc.integer({ min: 0, max: family === 4 ? 32 : 128 }))
    .map(([network, length]) => prefixOf(family, network, length));
const uint32 = fc.integer({ min: 0, max: 0xffffffff });

describe('what is told to the kernel is what would be read', () => {
  test('addresses: lifetimes in whole seconds, never for ever and never over at once', () => {
    const objects = families.chain((family) =>
      fc.record({
        kind: fc.constant('address' as const),
        family: fc.constant(family),
        link: fc.constant('sl1'),
        address: addressOf(family),
        validUntil: fc.integer({ min: 0, max: 10 ** 10 }).map(milliseconds),
      }),
    );
    fc.assert(
      fc.property(objects, fc.constantFrom('add', 'change'), uint32, (object: AddressObject, verb, metric) => {
        const now = milliseconds(1000);
        const read = readAddress(payloadOf(putAddress(object, verb as 'add', { link: 7, metric, now })));
        const valid = Math.max(1, Math.ceil((object.validUntil - now) / 1000));
        const { family, address } = object;
        expect(read).toEqual({ family, link: 7, address, length: family === 4 ? 32 : 128, metric, valid });
        expect(readAddress(payloadOf(removeAddress(object, 7)))).toMatchObject({ family, link: 7, address });
      }),
    );
  });

  test('routes', () => {
    const objects = families.chain((family) =>
      fc.record(
        {
          kind: fc.constant('route' as const),
          family: fc.constant(family),
          table: fc.integer({ min: 1, max: 0xffffffff }),
          destination: prefixesOf(family).map(routeText),
          type: fc.constantFrom('unicast' as const, 'unreachable' as const),
          metric: uint32,
          via: addressOf(family),
          source: addressOf(family),
          mtu: fc.integer({ min: 68, max: 65_535 }),
        },
        { requiredKeys: ['kind', 'family', 'table', 'destination', 'type', 'metric'] },
      ),
    );
    fc.assert(
      fc.property(objects, fc.constantFrom('add', 'change'), (route: RouteObject, verb) => {
        const read = readRoute(payloadOf(putRoute(route, verb as 'add', { link: 7, protocol: 151 })), () => true);
        const { family, table, metric, via, source, mtu, type } = route;
        expect(read).toEqual({
          family,
          table,
          metric,
          protocol: 151,
          unicast: type === 'unicast',
          unreachable: type === 'unreachable',
          linkScope: family === 4 && type === 'unicast' && via === undefined,
          destination: expect.anything(),
          link: 7,
          ...(via !== undefined && { gateway: via }),
          ...(source !== undefined && { source }),
          ...(mtu !== undefined && { mtu }),
        });
        expect(read && routeText(read.destination)).toBe(route.destination);
        const gone = readRoute(payloadOf(removeRoute(route, 151)), () => true);
        expect(gone).toMatchObject({ family, table, metric, destination: read?.destination, protocol: 151 });
      }),
    );
  });

  test('rules', () => {
    const objects = families.chain((family) =>
      fc.record(
        {
          kind: fc.constant('rule' as const),
          family: fc.constant(family),
          preference: uint32,
          table: fc.integer({ min: 1, max: 0xffffffff }),
          mark: fc.record({ value: uint32, mask: uint32 }),
          from: prefixesOf(family).map(prefixText),
          to: prefixesOf(family).map(prefixText),
          udpPort: fc.integer({ min: 1, max: 65_535 }),
        },
        { requiredKeys: ['kind', 'family', 'preference', 'table'] },
      ),
    );
    fc.assert(
      fc.property(objects, (rule: RuleObject) => {
        expect(readRule(payloadOf(putRule(rule, 151)))).toEqual({ object: rule, protocol: 151 });
        expect(readRule(payloadOf(removeRule(rule, 151)))).toEqual({ object: rule, protocol: 151 });
      }),
    );
  });

  test('devices of every type', () => {
    const parent = fc.constant('eth0');
    const port = fc.integer({ min: 1, max: 65_535 });
    const devices: fc.Arbitrary<Device> = fc.oneof(
      fc.record({ type: fc.constantFrom('ipvlan' as const, 'macvlan' as const), parent }),
      fc.record({ type: fc.constant('dummy' as const) }),
      fc.record({ type: fc.constant('vlan' as const), parent, id: fc.integer({ min: 1, max: 4094 }) }),
      fc.record(
        { type: fc.constant('gre' as const), remote: addressOf(4), key: uint32 },
        { requiredKeys: ['type', 'remote'] },
      ),
      fc.record(
        { type: fc.constant('ip6gre' as const), remote: addressOf(6), local: addressOf(6), key: uint32 },
        { requiredKeys: ['type', 'remote', 'local'] },
      ),
      fc.record({ type: fc.constant('sit' as const), remote: addressOf(4) }),
      fc.record({ type: fc.constant('ip6tnl' as const), remote: addressOf(6), local: addressOf(6) }),
      families.chain((family) =>
        fc.record({
          type: fc.constant('vxlan' as const),
          remote: addressOf(family),
          port,
          identifier: fc.integer({ min: 0, max: 0xffffff }),
        }),
      ),
    );
    fc.assert(
      fc.property(devices, fc.integer({ min: 68, max: 65_535 }), (device, mtu) => {
        const object: LinkObject = { kind: 'link', name: 'sl-1', device, group: 0x5b1a, mtu };
        const below = 'parent' in device ? 3 : undefined;
        const link = readLink(payloadOf(addLink(object, below)));
        expect(link).toMatchObject({ name: 'sl-1', group: 0x5b1a, mtu, ...(below !== undefined && { below }) });
        expect(readDevice(link?.information, 'eth0')).toEqual({ ...device });
      }),
    );
  });
});

test('any bytes at all are read without a fault', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.integer({ min: 0, max: 16 }), (some, family) => {
      const bytes = Buffer.from(some);
      if (bytes.length > 0) bytes[0] = family;
      const link = readLink(bytes);
      if (link !== undefined) {
        readDevice(link.information, '');
        readLinkSettings(link);
      }
      readAddress(bytes);
      readRoute(bytes, () => true);
      readRule(bytes);
    }),
    { numRuns: 2000 },
  );
});
