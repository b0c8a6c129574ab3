import fc from 'fast-check';
import type { ModelReservation, ModelWish } from './store-model.ts';
import {
  endQuarantine,
  expire,
  liftQuarantine,
  release,
  releaseAll,
  releaseByOperator,
  renew,
  report,
  request,
  wait,
} from './store-model-lanes.ts';
import {
  changePlan,
  enrol,
  layOut,
  place,
  recall,
  removePool,
  reopen,
  revoke,
  setState,
  suspend,
} from './store-model-provider.ts';
import { HOSTS, POOLS, type StoreCommand, SUBSCRIBERS } from './store-model-real.ts';

const host = fc.constantFrom(...Object.keys(HOSTS));
const subscriber = fc.constantFrom(...SUBSCRIBERS);
const pool = fc.constantFrom(...POOLS);
const group = fc.integer({ min: 1, max: 5 });
const rate = fc.constantFrom(0, 100, 400, 1000, 2500);
const wish: fc.Arbitrary<ModelWish> = fc.record({
  group,
  class: fc.constantFrom('calls', 'calls', 'films'),
  upld: rate,
  dnld: rate,
  guaranteed: fc.constantFrom(true, true, true, false),
});
const wishes = fc.uniqueArray(wish, { minLength: 1, maxLength: 3, selector: (one) => one.group });
const location = fc.constantFrom('cell', 'cell', 'other', 'region', undefined);

const reservations: fc.Arbitrary<readonly ModelReservation[]> = fc.constantFrom(
  [],
  [{ index: 4, subscriber: 'alice' }],
  [
    { index: 1, subscriber: 'alice' },
    { index: 2, subscriber: 'alice', host: 'phone' },
    { index: 5, subscriber: 'bob', host: 'tablet' },
    { index: 11, subscriber: 'bob' },
  ],
);

/** Where a prefix begins, and its length. */
const LAYOUTS: fc.Arbitrary<readonly [begin: number, length: number]> = fc.constantFrom(
  [0, 28],
  [0, 29],
  [0, 30],
  [8, 29],
  [8, 30],
);

/** How often beside the others: what a provider's day is made of, and enough of what is rare. */
const WEIGHTS: readonly (readonly [number, fc.Arbitrary<StoreCommand>])[] = [
  [9, fc.tuple(host, wishes, location, fc.integer({ min: 1, max: 90 })).map(request)],
  [2, fc.tuple(fc.nat(20), fc.option(group), fc.integer({ min: 1, max: 90 })).map(renew)],
  [2, fc.tuple(fc.nat(20), fc.option(group)).map(release)],
  [1, host.map(releaseAll)],
  [1, fc.nat(20).map(releaseByOperator)],
  [1, fc.integer({ min: 1, max: 5 }).map(expire)],
  [2, fc.integer({ min: 1, max: 60 }).map(wait)],
  [3, fc.tuple(fc.nat(20), fc.constantFrom('applied', 'in conflict', 'in conflict', 'unknown')).map(report)],
  [1, fc.nat(3).map(liftQuarantine)],
  [1, fc.integer({ min: 1, max: 5 }).map(endQuarantine)],
  [
    2,
    fc
      .tuple(pool, fc.constantFrom('open' as const, 'open' as const, 'draining' as const, 'moving' as const))
      .map(setState),
  ],
  [
    2,
    fc
      .tuple(pool, LAYOUTS, fc.constantFrom([], [2], [1, 3, 10]), reservations, fc.constantFrom(0, 0, 30, 90))
      .map(layOut),
  ],
  [1, fc.tuple(pool, fc.boolean()).map(removePool)],
  [
    1,
    fc
      .tuple(
        fc.constantFrom('cell', 'other', 'region'),
        fc.constantFrom(undefined, 500, 1500, 4000),
        fc.constantFrom(true, true, false),
      )
      .map(place),
  ],
  [1, host.map(revoke)],
  [2, host.map(enrol)],
  [1, fc.tuple(subscriber, fc.constantFrom(true, false, false)).map(suspend)],
  [1, fc.tuple(subscriber, fc.constantFrom('gold', 'silver')).map(changePlan)],
  [1, fc.oneof(fc.record({ hostId: host }), fc.record({ subscriber })).map(recall)],
  [1, fc.constant(reopen())],
];
export const COMMANDS: fc.Arbitrary<StoreCommand>[] = WEIGHTS.flatMap(([weight, one]) => Array(weight).fill(one));
