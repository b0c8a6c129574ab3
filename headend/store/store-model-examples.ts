import type { ModelWish } from './store-model.ts';
import { expire, liftQuarantine, release, releaseAll, report, request, wait } from './store-model-lanes.ts';
import { layOut, place, removePool, reopen, setState } from './store-model-provider.ts';
import type { StoreCommand } from './store-model-real.ts';

const calls = (group: number, dnld = 0): ModelWish => ({ group, class: 'calls', upld: 0, dnld, guaranteed: true });

const RESERVED = [
  { index: 1, subscriber: 'alice' },
  { index: 2, subscriber: 'alice', host: 'phone' },
  { index: 5, subscriber: 'bob', host: 'tablet' },
];

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
    layOut(['calls', [0, 29], [], [], 0]),
    setState(['more', 'draining']),
    request(['tablet', [calls(1), calls(2)], undefined, 60]),
    reopen(),
    liftQuarantine(0),
    request(['phone', [calls(1), calls(2)], undefined, 60]),
  ],
  'what rests is its last holder’s, then the longest rested is anybody’s': [
    layOut(['calls', [0, 30], [], [], 90]),
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
  'a pool that begins lower, and higher again, keeps its leases, its quarantine and what rests': [
    layOut(['calls', [8, 29], [], [], 90]),
    setState(['more', 'draining']),
    request(['laptop', [calls(1), calls(2), calls(3)], undefined, 60]),
    report([0, 'in conflict']),
    release([0, null]),
    layOut(['calls', [0, 28], [], [], 90]),
    request(['tablet', [calls(1), calls(2)], undefined, 60]),
    reopen(),
    request(['laptop', [calls(2)], undefined, 60]),
    releaseAll('tablet'),
    layOut(['calls', [8, 29], [], [], 0]),
    liftQuarantine(0),
    request(['tablet', [calls(1), calls(2), calls(3)], undefined, 60]),
  ],
  'an address in quarantine, reserved no more, is none that is left': [
    setState(['more', 'moving']),
    layOut(['calls', [0, 28], [], RESERVED, 0]),
    request(['laptop', [calls(1)], 'cell', 1]),
    report([0, 'in conflict']),
    request(['phone', [calls(1), calls(3), calls(2)], 'cell', 1]),
    request(['laptop', [calls(1)], 'cell', 1]),
    layOut(['calls', [0, 29], [], [], 0]),
    request([
      'tablet',
      [
        { ...calls(1), upld: 1000 },
        { ...calls(3), upld: 400 },
        { ...calls(2), class: 'films', upld: 1000 },
      ],
      'cell',
      1,
    ]),
  ],
};
