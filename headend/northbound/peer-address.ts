import { isIP } from 'node:net';
import { formatAddress, parseAddress } from '../pools/ip-address.ts';

/** As the records have it; an IPv4 peer of a socket that takes both families (`::ffff:192.0.2.1`) is an IPv4 peer. */
export function canonicalAddress(address: string): string | undefined {
  const text = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  const bytes = isIP(text) === 0 ? undefined : parseAddress(text);
  return bytes && formatAddress(bytes);
}
