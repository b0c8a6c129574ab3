import { expect, test } from 'vitest';
import { isBehindNat } from './behind-nat.ts';

test.each<[string | undefined, string[] | undefined, boolean | undefined]>([
  ['198.51.100.9', ['192.168.1.23', '198.51.100.9'], false],
  ['198.51.100.9', ['192.168.1.23'], true],
  ['2001:db8::9', ['2001:DB8:0::9'], false],
  ['2001:db8::9', ['198.51.100.9'], true],
  // Nobody can say.
  ['198.51.100.9', undefined, undefined],
  ['198.51.100.9', [], undefined],
  [undefined, ['198.51.100.9'], undefined],
  ['a socket', ['198.51.100.9'], undefined],
  // Of this machine or this link.
  ['127.0.0.1', ['198.51.100.9'], false],
  ['::1', ['198.51.100.9'], false],
  ['fe80::1', ['198.51.100.9'], false],
  ['169.254.3.4', ['198.51.100.9'], false],
])('a session from %s of a host with %j: %s', (peer, addresses, behind) => {
  expect(isBehindNat(peer, addresses)).toBe(behind);
});
