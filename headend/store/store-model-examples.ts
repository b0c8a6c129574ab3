import type { ModelWish } from './store-model.ts';
import { expire, liftQuarantine, release, report, request, wait } from './store-model-lanes.ts';
import { layOut, place, removePool, reopen, setState } from './store-model-provider.ts';
import type { StoreCommand } from './store-model-real.ts';

const calls = (group: number, dnld = 0): ModelWish => ({ group, class: 'calls', upld: 0, dnld, guaranteed: true });

/** Walks that went wrong once, and some that chance seldom takes. */
export const EXAMPLES: Readonly<Record<string, readonly StoreCommand[]>> = {
  'a location comes back below another, with more than that has': [
    place(['cell', undefined, false]),
    request(['laptop', [calls(2, 2500), calls(1, 400)], 'cell', 1]),
    request(['tablet', [calls(1, 2500)], 'cell', 1]),
    place(['cell', undefined, true]),
    request(['phone', [calls(1, 100)], 'cell', 1]),
    release([0, null]),
    request(['phone', [calls(1, 100)], 'cell', 1]),
  ],
  'a pool that was removed and added again keeps its quarantine': [
    request(['laptop', [calls(1), calls(2)], undefined, 60]),
    report([0, 'in conflict']),
    removePool(['calls', true]),
    layOut(['calls', 29, [], [], 0]),
    setState(['more', 'draining']),
    request(['tablet', [calls(1), calls(2)], undefined, 60]),
    reopen(),
    liftQuarantine(0),
    request(['phone', [calls(1), calls(2)], undefined, 60]),
  ],
  'what rests is its last holder’s, then the longest rested is anybody’s': [
    layOut(['calls', 30, [], [], 90]),
    setState(['more', 'draining']),
    request(['laptop', [calls(1), calls(2)], undefined, 60]),
    release([0, null]),
    wait(1),
    release([0, null]),
    request(['tablet', [calls(1)], undefined, 60]),
    request(['laptop', [calls(2)], undefined, 60]),
    reopen(),
    request(['phone', [calls(1)], undefined, 60]),
    wait(90),
    expire(5),
    request(['phone', [calls(1)], undefined, 60]),
  ],
  'a pool that moves takes its leases to the other, and back': [
    request(['laptop', [calls(1), calls(2)], undefined, 60]),
    setState(['calls', 'moving']),
    request(['laptop', [calls(1)], undefined, 60]),
    request(['tablet', [calls(1)], undefined, 60]),
    setState(['calls', 'open']),
    setState(['more', 'moving']),
    request(['laptop', [calls(2), calls(1)], undefined, 60]),
  ],
};
