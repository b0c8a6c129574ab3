import { unwrap } from '@sublane/basics';
import { afterAll, describe, expect, it } from 'vitest';
import { FLEET, fleet, fleetContext, libyang, vehicle } from '../test-data/fleet.ts';
import type { DataTree } from './data-tree.ts';

const context = fleetContext();
afterAll(() => context.dispose());

const parse = (text: string): DataTree => unwrap(context.parseData(text, 'xml', { content: 'config' }));
const xml = (tree: DataTree): string => unwrap(tree.print('xml'));

describe('parseData', () => {
  it('reads bytes as it reads text', () => {
    const text = fleet('<toll-account>Ærø</toll-account>');
    expect(xml(unwrap(context.parseData(Buffer.from(text), 'xml')))).toBe(text);
  });

  it('refuses, drops or keeps what no module has', () => {
    const text = fleet('<wings>2</wings>', '<night-shift/>');
    expect(context.parseData(text, 'xml')).toMatchObject({ failure: { errors: [{ reason: 'unknown-node' }] } });
    const dropped = unwrap(context.parseData(text, 'xml', { unknown: 'drop' }));
    expect(xml(dropped)).toBe(fleet('<night-shift/>'));
    const kept = unwrap(context.parseData(text, 'xml', { unknown: 'keep', validate: false }));
    expect(xml(kept)).toContain('<wings>2</wings>');
  });

  it('lets state into data, not into configuration', () => {
    const text = fleet(vehicle('AB-12', '<state><mileage>7</mileage></state>'));
    expect(context.parseData(text, 'xml').ok).toBe(true);
    expect(context.parseData(text, 'xml', { content: 'config' })).toMatchObject({
      failure: { errors: [{ reason: 'unexpected-node' }] },
    });
  });

  it('adds defaults and demands what is mandatory only when it validates', () => {
    const text = fleet('<vehicle><plate>AB-12</plate></vehicle>');
    expect(context.parseData(text, 'xml')).toMatchObject({ failure: { errors: [{ reason: 'mandatory' }] } });
    const unchecked = unwrap(context.parseData(text, 'xml', { validate: false }));
    expect(unwrap(unchecked.print('json', { withDefaults: 'report-all' }))).toBe(
      '{"fleet:fleet":{"vehicle":[{"plate":"AB-12"}]}}',
    );
    expect(unchecked.validate()).toMatchObject({ failure: { errors: [{ reason: 'mandatory' }] } });
  });

  it('knows the defaults of modules without data only where all count', () => {
    const all = unwrap(context.parseData('', 'xml', { content: 'config', scope: 'all' }));
    expect(unwrap(all.print('json', { withDefaults: 'report-all' }))).toBe(
      '{"fleet:fleet":{"limits":{"speed":90,"zone":["city","port"]}}}',
    );
    const present = unwrap(context.parseData('', 'xml', { content: 'config' }));
    expect(unwrap(present.print('json', { withDefaults: 'report-all' }))).toBe('{}');
  });
});

describe('print', () => {
  const tree = parse(fleet('<limits><speed>90</speed></limits>'));

  it.each([
    ['explicit', '{"fleet:fleet":{"limits":{"speed":90}}}'],
    ['trim', '{"fleet:fleet":{"limits":{}}}'],
    ['report-all', '{"fleet:fleet":{"limits":{"speed":90,"zone":["city","port"]}}}'],
  ] as const)('%s defaults', (withDefaults, expected) => {
    expect(unwrap(tree.print('json', { withDefaults }))).toBe(expected);
  });

  it('keeps empty containers where asked', () => {
    const filter = unwrap(context.parseData(`<fleet xmlns="${FLEET}"><limits/></fleet>`, 'xml', { validate: false }));
    expect(xml(filter)).toBe('');
    expect(unwrap(filter.print('xml', { keepEmptyContainers: true }))).toBe(
      `<fleet xmlns="${FLEET}"><limits/></fleet>`,
    );
  });

  it('prints all of the top', () => {
    const two = unwrap(context.parseData(`${fleet('<night-shift/>')}`, 'xml'));
    expect(unwrap(two.print('xml', { pretty: true }))).toBe(`<fleet xmlns="${FLEET}">\n  <night-shift/>\n</fleet>\n`);
  });
});

describe('find', () => {
  const tree = parse(
    fleet(
      '<depot><name>it\'s "one"</name></depot>',
      vehicle('AB-12', '<depot>it\'s "one"</depot><seats>4</seats>'),
      vehicle('AB-13'),
    ),
  );

  it('gives paths, names and values', () => {
    expect(unwrap(tree.find('/fleet:fleet/vehicle[seats > 3]/seats'))).toMatchObject([
      { path: "/fleet:fleet/vehicle[plate='AB-12']/seats", module: 'fleet', name: 'seats', kind: 'leaf', value: '4' },
    ]);
    expect(unwrap(tree.find('//vehicle')).map(({ kind, value }) => ({ kind, value }))).toEqual([
      { kind: 'list', value: undefined },
      { kind: 'list', value: undefined },
    ]);
  });

  it('carries any text', () => {
    expect(unwrap(tree.find('/fleet:fleet/vehicle/depot'))[0]?.value).toBe('it\'s "one"');
  });

  it('prints what it found, until the tree changes', () => {
    const copy = unwrap(tree.duplicate());
    const [first] = unwrap(copy.find('/fleet:fleet/depot'));
    expect(unwrap(first!.print('xml'))).toBe(`<depot xmlns="${FLEET}"><name>it's "one"</name></depot>`);
    unwrap(copy.merge(parse(fleet('<night-shift/>'))));
    expect(first!.print('xml')).toEqual({ ok: false, failure: { kind: 'disposed' } });
  });

  it('finds nothing in the empty tree', () => {
    expect(unwrap(unwrap(context.parseData('', 'xml')).find('/fleet:fleet'))).toEqual([]);
  });

  it.each(['/fleet:fleet[', 'count(', '/zoo:fleet', '/fleet:fleet/vehicle[no-such()]'])('refuses %s', (xpath) => {
    expect(tree.find(xpath)).toMatchObject({ ok: false, failure: { errors: [{ reason: 'xpath' }] } });
  });
});

describe('changing trees', () => {
  const before = parse(fleet(vehicle('AB-12', '<tag>a</tag><tag>b</tag>'), vehicle('AB-13')));
  const after = parse(fleet(vehicle('AB-12', '<tag>b</tag><seats>4</seats>'), vehicle('AB-14'), '<night-shift/>'));

  it('a diff turns one into the other', () => {
    const diff = unwrap(before.diff(after));
    expect(xml(diff)).toContain('operation="delete"');
    const copy = unwrap(before.duplicate());
    unwrap(copy.apply(diff));
    expect(xml(copy)).toBe(xml(after));
  });

  it('the diff of equals is empty', () => {
    expect(xml(unwrap(before.diff(before)))).toBe('');
    expect(xml(unwrap(before.diff(unwrap(before.duplicate()))))).toBe('');
  });

  it('a value that a diff creates takes the place of its default', () => {
    const copy = parse(fleet(vehicle('AB-12'), '<limits/>'));
    const other = fleet(vehicle('AB-12', '<seats>4</seats>'), '<limits><zone>yard</zone></limits>');
    unwrap(copy.apply(unwrap(copy.diff(parse(other)))));
    expect(JSON.parse(unwrap(copy.print('json', { withDefaults: 'report-all' })))['fleet:fleet']).toEqual({
      vehicle: [{ plate: 'AB-12', kind: 'fleet:van', seats: 4 }],
      limits: { speed: 90, zone: ['yard'] },
    });
  });

  it('a diff that does not fit leaves the tree as it was', () => {
    const copy = unwrap(after.duplicate());
    expect(copy.apply(unwrap(before.diff(after)))).toMatchObject({ ok: false, failure: { kind: 'invalid' } });
    expect(xml(copy)).toBe(xml(after));
  });

  it('merge adds, and its values win', () => {
    const copy = unwrap(before.duplicate());
    unwrap(copy.merge(parse(fleet(vehicle('AB-13', '<seats>7</seats>'), '<night-shift/>'))));
    expect(unwrap(copy.find("/fleet:fleet/vehicle[plate='AB-13']/seats"))[0]?.value).toBe('7');
    expect(unwrap(copy.find('/fleet:fleet/vehicle'))).toHaveLength(2);
  });

  it('merge into the empty tree copies', () => {
    const empty = unwrap(context.parseData('', 'xml'));
    unwrap(empty.merge(before));
    expect(xml(empty)).toBe(xml(before));
    unwrap(empty.merge(unwrap(context.parseData('', 'xml'))));
    expect(xml(empty)).toBe(xml(before));
  });

  it('validate finds what a change broke, and leaves the tree as it was', () => {
    const copy = parse(fleet('<depot><name>north</name></depot>', vehicle('AB-12', '<depot>north</depot>')));
    const without = parse(fleet(vehicle('AB-12', '<depot>north</depot>')).replace('<depot>north</depot>', ''));
    unwrap(copy.validate({ content: 'config', scope: 'all' }));
    unwrap(copy.apply(unwrap(parse(fleet('<depot><name>north</name></depot>', vehicle('AB-12'))).diff(without))));
    const text = xml(copy);
    expect(copy.validate({ content: 'config' })).toMatchObject({
      failure: { errors: [{ reason: 'instance-required' }] },
    });
    expect(xml(copy)).toBe(text);
  });

  it('a duplicate lives on its own', () => {
    const copy = unwrap(before.duplicate());
    const text = xml(copy);
    const original = unwrap(before.duplicate());
    unwrap(original.merge(after));
    original.dispose();
    expect(xml(copy)).toBe(text);
  });

  it('refuses trees of another context', () => {
    const other = fleetContext();
    const stranger = unwrap(other.parseData(fleet(), 'xml'));
    for (const result of [before.diff(stranger), before.merge(stranger), before.apply(stranger)]) {
      expect(result).toMatchObject({ ok: false, failure: { errors: [{ code: 'LY_EINVAL' }] } });
    }
    other.dispose();
  });
});

describe('defaults with tags', () => {
  it('need ietf-netconf-with-defaults in the context', () => {
    const withDefaults = { name: 'ietf-netconf-with-defaults', revision: '2011-06-01', text: WITH_DEFAULTS };
    const source = {
      name: 'one',
      text: 'module one { namespace "urn:one"; prefix o; leaf a { type int8; default 1; } }',
    };
    const tagged = unwrap(
      libyang().createContext({ sources: [withDefaults, source], implement: [withDefaults, source] }),
    );
    const tree = unwrap(tagged.parseData('', 'xml', { scope: 'all' }));
    expect(unwrap(tree.print('xml', { withDefaults: 'report-all-tagged' }))).toContain('default="true"');
    tagged.dispose();
  });
});

/** What libyang looks for of RFC 6243's module. */
const WITH_DEFAULTS = `module ietf-netconf-with-defaults {
  namespace "urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults"; prefix ncwd;
  revision 2011-06-01;
}`;
