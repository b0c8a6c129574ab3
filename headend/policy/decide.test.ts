import { kilobitsPerSecond, seconds } from '@sublane/basics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide } from './decide.ts';
import { DEFAULT_RULE } from './decision.ts';
import type { Limit, Plan, Rule, RuleConditions, ServiceClass } from './plan.ts';
import type { Situation } from './situation.ts';
import { windowHolds } from './time-window.ts';
import { DIRECTIONS, type DirectionWish, type GroupWish, type Priority } from './wish.ts';

const kbps = kilobitsPerSecond;
const service = (name: string, more: Partial<ServiceClass> = {}): ServiceClass => ({
  name,
  dscp: 0,
  priority: 'L',
  scope: 'external',
  admission: 'guaranteed',
  routes: [],
  ...more,
});
const plan = (classes: readonly ServiceClass[], rules: readonly Rule[], defaultClass?: string): Plan => ({
  name: 'gold',
  classes: new Map(classes.map((entry) => [entry.name, entry])),
  rules,
  ...(defaultClass !== undefined && { defaultClass }),
  lease: { valid: seconds(3600), renewAt: 0.5 },
  groupsMax: 8,
  routes: [],
});
const asked = (bandwidth: number, priority: Priority): DirectionWish => ({ bandwidth: kbps(bandwidth), priority });
const wish = (upld?: DirectionWish, dnld?: DirectionWish): GroupWish => ({
  groupId: 7,
  applications: [],
  ...(upld && { upld }),
  ...(dnld && { dnld }),
});
const grant = { subscriber: 'alice', plan: 'gold', authority: 'embedded' };
const at = (minuteOfDay: number): Situation => ({ moment: { minuteOfDay, day: 'sat' }, places: [] });
const noon = at(720);
const evening = at(1200);

/** The plan of the manual. */
const GOLD = plan(
  [
    service('conversational', {
      dscp: 46,
      priority: 'H',
      upld: { ceiling: kbps(5000), burst: 32000 as never },
      dnld: { ceiling: kbps(8000) },
    }),
    service('streaming', { dscp: 34, priority: 'M', scope: 'internal', dnld: { ceiling: kbps(25000) } }),
    service('best-effort', { upld: { ceiling: kbps(10000) }, dnld: { ceiling: 'unlimited' } }),
  ],
  [
    {
      name: 'calls',
      when: { priority: 'H', bandwidthMax: kbps(5000) },
      outcome: { class: 'conversational', overCeiling: 'refuse' },
    },
    {
      name: 'films',
      when: { priority: 'M', direction: 'dnld' },
      outcome: { class: 'streaming', overCeiling: 'lower' },
    },
    {
      name: 'no-bulk-at-noon',
      when: { priority: 'L', time: { start: 660, end: 780 } },
      outcome: { refuse: 'bulk transfers rest at noon' },
    },
  ],
  'best-effort',
);

describe('the plan of the manual', () => {
  test('calls: both directions in one class', () => {
    expect(decide(wish(asked(2000, 'H'), asked(4000, 'H')), grant, GOLD, noon)).toEqual({
      kind: 'accept',
      groupId: 7,
      rule: 'calls',
      class: GOLD.classes.get('conversational'),
      upld: { rate: 2000, burst: 32000, priority: 'H' },
      dnld: { rate: 4000, priority: 'H' },
    });
  });

  test('films: what is over the ceiling is lowered', () => {
    expect(decide(wish(undefined, asked(40000, 'M')), grant, GOLD, noon)).toMatchObject({
      kind: 'lower',
      rule: 'films',
      dnld: { rate: 25000, priority: 'M' },
    });
  });

  test('films in both directions are no films: the rule wants download and no other', () => {
    expect(decide(wish(asked(1, 'M'), asked(1, 'M')), grant, GOLD, noon)).toMatchObject({ rule: DEFAULT_RULE });
  });

  test('one direction of another priority, or faster: a rule holds for every direction asked', () => {
    expect(decide(wish(asked(1, 'H'), asked(1, 'L')), grant, GOLD, evening)).toMatchObject({ rule: DEFAULT_RULE });
    expect(decide(wish(asked(1, 'H'), asked(5001, 'H')), grant, GOLD, evening)).toMatchObject({ rule: DEFAULT_RULE });
  });

  test('bulk: refused at noon with the rule’s text, the default class in the evening', () => {
    expect(decide(wish(asked(1, 'L')), grant, GOLD, noon)).toEqual({
      kind: 'refuse',
      groupId: 7,
      rule: 'no-bulk-at-noon',
      refusal: { kind: 'rule-refuses', groupId: 7, rule: 'no-bulk-at-noon', text: 'bulk transfers rest at noon' },
    });
    expect(decide(wish(asked(1, 'L')), grant, GOLD, evening)).toMatchObject({ kind: 'accept', rule: DEFAULT_RULE });
  });

  test('the default class refuses what is over its ceilings, and has none where it is unlimited', () => {
    expect(decide(wish(asked(10001, 'L')), grant, GOLD, evening)).toMatchObject({
      kind: 'refuse',
      refusal: { kind: 'over-ceiling', direction: 'upld', asked: 10001, ceiling: 10000, class: 'best-effort' },
    });
    expect(decide(wish(undefined, asked(4_000_000_000, 'L')), grant, GOLD, evening)).toMatchObject({
      kind: 'accept',
      dnld: { rate: 4_000_000_000 },
    });
  });
});

test('a direction without a limit cannot be asked, not even where more is lowered', () => {
  const films = plan(
    [service('streaming', { dnld: { ceiling: kbps(1) } })],
    [{ name: 'all', when: {}, outcome: { class: 'streaming', overCeiling: 'lower' } }],
  );
  expect(decide(wish(asked(1, 'M'), asked(1, 'M')), grant, films, noon)).toMatchObject({
    kind: 'refuse',
    refusal: { kind: 'direction-not-offered', rule: 'all', class: 'streaming', direction: 'upld' },
  });
});

test('no rule and no default class', () => {
  expect(decide(wish(asked(1, 'L')), grant, plan([], []), noon)).toMatchObject({
    kind: 'refuse',
    rule: DEFAULT_RULE,
    refusal: { kind: 'no-rule', plan: 'gold' },
  });
});

describe('laws', () => {
  const rate = fc.integer({ min: 1, max: 50 }).map(kbps);
  const priority = fc.constantFrom<Priority>('H', 'M', 'L');
  const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const present = <T extends object>(value: T) =>
    Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
      [K in keyof T]: Exclude<T[K], undefined>;
    };
  const limit: fc.Arbitrary<Limit> = fc.record({ ceiling: fc.oneof(rate, fc.constant('unlimited' as const)) });
  const anyClass = (name: string) =>
    fc
      .record({ upld: optional(limit), dnld: optional(limit), priority })
      .map((parts) => service(name, present(parts) as Partial<ServiceClass>));
  const minute = fc.integer({ min: 0, max: 1440 });
  const conditions = fc
    .record({
      priority: optional(priority),
      bandwidthMax: optional(rate),
      direction: optional(fc.constantFrom('upld' as const, 'dnld' as const)),
      time: optional(fc.record({ start: minute, end: minute })),
    })
    .map((parts) => present(parts) as RuleConditions);
  const outcome = fc.oneof(
    fc.record({ class: fc.constantFrom('a', 'b'), overCeiling: fc.constantFrom('refuse' as const, 'lower' as const) }),
    fc.record({ refuse: fc.constant('no') }),
  );
  const anyPlan = fc
    .record({
      classes: fc.tuple(anyClass('a'), anyClass('b')),
      rules: fc.array(fc.record({ when: conditions, outcome }), { maxLength: 5 }),
      defaultClass: optional(fc.constantFrom('a', 'b')),
    })
    .map(({ classes, rules, defaultClass }) =>
      plan(
        classes,
        rules.map((rule, at) => ({ name: `rule-${at}`, ...rule })),
        defaultClass,
      ),
    );
  const direction = fc.record({ bandwidth: rate, priority });
  const anyWish = fc
    .record({ upld: optional(direction), dnld: optional(direction) })
    .filter(({ upld, dnld }) => upld !== undefined || dnld !== undefined)
    .map(({ upld, dnld }) => wish(upld, dnld));
  const moment = fc.integer({ min: 0, max: 1439 }).map(at);

  test('never more than the ceiling, never more than asked, nothing that was not asked', () => {
    fc.assert(
      fc.property(anyWish, anyPlan, moment, (group, some, now) => {
        const decision = decide(group, grant, some, now);
        if (decision.kind === 'refuse') return;
        let less = false;
        for (const which of DIRECTIONS) {
          const [granted, wanted, limited] = [decision[which], group[which], decision.class[which]];
          expect(granted === undefined).toBe(wanted === undefined);
          if (granted === undefined || wanted === undefined) continue;
          expect(limited).toBeDefined();
          expect(granted.rate).toBeLessThanOrEqual(wanted.bandwidth);
          if (limited?.ceiling !== 'unlimited') expect(granted.rate).toBeLessThanOrEqual(limited?.ceiling ?? 0);
          less ||= granted.rate < wanted.bandwidth;
        }
        expect(decision.kind).toBe(less ? 'lower' : 'accept');
      }),
      { numRuns: 1000 },
    );
  });

  test('the first rule that holds decides; no rule before it holds, and rules after it change nothing', () => {
    const matches = ({ when }: Rule, group: GroupWish, { moment }: Situation) =>
      DIRECTIONS.every((which) => {
        const wanted = group[which];
        if (wanted === undefined) return true;
        return (
          (when.priority ?? wanted.priority) === wanted.priority &&
          wanted.bandwidth <= (when.bandwidthMax ?? Number.POSITIVE_INFINITY) &&
          (when.direction ?? which) === which
        );
      }) && windowHolds(when.time, undefined, moment);
    fc.assert(
      fc.property(anyWish, anyPlan, moment, (group, some, now) => {
        const decision = decide(group, grant, some, now);
        const first = some.rules.findIndex((rule) => matches(rule, group, now));
        expect(decision.rule).toBe(first < 0 ? DEFAULT_RULE : `rule-${first}`);
        if (first < 0) return;
        expect(decide(group, grant, { ...some, rules: some.rules.slice(0, first + 1) }, now)).toEqual(decision);
      }),
      { numRuns: 1000 },
    );
  });

  test('the same question has the same answer', () => {
    fc.assert(
      fc.property(anyWish, anyPlan, moment, (group, some, now) => {
        expect(decide(structuredClone(group), { ...grant }, some, { ...now })).toEqual(decide(group, grant, some, now));
      }),
    );
  });

  test('a higher ceiling never gives less', () => {
    const raise = (limited: Limit | undefined): { ceiling: Limit['ceiling'] } | undefined =>
      limited && { ceiling: limited.ceiling === 'unlimited' ? 'unlimited' : kbps(limited.ceiling * 2) };
    fc.assert(
      fc.property(anyWish, anyPlan, moment, (group, some, now) => {
        const classes = new Map(
          [...some.classes].map(([name, old]) => {
            const [upld, dnld] = [raise(old.upld), raise(old.dnld)];
            return [name, { ...old, ...(upld && { upld }), ...(dnld && { dnld }) }];
          }),
        );
        const [before, after] = [decide(group, grant, some, now), decide(group, grant, { ...some, classes }, now)];
        if (before.kind === 'refuse') return;
        expect(after.kind).not.toBe('refuse');
        if (after.kind === 'refuse') return;
        for (const which of DIRECTIONS) {
          expect(after[which]?.rate ?? 0).toBeGreaterThanOrEqual(before[which]?.rate ?? 0);
        }
      }),
      { numRuns: 500 },
    );
  });
});
