import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { labelPattern, patternCovers } from './label-pattern.ts';

test.each<[string, string[], string[]]>([
  ['zoom', ['zoom'], ['', 'Zoom', 'zoom ', 'zooom']],
  ['*', ['', 'a', 'löschzug', '👩‍🚒'], []],
  ['?', ['a', '*', '?', 'ö', '👍'], ['', 'ab']],
  ['unit:*.service', ['unit:a.service', 'unit:.service'], ['unit:a.scope', 'Unit:a.service', 'unit:a.service ']],
  ['a*b*c', ['abc', 'aabbcc', 'a-b-c'], ['acb', 'abcd', 'ab']],
  ['v?.*', ['v1.', 'v1.2', 'vö.x'], ['v.', 'v12.']],
  ['**a**', ['a', 'bab'], ['', 'b']],
  // Composed and in two parts, as different keyboards write it.
  ['caf\u00e9*', ['cafe\u0301', 'caf\u00e9 bar'], ['cafe']],
  ['*.тест', ['видео.тест'], ['видео.Тест']],
  ['视频?', ['视频器'], ['视频', '视频器器']],
  // No regular expression.
  ['a.c', ['a.c'], ['abc']],
  ['[ab]', ['[ab]'], ['a']],
  ['a\nb*', ['a\nb\nc'], ['a b']],
])('%j', (pattern, like, unlike) => {
  const matches = labelPattern(pattern);
  expect(like.filter((label) => !matches(label))).toEqual([]);
  expect(unlike.filter(matches)).toEqual([]);
});

/** Few characters, so that things meet; long enough for several words of bits. */
const text = (maxLength: number, ...characters: string[]) =>
  fc.array(fc.constantFrom(...characters), { maxLength }).map((some) => some.join(''));

describe('laws', () => {
  test('it does as the plain definition says', () => {
    const plain = (pattern: readonly string[], label: readonly string[]): boolean => {
      const [first, ...rest] = pattern;
      if (first === undefined) return label.length === 0;
      if (first === '*') return plain(rest, label) || (label.length > 0 && plain(pattern, label.slice(1)));
      return label.length > 0 && (first === '?' || first === label[0]) && plain(rest, label.slice(1));
    };
    fc.assert(
      fc.property(text(8, 'a', 'b', '?', '*', '👍'), text(10, 'a', 'b', '*', '👍'), (pattern, label) => {
        expect(labelPattern(pattern)(label)).toBe(plain([...pattern], [...label]));
      }),
      { numRuns: 5000 },
    );
  });

  test('a long pattern, too', () => {
    const long = text(255, 'a', 'b', 'c');
    fc.assert(
      fc.property(long, fc.array(fc.nat(254), { maxLength: 9 }), long, (label, places, inserted) => {
        const loose = [...label].map((character, at) => (places.includes(at) ? '?' : character));
        const cut = places[0] ?? 0;
        const starred = [...loose.slice(0, cut), '*', ...loose.slice(cut)].join('');
        const longer = label.slice(0, cut) + inserted + label.slice(cut);
        expect(labelPattern(loose.join(''))(label)).toBe(true);
        expect(labelPattern(starred)(longer)).toBe(true);
        expect(labelPattern(`${starred}d`)(longer)).toBe(false);
        if (inserted !== '') expect(labelPattern(loose.join(''))(longer)).toBe(false);
      }),
    );
  });

  test('the work grows with the label, not with the ways to match it', () => {
    // Thirty stars among the same letters: a search that turns back would not end.
    const matches = labelPattern(`${'*a'.repeat(60)}b`);
    expect(matches('a'.repeat(255))).toBe(false);
    expect(matches(`${'a'.repeat(254)}b`)).toBe(true);
  });

  test('a pattern that covers another matches all it matches', () => {
    const pattern = text(5, 'a', 'b', '?', '*');
    fc.assert(
      fc.property(pattern, pattern, fc.array(text(6, 'a', 'b', 'c'), { maxLength: 20 }), (wide, narrow, labels) => {
        if (!patternCovers(wide, narrow)) return;
        for (const label of labels) expect(!labelPattern(narrow)(label) || labelPattern(wide)(label)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});

test.each([
  ['*', '*', true],
  ['*', '', true],
  ['a*', 'ab?', true],
  ['a*', 'a*b', true],
  ['?*', '*', false],
  ['a?', 'ab', true],
  ['ab', 'a?', false],
  ['a?', 'a*', false],
  ['*b*', 'a*b', true],
  ['a', 'b', false],
])('%j covers %j: %s', (wide, narrow, covers) => {
  expect(patternCovers(wide, narrow)).toBe(covers);
});
