import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

/** The files that people wrote, below `root`, as paths relative to it. */
export function sourceFiles(root: string, extensions: readonly string[], folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      if (NOT_OURS.has(entry.name) || NOT_OURS.has(path)) return [];
      if (entry.isDirectory()) return sourceFiles(root, extensions, path);
      return extensions.some((extension) => entry.name.endsWith(extension)) ? [path] : [];
    });
}

const NOT_OURS = new Set(['node_modules', '.git', '.cache', 'coverage', 'yang/standard', 'yang/bindings']);

/** The workspace's packages: name → folder. */
export function workspacePackages(root: string): Map<string, string> {
  const folders = ['agent', 'headend', 'test', 'yang'];
  const shared = join(root, 'shared');
  if (existsSync(shared)) folders.push(...readdirSync(shared).map((name) => `shared/${name}`));
  return new Map(
    folders
      .filter((folder) => existsSync(join(root, folder, 'package.json')))
      .map((folder) => [JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')).name as string, folder]),
  );
}

/** What `specifier` means in `file`: a path below the root for our own code, the specifier itself for the rest. */
export function resolveImport(file: string, specifier: string, packages: ReadonlyMap<string, string>): string {
  if (specifier.startsWith('.')) return posix.join(dirname(file), specifier);
  for (const [name, folder] of packages) {
    if (specifier === name) return folder;
    if (specifier.startsWith(`${name}/`)) return posix.join(folder, specifier.slice(name.length + 1));
  }
  return specifier;
}
