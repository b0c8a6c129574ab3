import { expect, test } from 'vitest';
import { parsePermit } from './permit-text.ts';

test.each([
  ['{ name: all }', { name: 'all' }],
  [
    '{ name: web, to: 198.51.100.0/24, protocol: tcp, port: 80-443 }',
    { name: 'web', destination: '198.51.100.0/24', protocol: 6, 'lower-port': 80, 'upper-port': 443 },
  ],
  ['{ name: dns, to: 192.0.2.53, port: 53 }', { name: 'dns', destination: '192.0.2.53/32', 'lower-port': 53 }],
  ['{ name: six, to: "2001:db8::1", protocol: 58 }', { name: 'six', destination: '2001:db8::1/128', protocol: 58 }],
])('%s', (text, permit) => expect(parsePermit(text, '--permit')).toEqual({ ok: true, value: permit }));

test.each([
  ['{ to: 192.0.2.1 }', 'name'],
  ['{ name: a, to: here }', 'expected an address or a prefix'],
  ['{ name: a, protocol: carrier-pigeon }', 'expected a protocol number'],
  ['{ name: a, protocol: 256 }', 'expected a protocol number'],
  ['{ name: a, port: 443-80 }', 'the lower first'],
  ['{ name: a, port: 65536 }', 'from 0 to 65535'],
  ['{ name: a, size: 3 }', 'unknown member'],
])('%s is refused: %s', (text, words) => {
  const read = parsePermit(text, '--permit');
  expect(read.ok ? '' : JSON.stringify(read.failure)).toContain(words);
});
