import { expect, it } from 'vitest';
import { canonicalAddress } from './peer-address.ts';

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:0DB8:0::1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['somewhere', undefined],
])('%s is %s', (address, canonical) => expect(canonicalAddress(address)).toBe(canonical));
