import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IMPORT_RULES, SIZE_RULE, TEXT_RULES } from './rules.ts';
import { sourceFiles, workspacePackages } from './source-tree.ts';
import { borderViolations, importViolations, sizeViolations, textViolations } from './verdicts.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('the repository', () => {
  it('is seen whole', () => {
    const files = sourceFiles(ROOT, ['.ts']);
    expect(files).toContain('test/architecture/architecture.test.ts');
    for (const folder of workspacePackages(ROOT).values()) {
      expect(
        files.some((file) => file.startsWith(`${folder}/`)),
        folder,
      ).toBe(true);
    }
    expect([...workspacePackages(ROOT).keys()]).toContain('libyang-wasm');
  });

  it('keeps the directions between its parts', () => {
    expect(importViolations(ROOT, IMPORT_RULES)).toEqual([]);
  });

  it('crosses borders between packages only by their names', () => {
    expect(borderViolations(ROOT)).toEqual([]);
  });

  it('has small files', () => {
    expect(sizeViolations(ROOT, SIZE_RULE)).toEqual([]);
  });

  it('names no machine', () => {
    expect(textViolations(ROOT, TEXT_RULES)).toEqual([]);
  });
});

describe('a planted violation', () => {
  let root: string;
  const plant = (file: string, text: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'sublane-architecture-'));
    for (const [name, folder] of workspacePackages(ROOT)) plant(`${folder}/package.json`, JSON.stringify({ name }));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  for (const rule of IMPORT_RULES) {
    it(`is caught: ${rule.planted.file} → ${rule.planted.imports}`, () => {
      plant(rule.planted.file, `// Planted.\nimport { x } from '${rule.planted.imports}';\n`);
      const line = `${rule.planted.file}:2 imports ${rule.planted.imports}: ${rule.why}`;
      expect(importViolations(root, IMPORT_RULES)).toContain(line);
      expect(importViolations(root, [rule])).toEqual([line]);
    });
  }

  it('is caught in a dynamic import, a re-export and a type', () => {
    plant('agent/a.ts', "export const a = await import('@sublane/headend');");
    plant('agent/b.ts', "export * from '@sublane/headend/main.ts';");
    plant('agent/c.ts', "import type { C } from '@sublane/headend';");
    expect(importViolations(root, IMPORT_RULES).map((line) => line.split(' ')[0])).toEqual([
      'agent/a.ts:1',
      'agent/b.ts:1',
      'agent/c.ts:1',
    ]);
  });

  it('is caught where a package reaches into another one', () => {
    plant('agent/a.ts', "import { ok } from '../shared/basics/src/result.ts';\nimport { b } from './b.ts';");
    expect(borderViolations(root)).toEqual([
      'agent/a.ts:1 imports ../shared/basics/src/result.ts: packages meet through their index.ts only',
    ]);
  });

  it('is caught where a file is too long, and where an exception is no longer needed', () => {
    const lines = (count: number) => '// line\n'.repeat(count);
    const rule = { lines: 400, testLines: 600, exceptions: {} };
    plant('agent/long.ts', lines(401));
    plant('agent/fits.ts', lines(400));
    plant('agent/long.test.ts', lines(601));
    plant('agent/fits.test.ts', lines(600));
    expect(sizeViolations(root, rule)).toEqual([
      'agent/long.test.ts has 601 lines (at most 600, or a reason in rules.ts)',
      'agent/long.ts has 401 lines (at most 400, or a reason in rules.ts)',
    ]);
    const exceptions = { 'agent/long.ts': 'a table', 'agent/fits.ts': 'another' };
    expect(sizeViolations(root, { ...rule, exceptions })).toEqual([
      'agent/long.test.ts has 601 lines (at most 600, or a reason in rules.ts)',
      'agent/fits.ts is not too long any more: its exception can go',
    ]);
  });

  for (const { why, planted } of TEXT_RULES) {
    it(`is caught: ${why}`, () => {
      plant('docs/a.md', `fine\n${planted}\n`);
      expect(textViolations(root, TEXT_RULES)).toEqual([`docs/a.md:2 ${planted}: ${why}`]);
    });
  }
});
