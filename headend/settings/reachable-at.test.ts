import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from 'vitest';
import { reachableAt } from './reachable-at.ts';

const address = (text: string, internal = false) =>
  ({ address: text, family: text.includes(':') ? 'IPv6' : 'IPv4', internal }) as NetworkInterfaceInfo;
const INTERFACES = {
  lo: [address('127.0.0.1', true), address('::1', true)],
  eth0: [address('192.0.2.1'), address('fe80::1'), address('2001:db8::1')],
  eth1: [address('169.254.3.4'), address('198.51.100.7')],
};
const at = (...hosts: string[]) =>
  reachableAt(
    hosts.map((host) => ({ host, port: 830 })),
    INTERFACES,
  ).map(({ host }) => host);

test('what is listened on by name or address stays', () => {
  expect(at('127.0.0.1', 'edge.example')).toEqual(['127.0.0.1', 'edge.example']);
});

test('all addresses are the machine’s own, without those that say nothing elsewhere; each once', () => {
  expect(at('0.0.0.0')).toEqual(['192.0.2.1', '198.51.100.7']);
  expect(at('192.0.2.1', '::')).toEqual(['192.0.2.1', '2001:db8::1', '198.51.100.7']);
});

test('a machine without a network is reached nowhere', () => {
  expect(reachableAt([{ host: '::', port: 830 }], { lo: INTERFACES.lo })).toEqual([]);
});
