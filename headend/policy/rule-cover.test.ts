import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchesPlainly } from './decide-oracle.ts';
import { DAYS, type Rule, type RuleConditions } from './plan.ts';
import { anyRule, CHAINS, LABELS, MINUTES, PROFILES } from './policy-arbitraries.ts';
import { asked, kbps, wishOf } from './policy-fixture.ts';
import { covers } from './rule-cover.ts';
import type { Situation } from './situation.ts';
import type { GroupWish, Priority } from './wish.ts';

const chainOf = (location: string) => CHAINS.find(([nearest]) => nearest === location) ?? [location];
const giving = (when: RuleConditions): Rule => ({ name: 'r', when, outcome: { class: 'a', overCeiling: 'refuse' } });
const refusing = (when: RuleConditions): Rule => ({ name: 'r', when, outcome: { refuse: 'no' } });

describe('a rule before another', () => {
  test.each<[string, Rule, Rule, boolean]>([
    ['that always matches', giving({}), giving({ priority: 'H', applications: ['a'], days: ['mon'] }), true],
    ['of a wider range', giving({ bandwidthMax: kbps(9) }), giving({ bandwidthMax: kbps(5), priority: 'H' }), true],
    ['of a narrower range', giving({ bandwidthMax: kbps(4) }), giving({ bandwidthMax: kbps(5) }), false],
    ['of a range open above', giving({ bandwidthMin: kbps(5) }), giving({ bandwidthMin: kbps(5) }), true],
    ['from the lowest rate on', giving({ bandwidthMin: kbps(1) }), giving({}), true],
    ['up to the highest rate', giving({ bandwidthMax: kbps(4_294_967_295) }), giving({}), true],
    [
      'of a longer window',
      giving({ time: { start: 600, end: 900 } }),
      giving({ time: { start: 660, end: 780 } }),
      true,
    ],
    [
      'of an overlapping window',
      giving({ time: { start: 600, end: 700 } }),
      giving({ time: { start: 660, end: 780 } }),
      false,
    ],
    [
      'of the same night, by another day',
      giving({ time: { start: 1320, end: 360 }, days: ['fri'] }),
      giving({ time: { start: 0, end: 360 }, days: ['sat'] }),
      true,
    ],
    ['of all days', giving({ days: [...DAYS] }), giving({}), true],
    ['of the place around', giving({ locations: ['region'] }), giving({ locations: ['street', 'cell'] }), true],
    ['of a part of the place', giving({ locations: ['cell'] }), giving({ locations: ['region'] }), false],
    ['of one place of two', giving({ locations: ['cell'] }), giving({ locations: ['cell', 'elsewhere'] }), false],
    ['of a wider pattern', giving({ applications: ['zoom*'] }), giving({ applications: ['zoom', 'zoom.?'] }), true],
    ['of any application', giving({ applications: ['*'] }), giving({}), false],
    ['of another security', giving({ security: 'open' }), giving({ security: 'strict' }), false],
    ['until the quota is used up', giving({}), giving({ quotaUsed: 100 }), false],
    ['whatever is used', refusing({}), giving({ quotaUsed: 100 }), true],
    ['that gives, before one that refuses', giving({}), refusing({}), false],
    ['from less of the quota on', giving({ quotaUsed: 50 }), giving({ quotaUsed: 80 }), true],
  ])('%s', (_, earlier, later, expected) => {
    expect(covers(earlier, later, { chainOf, counting: true })).toBe(expected);
  });

  test.each<[string, Rule, Rule, boolean]>([
    ['gives, before one that refuses', giving({}), refusing({}), true],
    ['waits for the quota', giving({ quotaUsed: 1 }), refusing({}), false],
  ])('that %s, where nothing is counted', (_, earlier, later, expected) => {
    expect(covers(earlier, later, { chainOf, counting: false })).toBe(expected);
  });
});

/** One of everything that can be told apart by the conditions the arbitraries make. */
const priorities: readonly Priority[] = ['H', 'M', 'L'];
const subsets = (labels: readonly string[]) => [[], ...labels.map((label) => [label])];
const wishes: readonly GroupWish[] = priorities.flatMap((priority) =>
  [1, 2, 3, 4, 5, 6, 7].flatMap((rate) =>
    subsets(LABELS).flatMap((applications) =>
      [undefined, ...PROFILES].flatMap((security) => {
        const rest = { applications, ...(security !== undefined && { security }) };
        const direction = asked(rate, priority);
        return [{ upld: direction }, { dnld: direction }, { upld: direction, dnld: direction }].map((parts) =>
          wishOf({ ...rest, ...parts }),
        );
      }),
    ),
  ),
);
const places = [...CHAINS, ['elsewhere']];
const situations: readonly Situation[] = DAYS.flatMap((day) =>
  [...MINUTES, 1439].flatMap((minuteOfDay) =>
    places.flatMap((chain) =>
      [0, 1, 50, 100].map((quotaUsed) => ({ moment: { minuteOfDay, day }, places: chain, quotaUsed })),
    ),
  ),
);

const uncounted = situations.filter(({ quotaUsed }) => quotaUsed === 0).map(({ quotaUsed: _, ...rest }) => rest);

/** No condition looks at wish and situation together, so what matches is told of each alone. */
const matching = (rule: Rule, counting: boolean) => {
  const { priority, bandwidthMax, bandwidthMin, direction, applications, security } = rule.when;
  const { time, days, locations, quotaUsed } = rule.when;
  const asking = { ...rule, when: given({ priority, bandwidthMax, bandwidthMin, direction, applications, security }) };
  const standing = { ...rule, when: given({ time, days, locations, quotaUsed }) };
  return {
    wishes: new Set(wishes.filter((wish) => matchesPlainly(asking, wish, situations[0]!))),
    situations: new Set(
      (counting ? situations : uncounted).filter((situation) => matchesPlainly(standing, wishes[0]!, situation)),
    ),
  };
};

/** Whether the earlier one matches all that the later one does; undefined: the later one never matches. */
const always = (earlier: Rule, later: Rule, counting: boolean): boolean | undefined => {
  const [wide, narrow] = [matching(earlier, counting), matching(later, counting)];
  if (narrow.wishes.size === 0 || narrow.situations.size === 0) return undefined;
  return (
    [...narrow.wishes].every((wish) => wide.wishes.has(wish)) &&
    [...narrow.situations].every((one) => wide.situations.has(one))
  );
};

test('it is never a false alarm: whatever the later one matches, the earlier one matches too', () => {
  let covered = 0;
  fc.assert(
    fc.property(anyRule('earlier'), anyRule('later'), fc.boolean(), (earlier, later, counting) => {
      if (!covers(earlier, later, { chainOf, counting })) return;
      covered += 1;
      expect(always(earlier, later, counting)).not.toBe(false);
    }),
    { numRuns: 3000 },
  );
  expect(covered).toBeGreaterThan(100);
});

test('nor is anything overlooked, but among patterns', () => {
  fc.assert(
    fc.property(anyRule('earlier'), anyRule('later'), fc.boolean(), (one, other, counting) => {
      const [earlier, later] = [one, other].map(({ when: { applications: _, ...when }, ...rule }) => ({
        ...rule,
        when,
      }));
      const truth = always(earlier!, later!, counting);
      if (truth !== undefined) expect(covers(earlier!, later!, { chainOf, counting })).toBe(truth);
    }),
    { numRuns: 1000 },
  );
});

function given(conditions: { readonly [condition: string]: unknown }): RuleConditions {
  return Object.fromEntries(Object.entries(conditions).filter(([, value]) => value !== undefined));
}
