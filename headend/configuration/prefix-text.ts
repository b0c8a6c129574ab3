import { isIP } from 'node:net';

/** An IPv4 or IPv6 prefix in text: the address, a slash, a length that fits the family. */
export function isPrefix(text: string): boolean {
  const [address = '', length = '', ...more] = text.split('/');
  const family = isIP(address);
  return family !== 0 && more.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128);
}
