import { unwrap } from '@sublane/basics';
import { type ContextRecipe, Libyang } from 'libyang-wasm';
import { expect, test } from 'vitest';
import { SchemaIndex } from './schema-index.ts';
import { schemaSet } from './schema-set.ts';
import { moduleCapabilities } from './yang-library.ts';

const module = (name: string, inside: string) => ({
  name,
  text: `module ${name} { yang-version 1.1; namespace "urn:${name}"; prefix p; ${inside} }`,
});
const HOUSE = module(
  'house',
  'import rooms { prefix r; } /* import nobody { } */ include house-doors; feature cellar; leaf size { type r:size; }',
);
const DOORS = {
  name: 'house-doors',
  text: 'submodule house-doors { yang-version 1.1; belongs-to house { prefix p; } import ietf-inet-types { prefix i; } leaf door { type i:port-number; } }',
};
const ROOMS = module('rooms', 'typedef size { type uint8; }');
const FLAT = module('flat', 'import house { prefix h; } deviation /h:size { deviate add { units m; } }');
const SOURCES = [HOUSE, DOORS, ROOMS, FLAT];

const libyang = Libyang.load();
function set(implement: ContextRecipe['implement'], sources = SOURCES) {
  using context = unwrap(libyang.createContext({ sources, implement }));
  return schemaSet(context, new SchemaIndex(context));
}
const HOUSE_ALONE = [{ name: 'house' }];

test('has what was asked for with what that imports and includes, and nothing of libyang’s own', () => {
  const names = set(HOUSE_ALONE).modules.map(({ name, implemented }) => `${name} ${implemented}`);
  expect(names.toSorted()).toEqual(['house true', 'ietf-inet-types false', 'rooms false']);
});

test('its id is that of its modules, whatever their order', () => {
  const two = [{ name: 'house' }, { name: 'rooms' }];
  expect(set(HOUSE_ALONE).id).toBe(set(HOUSE_ALONE, SOURCES.toReversed()).id);
  expect(set(two).id).toBe(set(two.toReversed()).id);
  expect(set(HOUSE_ALONE).id).toMatch(/^[0-9a-f]{16}$/);
});

test.each<[string, ContextRecipe['implement'], typeof SOURCES]>([
  ['a feature', [{ name: 'house', features: ['cellar'] }], SOURCES],
  ['a module that is implemented', [{ name: 'house' }, { name: 'rooms' }], SOURCES],
  ['a deviation', [{ name: 'house' }, { name: 'flat' }], SOURCES],
  [
    'a revision',
    HOUSE_ALONE,
    [HOUSE, DOORS, module('rooms', 'revision 2026-01-01; typedef size { type uint8; }'), FLAT],
  ],
  [
    'the revision of a submodule',
    HOUSE_ALONE,
    [HOUSE, { ...DOORS, text: DOORS.text.replace('leaf door', 'revision 2026-01-01; leaf door') }, ROOMS, FLAT],
  ],
])('its id changes with %s', (_what, implement, sources) => {
  expect(set(implement, sources).id).not.toBe(set(HOUSE_ALONE).id);
});

test('the capabilities say features and deviations (RFC 6020 §5.6.4)', () => {
  const capabilities = moduleCapabilities(set([{ name: 'house', features: ['cellar'] }, { name: 'flat' }]));
  expect(capabilities).toEqual(['urn:house?module=house&features=cellar&deviations=flat', 'urn:flat?module=flat']);
});
