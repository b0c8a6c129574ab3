import { type JsonObject, unwrap } from '@sublane/basics';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { fleetContext } from '../test-data/fleet.ts';
import type { DataTree } from './data-tree.ts';

const context = fleetContext();

/** Text that XML can carry (XML 1.0 §2.2); a carriage return it does not (§2.11). */
const text = fc
  .string({ unit: 'binary', maxLength: 12 })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML excludes
  .map((any) => any.replace(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff\ufdd0-\ufdef]|[\u{1fffe}\u{1ffff}]/gu, ''))
  .filter((any) => !/[\ud800-\udfff]/.test(any.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '')));

/**
 * Not the empty text: in a diff of a leaf-list that users order, libyang writes "at the front" and "behind the entry
 * whose value is empty" in the same way.
 */
const tag = text.filter((any) => any !== '');

const plate = fc
  .tuple(fc.constantFrom('AB', 'CD', 'EF'), fc.nat({ max: 9999 }))
  .map(([letters, digits]) => `${letters}-${digits}`);

const vehicle = fc.record(
  {
    plate,
    kind: fc.constantFrom('fleet:van', 'fleet:truck', 'fleet-tracking:drone'),
    badge: fc.nat(),
    seats: fc.integer({ min: 1, max: 2 }),
    load: fc.integer({ min: 0, max: 400 }).map((tenths) => (tenths / 10).toFixed(1)),
    tag: fc.uniqueArray(tag, { minLength: 1, maxLength: 3 }),
    retired: fc.constant([null]),
    serial: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
    gateway: fc.oneof(fc.ipV4(), fc.constant('none')),
  },
  { requiredKeys: ['plate', 'kind'] },
);

const fleet: fc.Arbitrary<JsonObject> = fc
  .record(
    {
      depot: fc.uniqueArray(fc.record({ name: text, capacity: fc.integer({ min: 1, max: 500 }) }), {
        selector: ({ name }) => name,
        minLength: 1,
      }),
      vehicle: fc.uniqueArray(vehicle, {
        comparator: (one, other) => one.plate === other.plate || (one.badge !== undefined && one.badge === other.badge),
        minLength: 1,
      }),
      'night-shift': fc.record({ lead: text }, { requiredKeys: [] }),
      'toll-account': text,
    },
    { requiredKeys: [] },
  )
  .filter((content) => Object.keys(content).length > 0)
  .map((content) => ({ 'fleet:fleet': content }) as JsonObject);

const fromJson = (data: JsonObject): DataTree =>
  unwrap(context.parseData(JSON.stringify(data), 'json', { content: 'config' }));

const json = (tree: DataTree): string => unwrap(tree.print('json'));

function holds(
  arbitraries: [fc.Arbitrary<JsonObject>, fc.Arbitrary<JsonObject>],
  law: (a: DataTree, b: DataTree) => boolean,
) {
  fc.assert(
    fc.property(...arbitraries, (one, other) => {
      using a = fromJson(one);
      using b = fromJson(other);
      return law(a, b);
    }),
    { numRuns: 150 },
  );
}

describe('laws of data trees', () => {
  it('what is printed parses to the same, in both encodings and from one to the other', () => {
    holds([fleet, fleet], (tree) => {
      using fromXml = unwrap(context.parseData(unwrap(tree.print('xml')), 'xml', { content: 'config' }));
      using pretty = unwrap(
        context.parseData(unwrap(tree.print('xml', { pretty: true })), 'xml', { content: 'config' }),
      );
      using again = unwrap(context.parseData(json(tree), 'json', { content: 'config' }));
      return [fromXml, pretty, again].every((each) => json(each) === json(tree));
    });
  });

  it('printing keeps what was given', () => {
    fc.assert(
      fc.property(fleet, (data) => {
        using tree = fromJson(data);
        using back = fromJson(JSON.parse(json(tree)) as JsonObject);
        using none = unwrap(tree.diff(back));
        return json(none) === '{}' && countOf(JSON.parse(json(tree))) === countOf(data);
      }),
      { numRuns: 150 },
    );
  });

  it('a diff applied gives the other tree', () => {
    holds([fleet, fleet], (a, b) => {
      using diff = unwrap(a.diff(b));
      using copy = unwrap(a.duplicate());
      unwrap(copy.apply(diff));
      using rest = unwrap(copy.diff(b));
      unwrap(copy.validate({ content: 'config' }));
      using restOfDefaults = unwrap(copy.diff(b, { defaults: true }));
      return json(rest) === '{}' && json(restOfDefaults) === '{}';
    });
  });

  it('merging twice is merging once', () => {
    holds([fleet, fleet], (a, b) => {
      using once = unwrap(a.duplicate());
      unwrap(once.merge(b));
      const first = json(once);
      unwrap(once.merge(b));
      return json(once) === first;
    });
  });
});

/** How many leaves there are. */
function countOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, each) => sum + countOf(each), 0);
}
