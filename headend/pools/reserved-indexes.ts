import { isAmong } from './index-ranges.ts';
import { indexFrom, parseAddress, prefixContains } from './ip-address.ts';
import type { IndexRange, IndexReservation, PoolFault, PoolPrefix, Reservation } from './pool.ts';

/** The indexes that reservations mean, lowest first. Faults: each that is none of the pool's to give, or is there twice. */
export function reservedIndexes(
  reservations: readonly Reservation[],
  pool: {
    readonly ipv4?: PoolPrefix;
    readonly ipv6?: PoolPrefix;
    readonly size: number;
    /** Network, broadcast, anycast and gateways. Sorted and disjoint, as `excluded`. */
    readonly forbidden: readonly IndexRange[];
    readonly excluded: readonly IndexRange[];
  },
): { readonly reserved: readonly IndexReservation[]; readonly faults: readonly PoolFault[] } {
  const faults: PoolFault[] = [];
  const reserved = new Map<number, IndexReservation & { readonly address: string }>();
  for (const { address, ...holder } of reservations) {
    const fault = (message: string) =>
      void faults.push({ leaf: 'reservation', value: address, message: `${address} ${message}` });
    const index = indexOf(address, pool);
    if (index === undefined) fault('is not in the pool; expected an address of its prefixes');
    else if (isAmong(pool.forbidden, index))
      fault("is a gateway's, or the network's or broadcast address; expected one that a lane can have");
    else if (isAmong(pool.excluded, index)) fault('is excluded; expected no reservation, or no exclusion');
    else {
      const before = reserved.get(index);
      if (before === undefined) reserved.set(index, { index, ...holder, address });
      else {
        const whose = `${before.address} of ${before.subscriber}`;
        fault(`is one pair with ${whose}, which is reserved already; expected one reservation for the two`);
      }
    }
  }
  const sorted = [...reserved.values()].sort((one, other) => one.index - other.index);
  return { reserved: sorted.map(({ address: _, ...rest }) => rest), faults };
}

function indexOf(
  text: string,
  { ipv4, ipv6, size }: { readonly ipv4?: PoolPrefix; readonly ipv6?: PoolPrefix; readonly size: number },
): number | undefined {
  const address = parseAddress(text);
  const prefix = address?.length === 4 ? ipv4 : ipv6;
  if (address === undefined || prefix === undefined || !prefixContains(prefix, address)) return undefined;
  const index = indexFrom(prefix.base, address);
  return index !== undefined && index < size ? index : undefined;
}

/** Who asks for an index. */
export interface IndexHolder {
  readonly subscriber: string;
  readonly hostId: string;
  readonly groupId: number;
}

export function mayHold(reservation: IndexReservation, { subscriber, hostId, groupId }: IndexHolder): boolean {
  return (
    reservation.subscriber === subscriber &&
    (reservation.hostId === undefined || reservation.hostId === hostId) &&
    (reservation.groupId === undefined || reservation.groupId === groupId)
  );
}

/** What is reserved for a holder: first what fewer others could have instead, then the lowest. */
export function reservedFor(shape: ReservedIndexes, holder: IndexHolder): readonly IndexReservation[] {
  if (shape.reservations.length === 0) return NONE;
  const own = indexed(shape).bySubscriber.get(holder.subscriber) ?? NONE;
  return own.filter((one) => mayHold(one, holder)).sort((one, other) => narrowness(other) - narrowness(one));
}

/** The reservation of an index, if it has one. */
export function reservationOf(shape: ReservedIndexes, index: number): IndexReservation | undefined {
  return shape.reservations.length === 0 ? undefined : indexed(shape).byIndex.get(index);
}

interface ReservedIndexes {
  readonly reservations: readonly IndexReservation[];
}

const NONE: readonly IndexReservation[] = [];

const narrowness = ({ hostId, groupId }: IndexReservation): number =>
  (hostId === undefined ? 0 : 2) + (groupId === undefined ? 0 : 1);

interface Indexed {
  readonly byIndex: ReadonlyMap<number, IndexReservation>;
  readonly bySubscriber: ReadonlyMap<string, readonly IndexReservation[]>;
}

/** Shapes are immutable: each is sorted out once. */
const known = new WeakMap<readonly IndexReservation[], Indexed>();

function indexed({ reservations }: ReservedIndexes): Indexed {
  const before = known.get(reservations);
  if (before !== undefined) return before;
  const byIndex = new Map(reservations.map((one) => [one.index, one]));
  const bySubscriber = Map.groupBy(reservations, ({ subscriber }) => subscriber);
  const made = { byIndex, bySubscriber };
  known.set(reservations, made);
  return made;
}
