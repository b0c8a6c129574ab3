import { failed, ok, type Result } from '@sublane/basics';
import { type AddressBytes, formatPrefix, type IpPrefix, parsePrefix, prefixContains } from './ip-address.ts';
import type { Delegation, PoolFault } from './pool.ts';

/**
 * RFC 6177 §2: a /48 is the most that one site needs. At the other end the host itself takes the first address of its
 * prefix, so there must be one beside the subnet-router anycast address (RFC 4291 §2.6.1).
 */
const SHORTEST = 48;
const LONGEST = 127;

/** More would not be exact in JavaScript's numbers once added to. */
const COUNT_MAX = 2 ** 52;

/** Checks what prefixes are taken from and how long each is. */
export function createDelegation(settings: {
  readonly prefix: string;
  readonly length: number;
}): Result<Delegation, readonly PoolFault[]> {
  const faults: PoolFault[] = [];
  const prefix = parsePrefix(settings.prefix);
  const { length } = settings;
  if (prefix === undefined || prefix.base.length !== 16) {
    const message = 'expected an IPv6 prefix, as 2001:db8:100::/40';
    faults.push({ leaf: 'delegated/prefix', value: settings.prefix, message });
  } else if (length <= prefix.length) {
    const message = `a /${length} is not a part of ${formatPrefix(prefix)}; expected a length above ${prefix.length}`;
    faults.push({ leaf: 'delegated/length', value: String(length), message });
  }
  if (length < SHORTEST || length > LONGEST) {
    const message = `expected ${SHORTEST}..${LONGEST}: a /${SHORTEST} is the most that one site gets, and hosts take no more`;
    faults.push({ leaf: 'delegated/length', value: String(length), message });
  }
  if (prefix === undefined || faults.length > 0) return failed(faults);
  return ok({ base: prefix.base, prefixLength: prefix.length, length });
}

/** How many prefixes there are, as far as a number can say it exactly. */
export function delegationCount({ prefixLength, length }: Delegation): number {
  return Math.min(2 ** (length - prefixLength), COUNT_MAX);
}

/** The prefix at an index below `delegationCount`. */
export function delegatedAt({ base, length }: Delegation, index: number): IpPrefix {
  const bytes = Uint8Array.from(base);
  // The index stands just before bit `length`, where the base has zeros: nothing is carried.
  let at = Math.ceil(length / 8) - 1;
  const spare = (8 - (length % 8)) % 8;
  let rest = index;
  for (let unit = 2 ** (8 - spare), shift = spare; rest > 0; unit = 256, shift = 0) {
    bytes[at] = (bytes[at] ?? 0) | ((rest % unit) << shift);
    rest = Math.floor(rest / unit);
    at--;
  }
  return { base: bytes, length };
}

/** The index of the prefix that an address is in; undefined outside, or 2^52 and more from the first. */
export function delegatedIndex(delegation: Delegation, address: AddressBytes): number | undefined {
  const { prefixLength, length } = delegation;
  if (!prefixContains({ base: delegation.base, length: prefixLength }, address)) return undefined;
  let index = 0;
  for (let bit = prefixLength; bit < length; bit++) {
    index = index * 2 + (((address[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
    if (index >= COUNT_MAX) return undefined;
  }
  return index;
}

export function sameDelegation(one: Delegation | undefined, other: Delegation | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.length === other.length && one.base.every((byte, at) => byte === other.base[at]);
}
