import { kilobitsPerSecond, seconds } from '@sublane/basics';
import { DIRECTIONS, type Direction } from '../policy/wish.ts';
import type { RefusalOf } from '../refusal/refusal.ts';

/** In kbit/s, for each direction. */
export type Rates = Readonly<Record<Direction, number>>;

/** What the rule knows of a location. */
export interface AdmissionPlace {
  readonly name: string;
  /** A direction without one has no limit. */
  readonly capacity: Partial<Rates>;
  /** Guaranteed there and in its parts. */
  readonly guaranteed: Rates;
}

/** What a lane counts, and where: its location, what that is a part of, and so on; nearest first. */
export interface Counted {
  readonly rates: Rates;
  readonly places: readonly AdmissionPlace[];
}

export interface LoadChange {
  readonly groupId: number;
  /** What the group's lane counts until now; absent: it has none. */
  readonly before?: Counted;
  readonly after: Counted;
}

/** When a full location is worth another try: lanes end all the time, nobody knows when. */
const RETRY = seconds(60);

/**
 * Admission control (sublane-headend, `admission`): the sum of what is guaranteed in a location and its parts is never
 * more than its capacity. All changes of one message are looked at together, and what they give back is counted first.
 * A lane counts by what it changes: one that asks for no more than it has is not refused, also where the capacity was
 * lowered under what is granted.
 *
 * Answers one refusal for each group that does not fit beside those before it.
 */
export function refuseOverCapacity(changes: readonly LoadChange[]): RefusalOf<'capacity-exceeded'>[] {
  const sums = new Map<AdmissionPlace, Record<Direction, number>>();
  const sumAt = (place: AdmissionPlace) => {
    const sum = sums.get(place) ?? { ...place.guaranteed };
    sums.set(place, sum);
    return sum;
  };
  for (const change of changes)
    for (const { place, direction, by } of steps(change)) if (by < 0) sumAt(place)[direction] += by;

  return changes.flatMap((change) => {
    const rises = steps(change).filter(({ by }) => by > 0);
    for (const { place, direction, by } of rises) {
      const capacity = place.capacity[direction];
      if (capacity === undefined) continue;
      const room = capacity - sumAt(place)[direction];
      if (by <= room) continue;
      const asked = change.after.rates[direction];
      return [
        {
          kind: 'capacity-exceeded' as const,
          groupId: change.groupId,
          location: place.name,
          direction,
          asked: kilobitsPerSecond(asked),
          // What it has there already is its own.
          left: kilobitsPerSecond(Math.max(0, asked - by + room)),
          ...(asked <= capacity && { retryAfter: RETRY }),
        },
      ];
    }
    for (const { place, direction, by } of rises) sumAt(place)[direction] += by;
    return [];
  });
}

interface Step {
  readonly place: AdmissionPlace;
  readonly direction: Direction;
  readonly by: number;
}

/** By how much each sum changes; the nearest place first, so that a refusal names it. */
function steps({ before, after }: LoadChange): Step[] {
  const places = new Set([...after.places, ...(before?.places ?? [])]);
  return [...places].flatMap((place) =>
    DIRECTIONS.map((direction) => {
      const is = after.places.includes(place) ? after.rates[direction] : 0;
      const was = before?.places.includes(place) ? before.rates[direction] : 0;
      return { place, direction, by: is - was };
    }),
  );
}
