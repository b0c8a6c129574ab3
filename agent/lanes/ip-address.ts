/** IPv4 and IPv6 addresses and prefixes as the kernel's tools print them, so that text compares. */
export type Family = 4 | 6;

export interface Prefix {
  readonly family: Family;
  readonly network: bigint;
  readonly length: number;
}

export const FAMILIES: readonly Family[] = [4, 6];
export const addressBits = (family: Family): number => (family === 4 ? 32 : 128);

/** The same addresses are read and written at each look at the kernel: what was found is kept, up to so many. */
const MOST_KEPT = 10_000;
const kept = new Map<string, Parsed>();
const printed = new Map<bigint, string>();

/** The family of an address's text; undefined where it is none (zones and ports are not part of an address). */
export const familyOf = (text: string): Family | undefined => parse(text)?.family;

/** The one text form of an address (RFC 5952 for IPv6); undefined where it is none. */
export function canonicalAddress(text: string): string | undefined {
  const parsed = parse(text);
  return parsed && print(parsed.family, parsed.value);
}

/** `198.51.100.7/24` → network 198.51.100.0, length 24; an address alone is its own prefix. Undefined where it is none. */
export function parsePrefix(text: string): Prefix | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const parsed = parse(address);
  if (parsed === undefined || rest.length > 0) return undefined;
  const bits = addressBits(parsed.family);
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const size = length === undefined ? bits : Number(length);
  if (size > bits) return undefined;
  return prefixOf(parsed.family, parsed.value, size);
}

export function prefixOf(family: Family, address: bigint, length: number): Prefix {
  const host = BigInt(addressBits(family) - length);
  return { family, network: (address >> host) << host, length };
}

/** As `ip route` prints it: `default`, an address alone where it is one, else `network/length`. */
export function routeText({ family, network, length }: Prefix): string {
  if (length === 0) return 'default';
  const address = print(family, network);
  return length === addressBits(family) ? address : `${address}/${length}`;
}

/** As nft prints it: always `network/length`, an address alone where it is one. */
export function prefixText({ family, network, length }: Prefix): string {
  const address = print(family, network);
  return length === addressBits(family) ? address : `${address}/${length}`;
}

export function contains(outer: Prefix, inner: Prefix): boolean {
  if (outer.family !== inner.family || outer.length > inner.length) return false;
  return prefixOf(inner.family, inner.network, outer.length).network === outer.network;
}

/** Not unspecified, loopback, multicast, broadcast or link-local: one that a host may hold, or reach far away. */
export function isUsable(address: string): boolean {
  const prefix = parsePrefix(address);
  return prefix !== undefined && !UNUSABLE.some((other) => other !== undefined && contains(other, prefix));
}

const UNUSABLE = [
  '0.0.0.0/8',
  '::ffff:0:0/96',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/3',
  '::/127',
  'fe80::/10',
  'ff00::/8',
].map(parsePrefix);

interface Parsed {
  readonly family: Family;
  readonly value: bigint;
}

function parse(text: string): Parsed | undefined {
  const known = kept.get(text);
  if (known !== undefined) return known;
  const four = parse4(text);
  const value = four ?? parse6(text);
  if (value === undefined) return undefined;
  const parsed: Parsed = { family: four === undefined ? 6 : 4, value };
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(text, parsed);
  return parsed;
}

function parse4(text: string): bigint | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  let value = 0;
  for (const part of match.slice(1)) {
    // A leading zero means octal to some: refused, as inet_pton does.
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) return undefined;
    value = value * 256 + Number(part);
  }
  return BigInt(value);
}

function parse6(text: string): bigint | undefined {
  if (!/^[0-9a-fA-F:.]{2,45}$/.test(text)) return undefined;
  const tail = /(^.*:)(\d{1,3}(?:\.\d{1,3}){3})$/.exec(text);
  let plain = text;
  if (tail !== null) {
    const four = parse4(tail[2] as string);
    if (four === undefined) return undefined;
    plain = `${tail[1]}${(four >> 16n).toString(16)}:${(four & 0xffffn).toString(16)}`;
  }
  const halves = plain.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const count = groups.reduce((sum, half) => sum + half.length, 0);
  if (halves.length === 1 ? count !== 8 : count > 7) return undefined;
  const words = [...(groups[0] ?? []), ...Array<string>(8 - count).fill('0'), ...(groups[1] ?? [])];
  if (!words.every((word) => /^[0-9a-fA-F]{1,4}$/.test(word))) return undefined;
  return BigInt(`0x${words.map((word) => word.padStart(4, '0')).join('')}`);
}

function print(family: Family, value: bigint): string {
  if (family === 4) {
    const number = Number(value);
    return `${number >>> 24}.${(number >>> 16) & 0xff}.${(number >>> 8) & 0xff}.${number & 0xff}`;
  }
  const known = printed.get(value);
  if (known !== undefined) return known;
  const text = print6(value);
  if (printed.size >= MOST_KEPT) printed.clear();
  printed.set(value, text);
  return text;
}

function print6(value: bigint): string {
  const digits = value.toString(16).padStart(32, '0');
  const words = Array.from({ length: 8 }, (_, index) =>
    Number.parseInt(digits.slice(4 * index, 4 * index + 4), 16).toString(16),
  );
  // RFC 5952 §4.2: the longest run of two or more zero words, the first of equals.
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (words[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  if (best.start < 0) return words.join(':');
  return `${words.slice(0, best.start).join(':')}::${words.slice(best.start + best.length).join(':')}`;
}

/** The first or last address of an IPv4 subnet: that of the network itself, or its broadcast. */
export function isWholeSubnet(address: string, length: number): boolean {
  const host = parsePrefix(address);
  if (host?.family !== 4 || length > 30) return false;
  const part = host.network & ((1n << BigInt(32 - length)) - 1n);
  return part === 0n || part === (1n << BigInt(32 - length)) - 1n;
}
