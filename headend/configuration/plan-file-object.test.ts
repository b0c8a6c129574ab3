import { unwrap } from '@sublane/basics';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { DAYS } from '../policy/plan.ts';
import type { PlanData } from './headend-data.ts';
import { parsePlanFile } from './plan-file.ts';
import { planFileObject } from './plan-file-object.ts';

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,10}$/);
const rate = fc.integer({ min: 1, max: 4_294_967_295 });
const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const limit = fc.record(
  { ceiling: fc.oneof(rate, fc.constant('unlimited' as const)), burst: fc.integer({ min: 1514, max: 99_999 }) },
  { requiredKeys: [] },
);
const route = fc.record({ to: fc.ipV4().map((ip) => `${ip}/32`), via: fc.ipV6() }, { requiredKeys: ['to'] });
const serviceClass = fc.record(
  {
    name,
    dscp: fc.nat(63),
    priority: fc.constantFrom('H', 'M', 'L'),
    scope: fc.constantFrom('internal', 'external'),
    admission: fc.constantFrom('guaranteed', 'best-effort'),
    'security-profile': name,
    'service-chain': fc.constant('firewall'),
    upld: limit,
    dnld: limit,
    route: fc.uniqueArray(route, { minLength: 1, selector: ({ to }) => to }),
  },
  { requiredKeys: ['name', 'dscp', 'priority'] },
);
const some = (values: fc.Arbitrary<string>) => fc.uniqueArray(values, { minLength: 1, maxLength: 3 });
const when = fc
  .record(
    {
      priority: fc.constantFrom('H', 'M', 'L'),
      'bandwidth-max': rate,
      'bandwidth-min': rate,
      direction: fc.constantFrom('upld', 'dnld'),
      time: fc.constantFrom('11:00-13:00', '22:00-06:00', '09:30'),
      day: fc.subarray([...DAYS], { minLength: 1 }),
      location: some(name),
      application: some(fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-composite' })),
      security: name,
      'quota-used': fc.integer({ min: 1, max: 100 }),
    },
    { requiredKeys: [] },
  )
  .filter((conditions) => Object.keys(conditions).length > 0);
const quota = fc.record(
  {
    octets: fc
      .oneof(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), fc.constantFrom(5e10, 1e3, 2 ** 40, 1))
      .map(String),
    period: fc.constantFrom('day', 'week', 'month'),
  },
  { requiredKeys: ['octets'] },
);
const plan = fc
  .record({
    name,
    class: fc.uniqueArray(serviceClass, { minLength: 1, maxLength: 5, selector: (one) => one.name }),
    rules: fc.uniqueArray(fc.record({ name, when: optional(when) }), { maxLength: 4, selector: (one) => one.name }),
    quota: optional(quota),
    zone: optional(fc.constantFrom('Europe/Vienna', 'Asia/Kolkata')),
    valid: optional(fc.integer({ min: 60, max: 99_999 })),
    renewAt: optional(fc.constantFrom('0.1', '0.25', '0.5', '0.9')),
  })
  .map(({ rules, quota, zone, valid, renewAt, ...rest }) => {
    const rule = rules.map(({ name, when }, index) => ({
      name,
      ...(index % 2 === 0 ? { class: rest.class[0]!.name } : { refuse: 'no: "not" today' }),
      ...(when && { when }),
    }));
    const lease = { ...(valid !== undefined && { valid }), ...(renewAt !== undefined && { 'renew-at': renewAt }) };
    return {
      ...rest,
      ...(quota && { quota }),
      ...(zone !== undefined && { 'time-zone': zone }),
      ...(rule.length > 0 && { rule }),
      ...(Object.keys(lease).length > 0 && { lease }),
    };
  });

it('what is shown of a plan is the file that makes it', () => {
  fc.assert(
    fc.property(plan, (entry) => {
      const text = stringify(planFileObject(entry as unknown as PlanData));
      const again = unwrap(parsePlanFile(text, 'plan.yaml'));
      // Classes are a map in the file: their order says nothing, in YANG neither.
      const sorted = (one: { class?: unknown }) => ({
        ...one,
        class: (one.class as { name: string }[]).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      });
      expect(sorted(again)).toEqual(sorted(JSON.parse(JSON.stringify(entry))));
    }),
  );
});
