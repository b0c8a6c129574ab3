// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the samples are source text
import { describe, expect, it } from 'vitest';
import { scanImports } from './import-scanner.ts';

const specifiers = (source: string) => scanImports(source).map(({ specifier }) => specifier);

describe('scanImports', () => {
  it('finds every form of import and re-export, with its line', () => {
    const source = [
      "import a from 'a';",
      "import { b, type B } from 'b';",
      "import * as c from 'c';",
      'import d, {',
      '  e,',
      "} from 'd';",
      "import 'f';",
      "export * from 'g';",
      "export { h } from 'h';",
      "export type { I } from 'i';",
      "import type { J } from 'j';",
      "const k = await import('k');",
      'const l = await import("l");',
    ].join('\n');
    expect(scanImports(source)).toEqual([
      { specifier: 'a', typeOnly: false, line: 1 },
      { specifier: 'b', typeOnly: false, line: 2 },
      { specifier: 'c', typeOnly: false, line: 3 },
      { specifier: 'd', typeOnly: false, line: 6 },
      { specifier: 'f', typeOnly: false, line: 7 },
      { specifier: 'g', typeOnly: false, line: 8 },
      { specifier: 'h', typeOnly: false, line: 9 },
      { specifier: 'i', typeOnly: true, line: 10 },
      { specifier: 'j', typeOnly: true, line: 11 },
      { specifier: 'k', typeOnly: false, line: 12 },
      { specifier: 'l', typeOnly: false, line: 13 },
    ]);
  });

  it('passes over what only looks like an import', () => {
    expect(
      specifiers(
        [
          "// import a from 'a';",
          "/* import b\n from 'b'; */",
          'const c = "import c from \'c\'";',
          "const d = `import d from 'd'; ${['e', `import('f')`].join(`}`)} import('g')`;",
          "const re = /import h from 'h'/g;",
          "const ratio = a / b; export const from = 'i';",
          "import.meta.resolve('j');",
          "export function from() { return 'k'; }",
        ].join('\n'),
      ),
    ).toEqual([]);
  });

  it('goes on rightly after each of these', () => {
    const traps = [
      "const q = '\\'';",
      'const t = `\\`${`${1}`}`;',
      'const re = /[/\'"`]/.test(x) ? 1 / 2 : /`/;',
      'const o = { a: `${{ b: 1 }.b}` };',
      '// it\'s a "quote`',
    ];
    for (const trap of traps) expect(specifiers(`${trap}\nimport x from 'found';`), trap).toEqual(['found']);
  });
});
