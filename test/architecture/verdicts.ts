import { readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { scanImports } from './import-scanner.ts';
import { type ImportRule, KERNEL_TESTS, type SizeRule, type TextRule } from './rules.ts';
import { resolveImport, sourceFiles, workspacePackages } from './source-tree.ts';

/** Every import below `root` that breaks one of `rules`, as a line for a person. */
export function importViolations(root: string, rules: readonly ImportRule[]): string[] {
  const packages = workspacePackages(root);
  return sourceFiles(root, ['.ts', '.mjs']).flatMap((file) => {
    const applying = rules.filter((rule) => isIn(file, rule.from) && !isIn(file, rule.except ?? []));
    if (applying.length === 0) return [];
    const imports = scanImports(readFileSync(join(root, file), 'utf8'));
    return imports.flatMap(({ specifier, typeOnly, line }) => {
      const target = resolveImport(file, specifier, packages);
      return applying
        .filter((rule) => isIn(target, resolved(rule.never, packages)) && !isIn(target, rule.but ?? []))
        .filter((rule) => !(typeOnly && rule.typesAllowed))
        .map((rule) => `${file}:${line} imports ${specifier}: ${rule.why}`);
    });
  });
}

/** A rule may name a package of ours by its name or its folder. */
const resolved = (names: readonly string[], packages: ReadonlyMap<string, string>) =>
  names.map((name) => packages.get(name) ?? name);

const isIn = (path: string, folders: readonly string[]) =>
  folders.some(
    (folder) => path === folder || path.startsWith(`${folder}/`) || (folder.includes('*') && matchesGlob(path, folder)),
  );

/** Relative imports that leave their own package: packages meet through their `index.ts` only. */
export function borderViolations(root: string): string[] {
  const folders = [...workspacePackages(root).values()];
  const packageOf = (path: string) => folders.find((folder) => isIn(path, [folder])) ?? '.';
  return sourceFiles(root, ['.ts', '.mjs'])
    .filter((file) => packageOf(file) !== '.' && packageOf(file) !== 'test' && !isIn(file, KERNEL_TESTS))
    .flatMap((file) =>
      scanImports(readFileSync(join(root, file), 'utf8'))
        .filter(({ specifier }) => specifier.startsWith('.'))
        .filter(({ specifier }) => packageOf(resolveImport(file, specifier, new Map())) !== packageOf(file))
        .map(
          ({ specifier, line }) => `${file}:${line} imports ${specifier}: packages meet through their index.ts only`,
        ),
    );
}

/** Files longer than the rule allows without a reason, and reasons that nothing needs any more. */
export function sizeViolations(root: string, rule: SizeRule): string[] {
  const long = sourceFiles(root, ['.ts', '.mjs', '.py'])
    .filter((file) => !file.startsWith('yang/bindings/'))
    .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }))
    .map((one) => ({ ...one, most: /\.test\.ts$/.test(one.file) ? rule.testLines : rule.lines }))
    .filter(({ lines, most }) => lines > most);
  return [
    ...long
      .filter(({ file }) => rule.exceptions[file] === undefined)
      .map(({ file, lines, most }) => `${file} has ${lines} lines (at most ${most}, or a reason in rules.ts)`),
    ...Object.keys(rule.exceptions)
      .filter((file) => !long.some((one) => one.file === file))
      .map((file) => `${file} is not too long any more: its exception can go`),
  ];
}

/** Lines of any text file of ours that hold what no file of ours may hold. */
export function textViolations(root: string, rules: readonly TextRule[]): string[] {
  const files = sourceFiles(root, ['.ts', '.mjs', '.py', '.sh', '.md', '.yang', '.json', '.yaml', '.c', '.h']);
  return files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((text, i) =>
        rules.filter(({ pattern }) => pattern.test(text)).map(({ why }) => `${file}:${i + 1} ${text.trim()}: ${why}`),
      ),
  );
}
