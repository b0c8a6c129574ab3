import type { JsonObject } from '@sublane/basics';
import { openContext } from '@sublane/yang';
import fc from 'fast-check';
import { Libyang } from 'libyang-wasm';
import { afterAll, describe, expect, it, test } from 'vitest';
import { stringify } from 'yaml';
import { ROOT } from './headend-data.ts';
import { readConfiguration } from './model.ts';
import { parsePlanFile } from './plan-file.ts';

const schema = openContext(Libyang.load(), 'headend');
afterAll(() => schema.dispose());

/** What libyang has to say against a plan, of a headend that has these locations and profiles. */
function objections(plan: JsonObject): readonly string[] {
  const data = {
    [ROOT]: {
      location: [{ name: 'vienna' }, { name: 'graz' }],
      'security-profile': [{ name: 'strict' }],
      plan: [{ name: 'p', ...plan }],
    },
  };
  const parsed = schema.parseData(JSON.stringify(data), 'json', { content: 'config' });
  if (!parsed.ok) return [JSON.stringify(parsed.failure)];
  parsed.value.dispose();
  const read = readConfiguration(data as JsonObject);
  return read.ok ? [] : read.failure.map(({ message }) => message);
}

const oneOrMore = <T>(values: fc.Arbitrary<T>) =>
  fc.oneof(values, fc.uniqueArray(values, { minLength: 1, maxLength: 3 }));
const edge = (from: number, to: number) =>
  fc.constantFrom(from - 1, from, from + 1, to - 1, to, to + 1, 0.5, 'x', null);
const rate = edge(1, 4_294_967_295);
const label = fc.oneof(
  fc.constantFrom('zoom', '*', '', 'x'.repeat(255), 'x'.repeat(256), '👍'.repeat(255), '\u0000', '\uFFFF', '\u{1F600}'),
  fc.string({ maxLength: 5, unit: 'grapheme' }),
);
const prefix = fc.constantFrom(
  '198.51.100.0/24',
  '198.51.100.7/24',
  '2001:DB8::/32',
  '::/0',
  '0.0.0.0/0',
  'fe80::%1/64',
  '1.2.3.4',
  '10.0.0.0/33',
);
const address = fc.constantFrom('192.0.2.1', '2001:db8::1', 'fe80::1', 'fe80::1%eth0', '192.0.2.1%0', '1.2.3');
const routes = fc.array(fc.record({ to: prefix, via: address }, { requiredKeys: ['to'] }), { maxLength: 2 });
const limit = fc.record(
  { ceiling: fc.oneof(rate, fc.constant('unlimited')), burst: edge(1514, 4_294_967_295) },
  { requiredKeys: [] },
);
const serviceClass = fc.record(
  {
    dscp: fc.oneof(fc.constant(0), edge(0, 63)),
    priority: fc.constantFrom('H', 'M', 'L'),
    scope: fc.constantFrom('internal', 'external'),
    admission: fc.constantFrom('guaranteed', 'best-effort'),
    'security-profile': fc.constant('strict'),
    'service-chain': label,
    upld: limit,
    dnld: limit,
    routes,
  },
  { requiredKeys: ['dscp', 'priority'] },
);
const when = fc.record(
  {
    priority: fc.constantFrom('H', 'M', 'L'),
    'bandwidth-max': rate,
    'bandwidth-min': rate,
    direction: fc.constantFrom('upld', 'dnld'),
    time: fc.constantFrom('11:00-13:00', '23:59', '00:00-00:00', '24:00', '1:00'),
    days: oneOrMore(fc.constantFrom('mon', 'sat-mon', 'mon-fri', 'sunday', '')),
    locations: oneOrMore(fc.constantFrom('vienna', 'graz')),
    applications: oneOrMore(label),
    security: fc.constant('strict'),
    'quota-used': edge(1, 100),
  },
  { requiredKeys: [] },
);
const rule = (index: number) =>
  fc
    .record({ when, refuse: fc.option(label, { nil: undefined }), over: fc.constantFrom('refuse', 'lower') })
    .map(({ when, refuse, over }) => ({
      name: `r${index}`,
      when,
      ...(refuse === undefined ? { class: 'a', 'over-ceiling': over } : { refuse }),
    }));
/** Each member alone is tried beside right ones, so that one slip does not hide another. */
const plan = fc.oneof(
  ...[
    { classes: fc.record({ a: serviceClass }) },
    { rules: fc.tuple(rule(0)) },
    { 'time-zone': fc.constantFrom('UTC', 'Europe/Vienna', 'x'.repeat(70), '+01:00', 'utc') },
    {
      quota: fc.record({
        octets: fc.oneof(edge(1, Number.MAX_SAFE_INTEGER), fc.constantFrom('50 GB', '9007 TB', '1 B')),
        period: fc.constantFrom('day', 'month'),
      }),
    },
    {
      lease: fc.record(
        { valid: edge(60, 4_294_967_295), 'renew-at': fc.constantFrom(0.1, 0.9, 0.5001, 0.123, 0.05, 1 / 3) },
        { requiredKeys: [] },
      ),
    },
    { 'groups-max': edge(1, 65_535) },
    { routes },
    { 'default-class': fc.constantFrom('a', 'b') },
  ].map((members) =>
    fc
      .record(members as Record<string, fc.Arbitrary<unknown>>)
      .map((made) => ({ classes: { a: { dscp: 0, priority: 'L' } }, quota: { octets: 5 }, ...made })),
  ),
);

test('whatever is taken from a file is right by the schema', () => {
  const taken = { yes: 0, no: 0 };
  fc.assert(
    fc.property(plan, (file) => {
      const read = parsePlanFile(stringify(file), 'plan.yaml');
      taken[read.ok ? 'yes' : 'no'] += 1;
      if (read.ok) expect(objections(read.value)).toEqual([]);
      else for (const { where } of read.failure) expect(where).toMatch(/^plan\.yaml:\d+:\d+$/);
    }),
    { numRuns: 800 },
  );
  expect(Math.min(taken.yes, taken.no)).toBeGreaterThan(50);
});

describe('whatever stands in a file, reading it ends with a value', () => {
  it('of any members', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom('name', 'classes', 'rules', 'quota', 'lease', 'routes', 'time-zone'),
          fc.jsonValue({ maxDepth: 4 }),
        ),
        (file) => {
          const read = parsePlanFile(stringify(file), 'plan.yaml');
          expect(read.ok).toBeTypeOf('boolean');
        },
      ),
    );
  });

  it('of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]:,-&*!|>"\'\n ab1#?%@') }), (text) => {
        expect(parsePlanFile(text, 'plan.yaml').ok).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});
