import { type JsonObject, unwrap } from '@sublane/basics';
import { describe, expect, it } from 'vitest';
import { ROOT } from './headend-data.ts';
import { readConfiguration } from './model.ts';
import { planAdvice, planFaults } from './plan-consistency.ts';

const configurationOf = (headend: object) => unwrap(readConfiguration({ [ROOT]: headend as never }));
const rate = (ceiling: number | 'unlimited') => ({ ceiling });
const fast = { name: 'fast', dscp: 0, priority: 'L', upld: rate(5000), dnld: rate(8000) };
const gold = (more: object) => ({ name: 'gold', class: [fast], 'default-class': 'fast', ...more });
const pool = (more: object = {}) => ({ name: 'p', class: 'fast', prefix: ['192.0.2.0/24'], ...more });
const location = [
  { name: 'region', 'upld-capacity': 4000, 'dnld-capacity': 4000 },
  { name: 'cell', parent: 'region', 'upld-capacity': 3000 },
  { name: 'elsewhere', 'upld-capacity': 100 },
  { name: 'roomy', 'upld-capacity': 5000 },
];
const rules = (...rule: readonly object[]) =>
  gold({ rule: rule.map((one, at) => ({ name: `r${at}`, class: 'fast', ...one })) });

describe('faults of a plan', () => {
  const faults = (plan: object) => planFaults(configurationOf({ location, plan: [plan] }));
  const at = (path: string, code: string, message: string) => [
    {
      path: `plan[name='gold']/rule[name='${path.replace('/', "']/")}${path.includes('/') ? '' : "']"}`,
      code,
      message: expect.stringContaining(message),
    },
  ];

  it.each<[string, object, unknown]>([
    ['none', rules({ when: { priority: 'H' } }, { when: { priority: 'M' } }, {}), []],
    [
      'a rule behind one that matches whenever it does',
      rules({ when: { priority: 'H' } }, { when: { priority: 'M' } }, { when: { priority: 'H', 'bandwidth-max': 5 } }),
      at('r2', 'rule-unreachable', 'rule r2 never decides, since rule r0 before it matches whenever it does'),
    ],
    [
      'a rule behind one for the place around, by the locations that are configured',
      rules({ when: { location: ['region'] } }, { when: { location: ['cell'] } }),
      at('r1', 'rule-unreachable', 'rule r0 before it'),
    ],
    [
      'not one for a part of the place',
      rules({ when: { location: ['cell'] } }, { when: { location: ['region'] } }),
      [],
    ],
    [
      'rates that no rate is between',
      rules({ when: { 'bandwidth-min': 6, 'bandwidth-max': 5 } }),
      at(
        'r0/when/bandwidth-min',
        'rule-never-matches',
        'bandwidth-min 6 is above bandwidth-max 5; expected at most that',
      ),
    ],
    [
      'what is used of a quota that is not there',
      rules({ when: { 'quota-used': 80 } }),
      at('r0/when/quota-used', 'quota-missing', 'give it one, or leave out quota-used'),
    ],
    ['not of one that is there', { ...rules({ when: { 'quota-used': 80 } }), quota: { octets: '5' } }, []],
  ])('%s', (_, plan, expected) => {
    expect(faults(plan)).toEqual(expected);
  });
});

describe('advice on a plan', () => {
  const advice = (headend: { readonly plan: readonly object[] }) =>
    planAdvice(configurationOf({ location, ...headend })).map(
      ({ path, code, message }) => `${code} ${path}: ${message}`,
    );
  const here = "plan\\[name='gold'\\]";
  const ofClass = `${here}/class\\[name='fast'\\]`;

  it.each<[string, JsonObject, readonly string[]]>([
    ['none', { pool: [pool({ location: 'roomy' })], plan: [gold({})] }, []],
    [
      'a class without a pool',
      { plan: [gold({})] },
      [`^class-without-pool ${ofClass}: .*headend pool add NAME --class fast`],
    ],
    [
      'a class without ceilings',
      { pool: [pool()], location: [], plan: [gold({ class: [{ name: 'fast', dscp: 0, priority: 'L' }] })] },
      [`^class-without-ceiling ${ofClass}: `],
    ],
    [
      'an internal class without routes',
      { pool: [pool()], location: [], plan: [gold({ class: [{ ...fast, scope: 'internal' }] })] },
      [`^class-without-routes ${ofClass}: `],
    ],
    [
      'not where the plan has some',
      {
        pool: [pool()],
        location: [],
        plan: [gold({ class: [{ ...fast, scope: 'internal' }], route: [{ to: '192.0.2.0/24' }] })],
      },
      [],
    ],
    [
      'a class nobody gets',
      {
        pool: [pool(), pool({ name: 'q', class: 'slow', prefix: ['198.51.100.0/24'] })],
        location: [],
        plan: [gold({ class: [fast, { ...fast, name: 'slow' }] })],
      },
      [`^class-unused ${here}/class\\[name='slow'\\]: `],
    ],
    [
      'a ceiling that cannot be guaranteed where there is a pool, and in what is around',
      { pool: [pool({ location: 'cell' })], plan: [gold({})] },
      [
        `^ceiling-over-capacity ${ofClass}/upld/ceiling: .* 5000 .* at region \\(4000\\), cell \\(3000\\), so`,
        `^ceiling-over-capacity ${ofClass}/dnld/ceiling: .* 8000 .* at region \\(4000\\), so`,
      ],
    ],
    [
      'a ceiling that cannot be guaranteed in many places',
      {
        pool: [pool()],
        location: [...location, { name: 'far', 'upld-capacity': 1 }],
        plan: [gold({ class: [{ name: 'fast', dscp: 0, priority: 'L', upld: rate(5000) }] })],
      },
      [
        `^ceiling-over-capacity ${ofClass}/upld/ceiling: .* at region \\(4000\\), cell \\(3000\\), elsewhere \\(100\\) and elsewhere, so`,
      ],
    ],
    [
      'none of what is no promise',
      { pool: [pool({ location: 'cell' })], plan: [gold({ class: [{ ...fast, admission: 'best-effort' }] })] },
      [],
    ],
    [
      'none of what has no ceiling',
      {
        pool: [pool({ location: 'cell' })],
        plan: [gold({ class: [{ ...fast, upld: rate('unlimited'), dnld: rate(1) }] })],
      },
      [],
    ],
    [
      'no default class',
      {
        pool: [pool({ location: 'roomy' })],
        plan: [{ ...rules({ when: { priority: 'H' } }), 'default-class': undefined } as never],
      },
      [`^default-class-missing ${here}: `],
    ],
    [
      'no default class, but a rule for everything',
      { pool: [pool({ location: 'roomy' })], plan: [{ ...rules({}), 'default-class': undefined } as never] },
      [],
    ],
    [
      'a default class behind a rule for everything',
      { pool: [pool({ location: 'roomy' })], plan: [rules({})] },
      [`^default-class-unused ${here}/default-class: .* rule r0 always matches`],
    ],
  ])('%s', (_, headend, expected) => {
    expect(advice(JSON.parse(JSON.stringify(headend)))).toEqual(
      expected.map((pattern) => expect.stringMatching(new RegExp(pattern))),
    );
  });

  it.each<[string, object, object, string | undefined]>([
    [
      'a direction that the class does not have',
      { direction: 'dnld' },
      { dnld: {} },
      'when/direction: .* class fast has no dnld ceiling',
    ],
    [
      'a rate that the class does not give',
      { 'bandwidth-min': 9000 },
      {},
      'when/bandwidth-min: .* class fast gives less',
    ],
    ['a rate that it gives in one direction', { 'bandwidth-min': 8000 }, {}, undefined],
    ['not in this one', { 'bandwidth-min': 8000, direction: 'upld' }, {}, 'when/bandwidth-min: '],
    [
      'a security profile that the class does not have',
      { security: 'open' },
      { 'security-profile': 'strict' },
      'when/security: .* binds its lanes to strict',
    ],
    ['the one that it has', { security: 'strict' }, { 'security-profile': 'strict' }, undefined],
  ])('a rule for %s', (_, when, more, expected) => {
    const plan = { ...rules({ when }), class: [{ ...fast, ...more }] };
    const about = advice({ pool: [pool({ location: 'roomy' })], plan: [plan] } as never);
    expect(about).toEqual(
      expected === undefined
        ? []
        : [expect.stringMatching(new RegExp(`^rule-gives-nothing ${here}/rule\\[name='r0'\\]/${expected}`))],
    );
  });

  it('says nothing of a rate above the ceiling that is lowered', () => {
    const plan = rules({ when: { 'bandwidth-min': 9000 }, 'over-ceiling': 'lower' });
    expect(advice({ pool: [pool({ location: 'roomy' })], plan: [plan] } as never)).toEqual([]);
  });
});
