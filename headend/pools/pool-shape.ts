import { type Seconds, seconds } from '@sublane/basics';
import { delegatedAt, delegationCount } from './delegation.ts';
import { countRanges, firstOutside, intersectRanges, mergeRanges, subtractRanges } from './index-ranges.ts';
import { type AddressBytes, addressAt, formatAddress, type IpPrefix, indexFrom, prefixContains } from './ip-address.ts';
import type { Delegation, IndexRange, PoolFault, PoolPrefix, PoolShape, Reservation } from './pool.ts';
import { type IndexHolder, mayHold, reservationOf, reservedIndexes } from './reserved-indexes.ts';

/** More would not be exact in JavaScript's numbers once added to. */
const SIZE_MAX = 2 ** 52;

/** What a pool is laid out of. At least one prefix; ranges in any order, and they may overlap. */
export interface ShapeParts {
  readonly ipv4?: PoolPrefix;
  readonly ipv6?: PoolPrefix;
  readonly delegated?: Delegation;
  readonly gateways?: readonly IndexRange[];
  readonly excluded?: readonly IndexRange[];
  readonly reservations?: readonly Reservation[];
  readonly rest?: Seconds;
}

/** Lays a pool out, and finds what cannot be reserved. */
export function shapePool(
  name: string,
  parts: ShapeParts,
): { readonly shape: PoolShape; readonly faults: readonly PoolFault[] } {
  const { ipv4, ipv6, delegated, gateways = [], reservations = [] } = parts;
  const sizes = [ipv4, ipv6].filter((prefix) => prefix !== undefined).map(prefixSize);
  const size = Math.min(SIZE_MAX, ...sizes, ...(delegated ? [delegationCount(delegated)] : []));
  const whole = [{ first: 0, last: size - 1 }];
  const inside = (ranges: readonly IndexRange[]) => intersectRanges(whole, mergeRanges(ranges));
  const forbidden = inside([...(ipv4 ? reservedOf(ipv4) : []), ...(ipv6 ? reservedOf(ipv6) : []), ...gateways]);
  const excluded = subtractRanges(inside(parts.excluded ?? []), forbidden);
  const { reserved, faults } = reservedIndexes(reservations, {
    ...(ipv4 && { ipv4 }),
    ...(ipv6 && { ipv6 }),
    size,
    forbidden,
    excluded,
  });
  const kept = reserved.map(({ index }) => ({ first: index, last: index }));
  const holes = mergeRanges([...forbidden, ...excluded, ...kept]);
  const shape: PoolShape = {
    name,
    ...(ipv4 && { ipv4 }),
    ...(ipv6 && { ipv6 }),
    ...(delegated && { delegated }),
    size,
    holes,
    excluded,
    reservations: reserved,
    capacity: size - countRanges(holes) + reserved.length,
    rest: parts.rest ?? seconds(0),
  };
  return { shape, faults };
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

/** Whether this holder may have the index: everybody, or it alone. */
export function mayGiveTo(shape: PoolShape, index: number, holder: IndexHolder): boolean {
  if (mayGive(shape, index)) return true;
  const reservation = reservationOf(shape, index);
  return reservation !== undefined && mayHold(reservation, holder);
}

/** The index of an address, of either family, that lies in the pool's prefix and among what it numbers. */
export function indexOfAddress(shape: PoolShape, address: AddressBytes): number | undefined {
  const prefix = address.length === 4 ? shape.ipv4 : shape.ipv6;
  if (prefix === undefined || !prefixContains(prefix, address)) return undefined;
  const index = indexFrom(prefix.base, address);
  return index !== undefined && index < shape.size ? index : undefined;
}

/** What a lane has at an index, as bytes. */
export function addressesAt(
  shape: PoolShape,
  index: number,
): { ipv4?: AddressBytes; ipv6?: AddressBytes; delegated?: IpPrefix } {
  return {
    ...(shape.ipv4 && { ipv4: addressAt(shape.ipv4.base, index) }),
    ...(shape.ipv6 && { ipv6: addressAt(shape.ipv6.base, index) }),
    ...(shape.delegated && { delegated: delegatedAt(shape.delegated, index) }),
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
