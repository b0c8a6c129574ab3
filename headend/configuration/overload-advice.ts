import { DIRECTIONS } from '../policy/wish.ts';
import type { LocationLoad } from '../store/records.ts';

/** A capacity below what is guaranteed there: it is taken, and nothing is admitted until enough has ended. */
export function overloadAdvice({ name, upldCapacity, dnldCapacity, guaranteed }: LocationLoad): readonly string[] {
  const capacities = { upld: upldCapacity, dnld: dnldCapacity };
  return DIRECTIONS.flatMap((direction) => {
    const capacity = capacities[direction];
    if (capacity === undefined || guaranteed[direction] <= capacity) return [];
    return [
      `location ${name}: ${guaranteed[direction]} kbit/s ${direction} are guaranteed and its capacity is ${capacity}; ` +
        'what is granted stays and is renewed, and nothing more is admitted until enough of it has ended',
    ];
  });
}
