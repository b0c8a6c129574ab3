import { unwrap } from '@sublane/basics';
import { describe, expect, it } from 'vitest';
import { fleet, fleetContext, libyang, recipe, sources, vehicle } from '../test-data/fleet.ts';
import type { LibyangFailure } from './failure.ts';
import type { ModuleSource } from './recipe.ts';

const module = (name: string, body: string): ModuleSource => ({
  name,
  text: `module ${name} { yang-version 1.1; namespace "urn:${name}"; prefix p; ${body} }`,
});

function create(source: ModuleSource, ...imports: ModuleSource[]) {
  return libyang().createContext({ sources: [source, ...imports], implement: [{ name: source.name }] });
}

const firstError = (failure: LibyangFailure) => (failure.kind === 'invalid' ? failure.errors[0] : undefined);

describe('createContext', () => {
  it('takes the newest of several revisions, or the one named', () => {
    const text = (revision: string) => `module m { namespace "urn:m"; prefix m; revision ${revision}; }`;
    const two = ['2024-01-01', '2025-01-01'].map((revision) => ({ name: 'm', revision, text: text(revision) }));
    const revisions = [{ name: 'm' }, { name: 'm', revision: '2024-01-01' }].map((implement) => {
      const context = unwrap(libyang().createContext({ sources: two, implement: [implement] }));
      return context.schema().find(({ name }) => name === 'm')?.revision;
    });
    expect(revisions).toEqual(['2025-01-01', '2024-01-01']);
  });

  it('has the features that were asked for', () => {
    const features = (asked?: readonly string[] | 'all') => {
      const fleetModule = { name: 'fleet', ...(asked === undefined ? {} : { features: asked }) };
      using context = unwrap(libyang().createContext({ sources, implement: [fleetModule] }));
      return context.schema().find(({ name }) => name === 'fleet')?.features;
    };
    expect([features(), features(['ferries']), features('all')]).toEqual([[], ['ferries'], ['tolls', 'ferries']]);
  });

  it('leaves out what a feature guards', () => {
    using context = unwrap(libyang().createContext({ sources, implement: [{ name: 'fleet' }] }));
    expect(context.parseData(fleet('<toll-account>1</toll-account>'), 'xml').ok).toBe(false);
    expect(unwrap(fleetContext().parseData(fleet('<toll-account>1</toll-account>'), 'xml'))).toBeDefined();
  });

  it('reads YIN', () => {
    const text =
      '<module name="y" xmlns="urn:ietf:params:xml:ns:yang:yin:1"><namespace uri="urn:y"/><prefix value="y"/>' +
      '<leaf name="a"><type name="int8"/></leaf></module>';
    using context = unwrap(create({ name: 'y', text, format: 'yin' }));
    expect(context.parseData('<a xmlns="urn:y">5</a>', 'xml').ok).toBe(true);
    expect(unwrap(context.moduleText('y'))).toContain('leaf a');
  });

  it('collects warnings', () => {
    const context = unwrap(create(module('w', 'leaf a { type int8; when "../no-such = 1"; }')));
    expect(context.warnings.map(({ message }) => message).join()).toMatch(/no-such/);
    expect(context.warnings[0]?.message).toMatch(/\/w:a/);
  });

  it.each([
    ['an unknown type', module('b', 'leaf a { type strin; }'), 'reference', /"strin"/],
    ['an unknown statement', module('b', 'leef a;'), 'syntax', /leef/],
    ['a missing brace', module('b', 'container a {'), 'syntax', /end-of-input/],
    ['a missing import', module('b', 'import zoo { prefix z; }'), 'reference', /zoo/],
    ['a wrong name', { ...module('c', ''), name: 'b' }, 'other', /"c".*"b"|"b".*"c"/],
    ['a wrong default', module('b', 'leaf a { type int8; default 300; }'), 'schema', /300/],
    ['a wrong pattern', module('b', "leaf a { type string { pattern '['; } }"), 'schema', /expression/],
  ])('refuses %s', (_, source, reason, message) => {
    const created = create(source);
    if (created.ok) throw new Error('not refused');
    expect(
      created.failure.kind === 'invalid' && created.failure.errors.map((error) => error.message).join(' '),
    ).toMatch(message);
    expect(firstError(created.failure)?.reason).toBe(reason);
  });

  it('refuses a module that nobody has', () => {
    const created = libyang().createContext({ sources: [], implement: [{ name: 'nowhere' }] });
    expect(created.ok || firstError(created.failure)?.message).toMatch(/nowhere/);
  });

  it('keeps contexts apart', () => {
    using one = unwrap(create(module('same', 'leaf a { type int8; }')));
    using other = unwrap(create(module('same', 'leaf b { type int8; }')));
    expect([one, other].map((context) => context.parseData('<a xmlns="urn:same">1</a>', 'xml').ok)).toEqual([
      true,
      false,
    ]);
  });
});

describe('moduleText', () => {
  const context = fleetContext();

  it('gives back what was given', () => {
    expect(unwrap(context.moduleText('fleet'))).toBe(sources.find(({ name }) => name === 'fleet')?.text);
    expect(unwrap(context.moduleText('fleet-kinds', '2026-01-15'))).toContain('submodule fleet-kinds');
  });

  it('prints what libyang brought', () => {
    expect(unwrap(context.moduleText('ietf-inet-types'))).toContain('typedef ip-address');
    expect(unwrap(context.moduleText('ietf-inet-types', '2013-07-15'))).toContain('typedef ip-address');
  });

  it.each([
    ['zoo', undefined],
    ['fleet', '1999-01-01'],
    ['ietf-inet-types', '1999-01-01'],
  ])('refuses %s %s', (name, revision) => {
    expect(context.moduleText(name, revision)).toMatchObject({
      ok: false,
      failure: { errors: [{ code: 'LY_ENOTFOUND' }] },
    });
  });
});

describe('yangLibrary', () => {
  it('describes the context', () => {
    const implement = [...recipe.implement, { name: 'ietf-yang-library' }];
    using context = unwrap(libyang().createContext({ ...recipe, implement }));
    using tree = unwrap(context.yangLibrary('content-1'));
    const at = (path: string) => unwrap(tree.find(`/ietf-yang-library:yang-library/${path}`)).map(({ value }) => value);
    expect(at('content-id')).toEqual(['content-1']);
    expect(at("module-set/module[name='fleet']/feature")).toEqual(['tolls']);
    expect(at("module-set/import-only-module[name='ietf-inet-types']/revision")).toEqual(['2013-07-15']);
    expect(at("module-set/module[name='fleet']/submodule/name")).toEqual(['fleet-kinds']);
  });

  it('is refused where the context has not that module', () => {
    expect(fleetContext().yangLibrary('1')).toMatchObject({ ok: false, failure: { kind: 'invalid' } });
  });

  it('does not demand its own data of others', () => {
    const implement = [...recipe.implement, { name: 'ietf-yang-library' }];
    using context = unwrap(libyang().createContext({ ...recipe, implement }));
    expect(context.parseData(fleet(vehicle('AB-12')), 'xml').ok).toBe(true);
  });
});
