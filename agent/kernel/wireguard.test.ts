import { randomBytes } from 'node:crypto';
import { unwrap } from '@sublane/basics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMessages } from './netlink/message.ts';
import { getDevice, readDeviceState, setDevice } from './wireguard-messages.ts';
import { deviceOf, parseKey, stateOf, type WireguardDevice, type WireguardState } from './wireguard-state.ts';
import { encodeState, readError, readState } from './wireguard-text.ts';

const key = () => fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const devices: fc.Arbitrary<WireguardDevice> = fc.record({
  type: fc.constant('wireguard' as const),
  remote: fc.constantFrom('203.0.113.1', '2001:db8:f::1'),
  port: fc.integer({ min: 1, max: 65_535 }),
  peerKey: key(),
  keyFile: fc.constant('/etc/sublane/wireguard.key'),
});

describe('what a link is told', () => {
  test('reads back as the same device, from a program', () => {
    fc.assert(
      fc.property(devices, key(), (device, secret) => {
        const told = encodeState(stateOf(device, secret));
        expect(told).toMatch(/^set=1\n[\s\S]*\n\n$/);
        // A program's answer has what it was told, without the words of the telling.
        const state = readState(told.replace('set=1\n', '').replace(/\n\n$/, '\nerrno=0\n\n'));
        expect(deviceOf(state, device.keyFile, secret)).toEqual(device);
      }),
    );
  });

  test('reads back as the same device, from the kernel', () => {
    fc.assert(
      fc.property(devices, key(), (device, secret) => {
        const bytes = setDevice(0x1c, 'sl-t01234567', stateOf(device, secret)).finish(1);
        const payloads = (readMessages(bytes) ?? []).map(({ payload }) => payload);
        expect(deviceOf(readDeviceState(payloads), device.keyFile, secret)).toEqual(device);
      }),
    );
  });

  test('of several messages about one peer the prefixes add up', () => {
    const peer = { publicKey: `${'A'.repeat(43)}=`, remote: '203.0.113.1', port: 9, keepalive: 25 };
    const part = (allowed: string[]): WireguardState => ({ privateKey: '', peers: [{ ...peer, allowed }] });
    const payloads = [part(['0.0.0.0/0']), part(['::/0'])].map(
      (state) => (readMessages(setDevice(1, 'sl-t01234567', state).finish(1)) ?? [])[0]?.payload as Buffer,
    );
    expect(readDeviceState(payloads).peers).toEqual([{ ...peer, allowed: ['0.0.0.0/0', '::/0'] }]);
  });

  test('as the kernel expects it: linux/wireguard.h', () => {
    const state: WireguardState = {
      privateKey: Buffer.alloc(32, 1).toString('base64'),
      peers: [
        {
          publicKey: Buffer.alloc(32, 2).toString('base64'),
          remote: '203.0.113.1',
          port: 51_820,
          keepalive: 25,
          allowed: ['0.0.0.0/0'],
        },
      ],
    };
    const [message] = readMessages(setDevice(0x1c, 'sl-t0', state).finish(1)) ?? [];
    expect(message?.payload.toString('hex')).toBe(
      [
        '01010000',
        '0a000200736c2d7430000000',
        `24000300${'01'.repeat(32)}`,
        '0800050001000000',
        '70000880',
        '6c000080',
        `24000100${'02'.repeat(32)}`,
        '0800030002000000',
        '140004000200ca6ccb0071010000000000000000',
        '0600050019000000',
        '20000980',
        '1c000080',
        '0600010002000000',
        '0800020000000000',
        '0500030000000000',
      ].join(''),
    );
    expect(getDevice(0x1c, 'sl-t0').finish(1).subarray(16).toString('hex')).toBe('000100000a000200736c2d7430000000');
  });
});

describe('what nobody could have wanted', () => {
  const device: WireguardDevice = {
    type: 'wireguard',
    remote: '203.0.113.1',
    port: 51_820,
    peerKey: `${'A'.repeat(43)}=`,
    keyFile: '/key',
  };
  const state = stateOf(device, 'secret');
  const [peer] = state.peers;
  test.each<[string, WireguardState | undefined]>([
    ['no answer', undefined],
    ['no peer', { ...state, peers: [] }],
    ['a second peer', { ...state, peers: [peer!, { ...peer!, publicKey: 'other' }] }],
    ['fewer prefixes', { ...state, peers: [{ ...peer!, allowed: ['0.0.0.0/0'] }] }],
    ['no keepalive', { ...state, peers: [{ ...peer!, keepalive: 0 }] }],
  ])('%s', (_, seen) => {
    expect(deviceOf(seen, '/key', 'secret')).not.toEqual(device);
  });
  test('another key than the file has; a file that cannot be read says nothing', () => {
    expect(deviceOf(state, '/key', 'another')).toEqual({ ...device, keyFile: '' });
    expect(deviceOf(state, '/key', undefined)).toEqual(device);
  });
});

describe('a key file', () => {
  test('has a key as it is used: with the bits that Curve25519 wants', () => {
    const parsed = Buffer.from(unwrap(parseKey(`${randomBytes(32).toString('base64')}\n`)), 'base64');
    expect(parsed).toHaveLength(32);
    expect([parsed.readUInt8(0) & 7, parsed.readUInt8(31) & 192]).toEqual([0, 64]);
    expect(unwrap(parseKey(parsed.toString('base64')))).toBe(parsed.toString('base64'));
  });
  test.each([
    '',
    'x',
    randomBytes(31).toString('base64'),
    randomBytes(33).toString('base64'),
    `${'A'.repeat(42)}B=`,
    `${'A'.repeat(43)}=\n${'A'.repeat(43)}=`,
  ])('%j is none, and what it says is not repeated', (text) => {
    const parsed = parseKey(text);
    expect(parsed.ok).toBe(false);
    if (!parsed.ok && text.length > 3) expect(parsed.failure).not.toContain(text.slice(0, 10));
  });
});

describe('an answer', () => {
  test.each([
    ['errno=0\n\n', 0],
    ['private_key=00\nerrno=-22\n\n', 22],
    ['errno=0\n', undefined],
    ['errno=0', undefined],
    ['', undefined],
    ['xerrno=0\n\n', undefined],
  ])('%j ends with %s', (text, error) => {
    expect(readError(text)).toBe(error);
    if (error !== 0) expect(readState(text)).toBeUndefined();
  });
  test('of any text is read without harm', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        readState(`${text}\nerrno=0\n\n`);
      }),
    );
  });
});
