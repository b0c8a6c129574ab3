import fc from 'fast-check';
import type { Grant } from '../aaa/grant.ts';
import { DAYS, type Limit, type Plan, type Rule, type RuleConditions, type ServiceClass } from './plan.ts';
import { GRANT, kbps, planOf, serviceClass, wishOf } from './policy-fixture.ts';
import type { Situation } from './situation.ts';
import type { GroupWish, Priority } from './wish.ts';

/** Plans, wishes and situations out of so few values that they often meet. */

const present = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
/** Mostly not there, as in the plans people write. */
const rare = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined, freq: 1 });

export const MINUTES = [0, 60, 700, 1320] as const;
/** From the inside out. */
export const CHAINS: readonly (readonly string[])[] = [
  [],
  ['region'],
  ['cell', 'region'],
  ['street', 'cell', 'region'],
];
export const PLACES: readonly string[] = ['region', 'cell', 'street', 'elsewhere'];
export const PATTERNS = ['a', 'b', '*', '?', 'a*', '*b', 'a?'] as const;
export const LABELS = ['a', 'b', 'ab', 'ba', 'abb'] as const;
export const PROFILES = ['open', 'strict'] as const;

const rate = fc.integer({ min: 1, max: 6 }).map(kbps);
const priority = fc.constantFrom<Priority>('H', 'M', 'L');
const minute = fc.constantFrom(...MINUTES);

export const anyConditions: fc.Arbitrary<RuleConditions> = fc
  .record({
    priority: rare(priority),
    bandwidthMax: rare(rate),
    bandwidthMin: rare(rate),
    direction: rare(fc.constantFrom('upld' as const, 'dnld' as const)),
    time: rare(fc.record({ start: minute, end: fc.constantFrom(...MINUTES, 1440) })),
    days: rare(fc.subarray([...DAYS], { minLength: 1 })),
    locations: rare(fc.subarray([...PLACES], { minLength: 1, maxLength: 2 })),
    applications: rare(fc.subarray([...PATTERNS], { minLength: 1, maxLength: 2 })),
    security: rare(fc.constantFrom(...PROFILES)),
    quotaUsed: rare(fc.constantFrom(1, 50, 100)),
  })
  .map((parts) => present(parts) as RuleConditions);

const limit: fc.Arbitrary<Limit> = fc.record({ ceiling: fc.oneof(rate, fc.constant('unlimited' as const)) });
const anyClass = (name: string): fc.Arbitrary<ServiceClass> =>
  fc
    .record({
      upld: optional(limit),
      dnld: optional(limit),
      priority,
      securityProfile: rare(fc.constantFrom(...PROFILES)),
    })
    .map((parts) => serviceClass(name, present(parts) as Partial<ServiceClass>));

const outcome = fc.oneof(
  fc.record({ class: fc.constantFrom('a', 'b'), overCeiling: fc.constantFrom('refuse' as const, 'lower' as const) }),
  fc.record({ refuse: fc.constant('no') }),
);
export const anyRule = (name: string): fc.Arbitrary<Rule> =>
  fc.record({ name: fc.constant(name), when: anyConditions, outcome });

export const anyPlan: fc.Arbitrary<Plan> = fc
  .record({
    classes: fc.tuple(anyClass('a'), anyClass('b')),
    rules: fc.array(fc.record({ when: anyConditions, outcome }), { maxLength: 6 }),
    defaultClass: optional(fc.constantFrom('a', 'b')),
  })
  .map(({ classes, rules, defaultClass }) =>
    planOf(
      classes,
      rules.map((rule, at) => ({ name: `rule-${at}`, ...rule })),
      present({ defaultClass }),
    ),
  );

const direction = fc.record({ bandwidth: rate, priority });
export const anyWish: fc.Arbitrary<GroupWish> = fc
  .record({
    upld: optional(direction),
    dnld: optional(direction),
    applications: fc.subarray([...LABELS], { maxLength: 2 }),
    security: optional(fc.constantFrom(...PROFILES)),
  })
  .filter(({ upld, dnld }) => upld !== undefined || dnld !== undefined)
  .map((parts) => wishOf(present(parts)));

export const anySituation: fc.Arbitrary<Situation> = fc
  .record({
    moment: fc.record({ minuteOfDay: fc.constantFrom(...MINUTES, 59, 699, 1319, 1439), day: fc.constantFrom(...DAYS) }),
    places: fc.constantFrom(...CHAINS),
    quotaUsed: optional(fc.constantFrom(0, 1, 49.9, 50, 99.9, 100, 130)),
  })
  .map((parts) => present(parts) as Situation);

export const anyGrant: fc.Arbitrary<Grant> = fc
  .record({ upldCeiling: optional(rate), dnldCeiling: optional(rate) })
  .map((parts) => ({ ...GRANT, ...present(parts) }));
