import { countRanges, firstOutside, mergeRanges, subtractRanges } from './index-ranges.ts';
import { type AddressBytes, addressAt, formatAddress } from './ip-address.ts';
import type { IndexRange, PoolPrefix, PoolShape } from './pool.ts';

/** More would not be exact in JavaScript's numbers once added to. */
const SIZE_MAX = 2 ** 52;

/** Lays a pool out. At least one prefix; `excluded` are indexes, in any order, and may overlap. */
export function shapePool(
  name: string,
  prefixes: { readonly ipv4?: PoolPrefix; readonly ipv6?: PoolPrefix },
  excluded: readonly IndexRange[],
): PoolShape {
  const { ipv4, ipv6 } = prefixes;
  const size = Math.min(SIZE_MAX, ...[ipv4, ipv6].filter((prefix) => prefix !== undefined).map(prefixSize));
  const whole = [{ first: 0, last: size - 1 }];
  const reserved = [...(ipv4 ? reservedOf(ipv4) : []), ...(ipv6 ? reservedOf(ipv6) : []), ...excluded];
  const usable = subtractRanges(whole, mergeRanges(reserved));
  return {
    name,
    ...(ipv4 && { ipv4 }),
    ...(ipv6 && { ipv6 }),
    size,
    holes: subtractRanges(whole, usable),
    capacity: countRanges(usable),
  };
}

/** Addresses in a prefix, as far as a number can say it exactly. */
export function prefixSize(prefix: PoolPrefix): number {
  return Math.min(2 ** (prefix.base.length * 8 - prefix.length), SIZE_MAX);
}

/** The lowest index from `from` on that may be given; undefined when there is none left. */
export function nextIndex(shape: PoolShape, from: number): number | undefined {
  const index = firstOutside(shape.holes, from);
  return index < shape.size ? index : undefined;
}

export function mayGive(shape: PoolShape, index: number): boolean {
  return index >= 0 && nextIndex(shape, index) === index;
}

/** The pair of addresses at an index, as bytes. */
export function addressesAt(shape: PoolShape, index: number): { ipv4?: AddressBytes; ipv6?: AddressBytes } {
  return {
    ...(shape.ipv4 && { ipv4: addressAt(shape.ipv4.base, index) }),
    ...(shape.ipv6 && { ipv6: addressAt(shape.ipv6.base, index) }),
  };
}

/** The pair of addresses at an index, as text. */
export function addressTextsAt(shape: PoolShape, index: number): { ipv4?: string; ipv6?: string } {
  return {
    ...(shape.ipv4 && { ipv4: formatAddress(addressAt(shape.ipv4.base, index)) }),
    ...(shape.ipv6 && { ipv6: formatAddress(addressAt(shape.ipv6.base, index)) }),
  };
}

/** Addresses of a prefix that no host may have. */
function reservedOf(prefix: PoolPrefix): IndexRange[] {
  const size = prefixSize(prefix);
  if (prefix.base.length === 4) {
    // RFC 3021: a /31 has no network and no broadcast address; nor has a single one.
    return prefix.length >= 31
      ? []
      : [
          { first: 0, last: 0 },
          { first: size - 1, last: size - 1 },
        ];
  }
  // RFC 6164: the two ends of a point-to-point link.
  if (prefix.length >= 127) return [];
  // RFC 4291 §2.6.1: the subnet-router anycast address. RFC 2526: the 128 highest are reserved for anycast (in a /64
  // and shorter those lie beyond what a pool numbers).
  return [{ first: 0, last: 0 }, ...(size < SIZE_MAX && size > 128 ? [{ first: size - 128, last: size - 1 }] : [])];
}
