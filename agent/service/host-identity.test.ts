import { expect, test } from 'vitest';
import { hostIdentity } from './host-identity.ts';

const own = (addresses: readonly string[], link = 'eth0') => ({
  addresses: addresses.map((address) => ({ address, link })),
  networks: [],
  gateways: [],
  resolvers: [],
  defaultLink: 'eth0',
});
const KEY = `${'B'.repeat(42)}E=`;

test('the host’s addresses but link-local ones, each once, and its key', () => {
  const addresses = ['127.0.0.1', '192.0.2.2', '169.254.7.7', 'fe80::2', '2001:db8:a::2', '192.0.2.2'];
  expect(hostIdentity(own(addresses), 'auto', KEY)).toEqual({
    'sublane-service:wireguard-public-key': KEY,
    'sublane-service:host-address': ['127.0.0.1', '192.0.2.2', '2001:db8:a::2'],
  });
});

test('nothing is said where nothing is known', () => {
  expect(hostIdentity(own([]), 'auto', undefined)).toEqual({});
});

test.each([
  ['auto', 'the interface of the default route', ['192.0.2.2']],
  ['eth1', 'the uplink', ['203.0.113.2']],
])('more than fit: those of the uplink (%s: %s)', (uplink, _what, expected) => {
  const many = Array.from({ length: 64 }, (_, index) => ({ address: `10.0.0.${index}`, link: 'docker0' }));
  const named = [
    { address: '192.0.2.2', link: 'eth0' },
    { address: '203.0.113.2', link: 'eth1' },
  ];
  const facts = { ...own([]), addresses: [...many, ...named] };
  expect(hostIdentity(facts, uplink, undefined)['sublane-service:host-address']).toEqual(expected);
});

test('never more than the schema takes', () => {
  const addresses = Array.from({ length: 100 }, (_, index) => `10.0.0.${index}`);
  expect(hostIdentity(own(addresses), 'auto', undefined)['sublane-service:host-address']).toHaveLength(64);
});
