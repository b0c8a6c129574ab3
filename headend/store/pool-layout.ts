import { type Seconds, seconds } from '@sublane/basics';
import { countRanges } from '../pools/index-ranges.ts';
import { indexFrom } from '../pools/ip-address.ts';
import type { Delegation, IndexRange, IndexReservation, PoolPrefix, PoolShape } from '../pools/pool.ts';

/** A pool's shape as the store keeps it, in JSON. What came later is absent in what was written before. */
interface Layout {
  readonly ipv4?: WrittenPrefix;
  readonly ipv6?: WrittenPrefix;
  readonly delegated?: readonly [base: string, prefixLength: number, length: number];
  readonly size: number;
  readonly holes: readonly WrittenRange[];
  readonly excluded?: readonly WrittenRange[];
  readonly reservations?: readonly IndexReservation[];
  readonly rest?: Seconds;
}

type WrittenPrefix = readonly [base: string, length: number];
type WrittenRange = readonly [first: number, last: number];

export function writeShape({ ipv4, ipv6, delegated, size, holes, excluded, reservations, rest }: PoolShape): string {
  const layout: Layout = {
    ...(ipv4 && { ipv4: writePrefix(ipv4) }),
    ...(ipv6 && { ipv6: writePrefix(ipv6) }),
    ...(delegated && { delegated: [hex(delegated.base), delegated.prefixLength, delegated.length] }),
    size,
    holes: holes.map(writeRange),
    ...(excluded.length > 0 && { excluded: excluded.map(writeRange) }),
    ...(reservations.length > 0 && { reservations }),
    ...(rest > 0 && { rest }),
  };
  return JSON.stringify(layout);
}

export function readShape(name: string, text: string): PoolShape {
  const { ipv4, ipv6, delegated, size, holes, excluded = [], reservations = [], rest } = JSON.parse(text) as Layout;
  const ranges = holes.map(readRange);
  return {
    name,
    ...(ipv4 && { ipv4: readPrefix(ipv4) }),
    ...(ipv6 && { ipv6: readPrefix(ipv6) }),
    ...(delegated && { delegated: readDelegation(delegated) }),
    size,
    holes: ranges,
    excluded: excluded.map(readRange),
    reservations,
    capacity: size - countRanges(ranges) + reservations.length,
    rest: rest ?? seconds(0),
  };
}

/**
 * How much higher each address is numbered in the later shape: 0 where its prefixes begin where they did. Undefined: not
 * all are higher by the same, so that pairs would come apart.
 */
export function numberShift(before: PoolShape, after: PoolShape): number | undefined {
  const shifts = (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const [was, is] = [before[family], after[family]];
    return was === undefined || is === undefined ? [] : [distance(is.base, was.base)];
  });
  const [shift = 0, ...others] = shifts;
  return shifts.includes(undefined) || others.some((other) => other !== shift) ? undefined : shift;
}

/** From one base to another of its family, upwards; undefined: too far. */
function distance(from: Uint8Array, to: Uint8Array): number | undefined {
  const up = indexFrom(from, to);
  if (up !== undefined) return up;
  const down = indexFrom(to, from);
  return down && -down;
}

/** The same addresses as they are numbered by that much higher; what falls below 0 is left out. */
export function shiftRanges(ranges: readonly IndexRange[], shift: number): IndexRange[] {
  return ranges
    .map(({ first, last }) => ({ first: Math.max(0, first + shift), last: last + shift }))
    .filter(({ last }) => last >= 0);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

const writePrefix = ({ base, length }: PoolPrefix): WrittenPrefix => [hex(base), length];
const readPrefix = ([base, length]: WrittenPrefix): PoolPrefix => ({ base: bytesOf(base), length });

const writeRange = ({ first, last }: IndexRange): WrittenRange => [first, last];
const readRange = ([first, last]: WrittenRange): IndexRange => ({ first, last });

const readDelegation = ([base, prefixLength, length]: readonly [string, number, number]): Delegation => ({
  base: bytesOf(base),
  prefixLength,
  length,
});
