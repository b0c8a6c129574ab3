import { failed, ok, type Result } from '@sublane/basics';
import type { WantedAddresses } from '../aaa/grant.ts';
import { delegatedIndex } from '../pools/delegation.ts';
import { isAmong } from '../pools/index-ranges.ts';
import { parseAddress, parsePrefix, sameAddress } from '../pools/ip-address.ts';
import type { PoolShape } from '../pools/pool.ts';
import { addressesAt, indexOfAddress, mayGiveTo } from '../pools/pool-shape.ts';
import { type IndexHolder, reservationOf } from '../pools/reserved-indexes.ts';
import type { AddressFault } from '../refusal/refusal.ts';

/** Why an address that an authority chose cannot be given. */
export interface Unavailable {
  readonly address: string;
  readonly why: AddressFault;
}

/** Where the addresses are that an authority chose. */
export interface WantedPlace<P> {
  readonly pool: P;
  readonly index: number;
  /** One of them, to be named in a refusal. */
  readonly address: string;
}

/** The one place of all that an authority chose; `wanted` names one address at least. */
export function findWanted<P extends { readonly shape: PoolShape }>(
  { ipv4, ipv6, delegatedPrefix }: WantedAddresses,
  pools: readonly P[],
): Result<WantedPlace<P>, Unavailable> {
  let place: WantedPlace<P> | undefined;
  for (const address of [ipv4, ipv6, delegatedPrefix].filter((text) => text !== undefined)) {
    const indexIn = address === delegatedPrefix ? prefixIndex : addressIndex;
    const found = pools
      .map((pool) => ({ pool, index: indexIn(pool.shape, address), address }))
      .find((one): one is WantedPlace<P> => one.index !== undefined);
    if (found === undefined) return failed({ address, why: 'in-no-pool' });
    if (place !== undefined && (found.pool !== place.pool || found.index !== place.index))
      return failed({ address, why: 'apart' });
    place ??= found;
  }
  if (place === undefined) throw new Error('nothing is wanted');
  return ok(place);
}

/**
 * What keeps this holder from having the index by name. What is excluded is out of the pool's own giving, and may be
 * given so: the static addresses beside the range of the others.
 */
export function barOf(shape: PoolShape, index: number, holder: IndexHolder): AddressFault | undefined {
  if (mayGiveTo(shape, index, holder) || isAmong(shape.excluded, index)) return undefined;
  return reservationOf(shape, index) === undefined ? 'never-given' : 'reserved';
}

function addressIndex(shape: PoolShape, text: string): number | undefined {
  const address = parseAddress(text);
  return address && indexOfAddress(shape, address);
}

/** Only the very prefix: an authority that cuts other ones means another pool. */
function prefixIndex(shape: PoolShape, text: string): number | undefined {
  const prefix = parsePrefix(text);
  if (shape.delegated === undefined || prefix?.base.length !== 16) return undefined;
  const index = delegatedIndex(shape.delegated, prefix.base);
  if (index === undefined || index >= shape.size) return undefined;
  const { delegated } = addressesAt(shape, index);
  return delegated?.length === prefix.length && sameAddress(delegated.base, prefix.base) ? index : undefined;
}
