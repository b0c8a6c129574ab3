import { isIP } from 'node:net';

/** An IPv4 or IPv6 prefix in text: the address without a zone, a slash, a length that fits the family. */
export function isPrefix(text: string): boolean {
  const [address = '', length = '', ...more] = text.split('/');
  const longest = isAddress(address) ? (address.includes(':') ? 128 : 32) : -1;
  return more.length === 0 && /^(0|[1-9]\d{0,2})$/.test(length) && Number(length) <= longest;
}

/** An IPv4 or IPv6 address in text, without a zone. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}
