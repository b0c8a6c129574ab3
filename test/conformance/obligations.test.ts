// The table of obligations: every row has a test that exists, or says why it has none; the document is made from it.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { conformanceDocument, DOCUMENT, STANDARDS } from './obligations/document.ts';

const REPOSITORY = new URL('../../', import.meta.url);
const titlesOf = new Map<string, ReadonlySet<string>>();

/** The titles in a file of tests: the first texts after `test(`, `it(`, `describe(`, and after the list of an `each`. */
function titles(file: string): ReadonlySet<string> {
  let found = titlesOf.get(file);
  if (found === undefined) {
    const path = new URL(file, REPOSITORY);
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const literal =
      /(?:\b(?:test|it|describe)(?:\.\w+)*\(|\)\()\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|`((?:\\.|[^`\\])*)`)/g;
    found = new Set(
      Array.from(text.matchAll(literal), ([, one, two, three]) => (one ?? two ?? three ?? '').replace(/\\(.)/g, '$1')),
    );
    titlesOf.set(file, found);
  }
  return found;
}

describe.each(STANDARDS)('$name', ({ obligations }) => {
  test.each(obligations.map((one) => [`§${one.section} ${one.says}`, one] as const))('%s', (_, obligation) => {
    if ('why' in obligation) {
      expect(obligation.why).toMatch(/^not applicable: .{10}/);
      return;
    }
    expect(obligation.tests.length).toBeGreaterThan(0);
    for (const { file, title } of obligation.tests) {
      for (const part of title.split(' › ')) expect([...titles(file)], file).toContain(part);
    }
  });

  test('no sentence twice', () => {
    const keys = obligations.map(({ section, says }) => `${section} ${says}`);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

test('a title that is not there is noticed', () => {
  expect([...titles('test/conformance/obligations.test.ts')]).toContain('a title that is not there is noticed');
  expect(titles('test/conformance/obligations.test.ts').has('nothing of the kind')).toBe(false);
  expect(titles('test/conformance/nobody.test.ts').size).toBe(0);
});

test('the document is the one made from the table', () => {
  expect(readFileSync(DOCUMENT, 'utf8'), 'node test/conformance/obligations/document.ts writes it').toBe(
    conformanceDocument(),
  );
});
