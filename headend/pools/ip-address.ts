/** An address of either family as bytes in network order: 4 or 16. Their order as bytes is their order as numbers. */
export type AddressBytes = Uint8Array;

/** An address and how many of its leading bits count; the others are zero. */
export interface IpPrefix {
  readonly base: AddressBytes;
  /** 0..32 or 0..128. */
  readonly length: number;
}

/** Reads dotted quads, and IPv6 in any of the forms of RFC 4291 §2.2, without a zone. */
export function parseAddress(text: string): AddressBytes | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** Dotted quad, or the one text of RFC 5952. */
export function formatAddress(address: AddressBytes): string {
  return address.length === 4 ? `${address[0]}.${address[1]}.${address[2]}.${address[3]}` : formatIpv6(address);
}

/** Reads `ADDRESS/LENGTH`. Bits after the prefix are cleared: 192.0.2.7/24 is 192.0.2.0/24. */
export function parsePrefix(text: string): IpPrefix | undefined {
  const slash = text.indexOf('/');
  const address = parseAddress(text.slice(0, Math.max(slash, 0)));
  const length = text.slice(slash + 1);
  if (address === undefined || !/^\d{1,3}$/.test(length) || Number(length) > address.length * 8) return undefined;
  return prefixOf(address, Number(length));
}

export function formatPrefix(prefix: IpPrefix): string {
  return `${formatAddress(prefix.base)}/${prefix.length}`;
}

/** The prefix of this length around an address. */
export function prefixOf(address: AddressBytes, length: number): IpPrefix {
  return { base: address.map((byte, at) => byte & byteMask(length, at)), length };
}

export function prefixContains(prefix: IpPrefix, address: AddressBytes): boolean {
  return (
    address.length === prefix.base.length &&
    prefix.base.every((byte, at) => byte === ((address[at] ?? 0) & byteMask(prefix.length, at)))
  );
}

export function prefixesOverlap(one: IpPrefix, other: IpPrefix): boolean {
  return one.length <= other.length ? prefixContains(one, other.base) : prefixContains(other, one.base);
}

export const sameAddress = (one: AddressBytes, other: AddressBytes): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);

/** `base` + `index`; the index is an integer below 2^53 and the sum does not leave the family. */
export function addressAt(base: AddressBytes, index: number): AddressBytes {
  const address = Uint8Array.from(base);
  let carry = index;
  for (let at = address.length - 1; carry > 0 && at >= 0; at--) {
    const sum = (address[at] ?? 0) + (carry % 256);
    address[at] = sum;
    carry = Math.floor(carry / 256) + (sum > 255 ? 1 : 0);
  }
  return address;
}

/** How far an address of the same family is above `base`; undefined below it, or 2^53 and more above it. */
export function indexFrom(base: AddressBytes, address: AddressBytes): number | undefined {
  let distance = 0;
  for (let at = 0; at < base.length; at++) {
    // The difference first: 256 times the distance may be just beyond the exact integers, but is a multiple of 256.
    distance = distance * 256 + ((address[at] ?? 0) - (base[at] ?? 0));
    // Further bytes move it by less than one part of 256, so it never comes back into range.
    if (distance > Number.MAX_SAFE_INTEGER || distance < -1) return undefined;
  }
  return distance < 0 ? undefined : distance;
}

function byteMask(length: number, at: number): number {
  const bits = Math.min(Math.max(length - at * 8, 0), 8);
  return (0xff << (8 - bits)) & 0xff;
}

function parseIpv4(text: string): AddressBytes | undefined {
  const parts = text.split('.');
  // A leading zero is octal to some readers: refused, as inet_pton does.
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return Uint8Array.from(parts, Number);
}

function parseIpv6(text: string): AddressBytes | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(parseGroups);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const after = tail ?? [];
  const missing = 16 - head.length - after.length;
  // "::" stands for one group of zeros at least (RFC 5952 §4.2.2 forbids it for exactly one, but readers take it).
  if (halves.length === 1 ? missing !== 0 || (head.length > 0 && text.endsWith('.')) : missing < 2) return undefined;
  if (halves.length === 2 && (halves[0] ?? '').includes('.')) return undefined;
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...after]);
}

/** Bytes of `1:2:a.b.c.d`; none for an empty text. */
function parseGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [at, group] of groups.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
      continue;
    }
    const quad = at === groups.length - 1 ? parseIpv4(group) : undefined;
    if (quad === undefined) return undefined;
    bytes.push(...quad);
  }
  return bytes.length > 16 ? undefined : bytes;
}

/**
 * RFC 5952 §4: lower case, no leading zeros, "::" for the longest run of at least two zero groups, the first of equal
 * ones. §5: addresses known to embed IPv4 keep the quad (::ffff:0:0/96).
 */
function formatIpv6(address: AddressBytes): string {
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(((address[at] ?? 0) << 8) | (address[at + 1] ?? 0));
  if (groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return `::ffff:${formatAddress(address.subarray(12))}`;
  }
  let best = -1;
  let bestLength = 1;
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (at + length < 8 && groups[at + length] === 0) length++;
    if (length > bestLength) {
      best = at;
      bestLength = length;
    }
    if (length > 0) at += length - 1;
  }
  let text = '';
  for (let at = 0; at < 8; at++) {
    if (at === best) {
      text += '::';
      at += bestLength - 1;
      continue;
    }
    if (text !== '' && !text.endsWith('::')) text += ':';
    text += (groups[at] ?? 0).toString(16);
  }
  return text;
}
