import { bytes } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import { decide } from './decide.ts';
import { DEFAULT_RULE } from './decision.ts';
import { explain } from './explain.ts';
import type { RuleConditions } from './plan.ts';
import { asked, GRANT, kbps, planOf, serviceClass, situationOf, wishOf } from './policy-fixture.ts';
import type { Situation } from './situation.ts';
import type { DirectionWish, GroupWish } from './wish.ts';

const wish = (upld?: DirectionWish, dnld?: DirectionWish): GroupWish =>
  wishOf({ ...(upld && { upld }), ...(dnld && { dnld }) });
const noon = situationOf(720);
const evening = situationOf(1200);

/** The plan of the manual. */
const GOLD = planOf(
  [
    serviceClass('conversational', {
      dscp: 46,
      priority: 'H',
      upld: { ceiling: kbps(5000), burst: bytes(32_000) },
      dnld: { ceiling: kbps(8000) },
    }),
    serviceClass('streaming', { dscp: 34, priority: 'M', scope: 'internal', dnld: { ceiling: kbps(25_000) } }),
    serviceClass('best-effort', { upld: { ceiling: kbps(10_000) }, dnld: { ceiling: 'unlimited' } }),
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
  { defaultClass: 'best-effort' },
);

describe('the plan of the manual', () => {
  test('calls: both directions in one class', () => {
    expect(decide(wish(asked(2000, 'H'), asked(4000, 'H')), GRANT, GOLD, noon)).toEqual({
      kind: 'accept',
      groupId: 7,
      rule: 'calls',
      class: GOLD.classes.get('conversational'),
      upld: { rate: 2000, burst: 32000, priority: 'H' },
      dnld: { rate: 4000, priority: 'H' },
    });
  });

  test('films: what is over the ceiling is lowered', () => {
    expect(decide(wish(undefined, asked(40000, 'M')), GRANT, GOLD, noon)).toMatchObject({
      kind: 'lower',
      rule: 'films',
      dnld: { rate: 25000, priority: 'M' },
    });
  });

  test('films in both directions are no films: the rule wants download and no other', () => {
    expect(decide(wish(asked(1, 'M'), asked(1, 'M')), GRANT, GOLD, noon)).toMatchObject({ rule: DEFAULT_RULE });
  });

  test('one direction of another priority, or faster: a rule holds for every direction asked', () => {
    expect(decide(wish(asked(1, 'H'), asked(1, 'L')), GRANT, GOLD, evening)).toMatchObject({ rule: DEFAULT_RULE });
    expect(decide(wish(asked(1, 'H'), asked(5001, 'H')), GRANT, GOLD, evening)).toMatchObject({ rule: DEFAULT_RULE });
  });

  test('bulk: refused at noon with the rule’s text, the default class in the evening', () => {
    expect(decide(wish(asked(1, 'L')), GRANT, GOLD, noon)).toEqual({
      kind: 'refuse',
      groupId: 7,
      rule: 'no-bulk-at-noon',
      refusal: { kind: 'rule-refuses', groupId: 7, rule: 'no-bulk-at-noon', text: 'bulk transfers rest at noon' },
    });
    expect(decide(wish(asked(1, 'L')), GRANT, GOLD, evening)).toMatchObject({ kind: 'accept', rule: DEFAULT_RULE });
  });

  test('the default class refuses what is over its ceilings, and has none where it is unlimited', () => {
    expect(decide(wish(asked(10001, 'L')), GRANT, GOLD, evening)).toMatchObject({
      kind: 'refuse',
      refusal: { kind: 'over-ceiling', direction: 'upld', asked: 10001, ceiling: 10000, class: 'best-effort' },
    });
    expect(decide(wish(undefined, asked(4_000_000_000, 'L')), GRANT, GOLD, evening)).toMatchObject({
      kind: 'accept',
      dnld: { rate: 4_000_000_000 },
    });
  });

  test('each rule says why it did not decide', () => {
    expect(explain(wish(asked(2000, 'L'), asked(4000, 'H')), GRANT, GOLD, evening).rules).toEqual([
      {
        rule: 'calls',
        verdict: 'differs',
        condition: 'priority',
        wanted: 'H',
        found: 'upld priority L, dnld priority H',
      },
      {
        rule: 'films',
        verdict: 'differs',
        condition: 'priority',
        wanted: 'M',
        found: 'upld priority L, dnld priority H',
      },
      {
        rule: 'no-bulk-at-noon',
        verdict: 'differs',
        condition: 'priority',
        wanted: 'L',
        found: 'upld priority L, dnld priority H',
      },
    ]);
    expect(explain(wish(asked(1, 'L')), GRANT, GOLD, evening).rules[2]).toEqual({
      rule: 'no-bulk-at-noon',
      verdict: 'differs',
      condition: 'time',
      wanted: '11:00-13:00',
      found: 'sat 20:00',
    });
    expect(explain(wish(asked(1, 'H')), GRANT, GOLD, evening).rules).toEqual([
      { rule: 'calls', verdict: 'decides' },
      { rule: 'films', verdict: 'later' },
      { rule: 'no-bulk-at-noon', verdict: 'later' },
    ]);
  });
});

test('a direction without a limit cannot be asked, not even where more is lowered', () => {
  const films = planOf(
    [serviceClass('streaming', { dnld: { ceiling: kbps(1) } })],
    [{ name: 'all', when: {}, outcome: { class: 'streaming', overCeiling: 'lower' } }],
  );
  expect(decide(wish(asked(1, 'M'), asked(1, 'M')), GRANT, films, noon)).toMatchObject({
    kind: 'refuse',
    refusal: { kind: 'direction-not-offered', rule: 'all', class: 'streaming', direction: 'upld' },
  });
});

test('no rule and no default class', () => {
  expect(decide(wish(asked(1, 'L')), GRANT, planOf([], []), noon)).toMatchObject({
    kind: 'refuse',
    rule: DEFAULT_RULE,
    refusal: { kind: 'no-rule', plan: 'gold' },
  });
});

describe('one condition alone: what it lets pass, what not, and what is said then', () => {
  const ample = serviceClass('ample', { upld: { ceiling: 'unlimited' }, dnld: { ceiling: 'unlimited' } });
  const at = (more: Partial<Situation>) => situationOf(720, more);
  const one = (more: Partial<GroupWish> = {}) => wishOf({ upld: asked(5, 'M'), ...more });
  const both = wishOf({ upld: asked(5, 'M'), dnld: asked(9, 'H') });

  test.each<[RuleConditions, [GroupWish, Situation][], [GroupWish, Situation][], string, string, string]>([
    [{ priority: 'M' }, [[one(), noon]], [[both, noon]], 'priority', 'M', 'upld priority M, dnld priority H'],
    [
      { bandwidthMax: kbps(5) },
      [[one(), noon]],
      [[both, noon]],
      'bandwidth-max',
      '5 kbit/s at most',
      'upld 5 kbit/s, dnld 9 kbit/s',
    ],
    [
      { bandwidthMin: kbps(5) },
      [
        [one(), noon],
        [both, noon],
      ],
      [[wish(asked(4)), noon]],
      'bandwidth-min',
      '5 kbit/s at least',
      'upld 4 kbit/s',
    ],
    [
      { bandwidthMin: kbps(6) },
      [[wish(undefined, asked(6)), noon]],
      [[both, noon]],
      'bandwidth-min',
      '6 kbit/s at least',
      'upld 5 kbit/s, dnld 9 kbit/s',
    ],
    [{ direction: 'upld' }, [[one(), noon]], [[both, noon]], 'direction', 'upld and no other', 'upld and dnld'],
    [
      { days: ['sat', 'sun'] },
      [[one(), noon]],
      [[one(), at({ moment: { minuteOfDay: 0, day: 'mon' } })]],
      'days',
      'sat, sun',
      'mon 00:00',
    ],
    [
      { time: { start: 1320, end: 360 }, days: ['fri'] },
      [
        [one(), at({ moment: { minuteOfDay: 1320, day: 'fri' } })],
        [one(), at({ moment: { minuteOfDay: 359, day: 'sat' } })],
      ],
      [[one(), at({ moment: { minuteOfDay: 359, day: 'fri' } })]],
      'time',
      'fri 22:00-06:00',
      'fri 05:59',
    ],
    [
      { locations: ['region', 'elsewhere'] },
      [
        [one(), at({ places: ['cell', 'region'] })],
        [one(), at({ places: ['region'] })],
      ],
      [[one(), at({ places: ['cell', 'another'] })]],
      'locations',
      'region or elsewhere',
      'cell in another',
    ],
    [{ locations: ['region'] }, [], [[one(), noon]], 'locations', 'region', 'nowhere in particular'],
    [
      { applications: ['zoom', 'unit:*'] },
      [
        [one({ applications: ['mpv', 'zoom'] }), noon],
        [one({ applications: ['unit:x'] }), noon],
      ],
      [[one({ applications: ['mpv', 'zoomer'] }), noon]],
      'applications',
      'zoom or unit:*',
      'mpv, zoomer',
    ],
    [
      { applications: ['*'] },
      [[one({ applications: [''] }), noon]],
      [[one(), noon]],
      'applications',
      '*',
      'none named',
    ],
    [
      { security: 'strict' },
      [[one({ security: 'strict' }), noon]],
      [[one({ security: 'open' }), noon]],
      'security',
      'strict',
      'open',
    ],
    [{ security: 'strict' }, [], [[one(), noon]], 'security', 'strict', 'none named'],
    [
      { quotaUsed: 80 },
      [
        [one(), at({ quotaUsed: 80 })],
        [one(), at({ quotaUsed: 300 })],
      ],
      [[one(), at({ quotaUsed: 79.99 })]],
      'quota-used',
      '80 % at least',
      '79 %',
    ],
    [{ quotaUsed: 1 }, [], [[one(), noon]], 'quota-used', '1 % at least', 'nothing is counted'],
    [{}, [[one(), at({ quotaUsed: 99.9 })]], [[one(), at({ quotaUsed: 100 })]], 'quota', 'not used up', '100 %'],
  ])('%j', (when, passing, failing, condition, wanted, found) => {
    const plan = planOf([ample], [{ name: 'only', when, outcome: { class: 'ample', overCeiling: 'refuse' } }]);
    for (const [group, situation] of passing)
      expect(decide(group, GRANT, plan, situation)).toMatchObject({ kind: 'accept', rule: 'only' });
    for (const [group, situation] of failing) {
      const { decision, rules } = explain(group, GRANT, plan, situation);
      expect(decision).toMatchObject({ kind: 'refuse', rule: DEFAULT_RULE });
      expect(rules).toEqual([{ rule: 'only', verdict: 'differs', condition, wanted, found }]);
    }
  });
});

describe('a quota that is used up', () => {
  const slow = serviceClass('slow', { upld: { ceiling: kbps(64) } });
  const fast = serviceClass('fast', { upld: { ceiling: 'unlimited' } });
  const usedUp = situationOf(720, { quotaUsed: 100 });
  const group = wish(asked(50));

  test('ends what the plan gives, the default class too', () => {
    const plan = planOf([fast], [], { defaultClass: 'fast' });
    expect(decide(group, GRANT, plan, situationOf(720, { quotaUsed: 99.99 }))).toMatchObject({ kind: 'accept' });
    expect(decide(group, GRANT, plan, usedUp)).toEqual({
      kind: 'refuse',
      groupId: 7,
      rule: DEFAULT_RULE,
      refusal: { kind: 'quota-exceeded', groupId: 7, plan: 'gold' },
    });
  });

  test('leaves what a rule says of it, also one that stands behind others, and what is refused stays refused', () => {
    const plan = planOf(
      [slow, fast],
      [
        { name: 'never', when: { priority: 'H' }, outcome: { refuse: 'no' } },
        { name: 'usual', when: {}, outcome: { class: 'fast', overCeiling: 'refuse' } },
        { name: 'throttled', when: { quotaUsed: 100 }, outcome: { class: 'slow', overCeiling: 'lower' } },
      ],
    );
    expect(decide(group, GRANT, plan, noon)).toMatchObject({ rule: 'usual' });
    expect(decide(group, GRANT, plan, usedUp)).toMatchObject({ rule: 'throttled', class: slow });
    expect(decide(wish(asked(50, 'H')), GRANT, plan, usedUp)).toMatchObject({ kind: 'refuse', rule: 'never' });
  });
});

describe('what the authority allows', () => {
  const plan = (overCeiling: 'refuse' | 'lower') =>
    planOf(
      [serviceClass('calls', { upld: { ceiling: kbps(500) }, dnld: { ceiling: 'unlimited' } })],
      [{ name: 'all', when: {}, outcome: { class: 'calls', overCeiling } }],
    );
  const grant = { ...GRANT, authority: 'isp', upldCeiling: kbps(300), dnldCeiling: kbps(900) };

  test('is a ceiling of every class: refused over it, and said whose it is', () => {
    expect(decide(wish(asked(301)), grant, plan('refuse'), noon)).toMatchObject({
      refusal: { kind: 'over-ceiling', direction: 'upld', asked: 301, ceiling: 300, authority: 'isp' },
    });
    expect(decide(wish(undefined, asked(901)), grant, plan('refuse'), noon)).toMatchObject({
      refusal: { kind: 'over-ceiling', direction: 'dnld', ceiling: 900, authority: 'isp' },
    });
    expect(decide(wish(asked(300), asked(900)), grant, plan('refuse'), noon)).toMatchObject({ kind: 'accept' });
  });

  test('or lowered to it', () => {
    expect(decide(wish(asked(5000), asked(5000)), grant, plan('lower'), noon)).toMatchObject({
      kind: 'lower',
      upld: { rate: 300 },
      dnld: { rate: 900 },
    });
  });

  test('is the class’s ceiling where that is lower', () => {
    const { refusal } = decide(wish(asked(501)), { ...grant, upldCeiling: kbps(600) }, plan('refuse'), noon) as never;
    expect(refusal).toMatchObject({ kind: 'over-ceiling', ceiling: 500 });
    expect(refusal).not.toHaveProperty('authority');
  });
});

describe('a class that binds its lanes to a security profile', () => {
  const plan = planOf([serviceClass('work', { upld: { ceiling: 'unlimited' }, securityProfile: 'strict' })], [], {
    defaultClass: 'work',
  });

  test('does so whether the request names it or none', () => {
    for (const security of [undefined, 'strict'])
      expect(decide(wishOf({ upld: asked(1), ...(security && { security }) }), GRANT, plan, noon)).toMatchObject({
        kind: 'accept',
        security: 'strict',
      });
  });

  test('refuses another', () => {
    expect(decide(wishOf({ upld: asked(1), security: 'open' }), GRANT, plan, noon)).toMatchObject({
      kind: 'refuse',
      refusal: { kind: 'security-not-offered', class: 'work', asked: 'open', bound: 'strict' },
    });
  });

  test('elsewhere the lane is bound to what the request names, or to nothing', () => {
    expect(decide(wishOf({ dnld: asked(1), security: 'open' }), GRANT, GOLD, evening)).toMatchObject({
      security: 'open',
    });
    expect(decide(wishOf({ dnld: asked(1) }), GRANT, GOLD, evening)).not.toHaveProperty('security');
  });
});
