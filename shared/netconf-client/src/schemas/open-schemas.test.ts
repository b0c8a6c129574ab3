import { unwrap } from '@sublane/basics';
import { Libyang } from 'libyang-wasm';
import { describe, expect, test } from 'vitest';
import { schemaServer } from '../testing/schema-server.ts';
import type { AnnouncedModule } from './announced.ts';
import { failureText, openSchemas, openTexts } from './open-schemas.ts';

const libyang = Libyang.load();

/** Texts by `NAME`, each announced as implemented. */
function opened(texts: Readonly<Record<string, string>>, more: Partial<AnnouncedModule> = {}) {
  const modules = Object.keys(texts).map((name) => ({
    name,
    implemented: true,
    features: [],
    submodules: [],
    ...more,
  }));
  const revision = more.revision === undefined ? {} : { revision: more.revision };
  return openTexts(
    {
      announced: { from: 'hello', modules },
      texts: Object.entries(texts).map(([name, text]) => ({
        name,
        text,
        fetched: 'from-server' as const,
        ...revision,
      })),
      missing: [],
    },
    libyang,
  );
}

const names = ({ context }: ReturnType<typeof opened>) =>
  context
    .schema()
    .filter(({ implemented, name }) => implemented && !name.startsWith('ietf-') && name !== 'yang')
    .map(({ name }) => name);

describe('modules of a server', () => {
  test('that all load', () => {
    const schemas = opened({
      a: 'module a { namespace "urn:a"; prefix a; leaf x { type string; } }',
      b: 'module b { namespace "urn:b"; prefix b; }',
    });
    expect([names(schemas), schemas.refused]).toEqual([['a', 'b'], []]);
  });

  test('of which one does not load, nor what needs it', () => {
    const schemas = opened({
      wrong: 'module wrong { namespace "urn:w"; prefix w; leaf x { kind string; } }',
      needs: 'module needs { namespace "urn:n"; prefix n; import wrong { prefix w; } }',
      good: 'module good { namespace "urn:g"; prefix g; }',
    });
    expect(names(schemas)).toEqual(['good']);
    expect(schemas.refused.map(({ name }) => name).sort()).toEqual(['needs', 'wrong']);
    for (const { why } of schemas.refused) expect(why).toContain('libyang does not take it: ');
  });

  test('that load alone and not together: the later one is left out', () => {
    const schemas = opened({
      first: 'module first { namespace "urn:one"; prefix f; }',
      other: 'module other { namespace "urn:other"; prefix o; }',
      second: 'module second { namespace "urn:one"; prefix s; }',
      third: 'module third { namespace "urn:third"; prefix t; }',
    });
    expect(names(schemas)).toEqual(['first', 'other', 'third']);
    expect(schemas.refused).toMatchObject([{ name: 'second', why: expect.stringContaining('urn:one') }]);
  });

  test('of an older YANG library than libyang has itself', () => {
    const text = `module ietf-yang-library { namespace "urn:ietf:params:xml:ns:yang:ietf-yang-library"; prefix l;
      revision 2016-06-21; container modules-state { config false; leaf module-set-id { type string; } } }`;
    const schemas = opened({ 'ietf-yang-library': text }, { revision: '2016-06-21' });
    expect(schemas.refused).toEqual([]);
    expect(schemas.context.schema().find(({ name }) => name === 'ietf-yang-library')?.revision).toBe('2016-06-21');
  });

  test('none of which the server gives', async () => {
    const { client } = await schemaServer({ texts: {} });
    const schemas = unwrap(await openSchemas(client, { cache: false, libyang }));
    expect([schemas.missing.length, schemas.texts, names(schemas)]).toEqual([4, [], []]);
    client.destroy();
  });
});

test('the words of every failure of libyang', () => {
  expect(failureText({ kind: 'too-big', limit: 5 })).toBe('more than 5 bytes');
  expect(failureText({ kind: 'trap', message: 'out of memory' })).toBe('out of memory');
  expect(failureText({ kind: 'disposed' })).toBe('the schemas were disposed of');
  const error = { message: 'wrong', path: '/a:b', line: 3, code: 'LY_EVALID', reason: 'value' } as const;
  expect(failureText({ kind: 'invalid', errors: [error, { ...error, line: undefined as never }] })).toBe(
    'wrong (/a:b, line 3); wrong (/a:b)',
  );
});
