import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ModuleSource } from 'libyang-wasm';

const OURS = fileURLToPath(new URL('../modules/', import.meta.url));
const TRANSCRIBED = fileURLToPath(new URL('../transcribed/', import.meta.url));
const STANDARD = fileURLToPath(new URL('../standard/', import.meta.url));

/**
 * Our modules, the standard ones that set-up collects, and those of the IETF that no package has (`transcribed`), as sources for a libyang context.
 *
 * @throws where the standard modules are not there, with the command that brings them.
 */
export function moduleSources(): ModuleSource[] {
  const standard = yangFiles(STANDARD);
  if (standard.length === 0) throw new Error(`no standard YANG modules in ${STANDARD}; run: npm run setup`);
  return [...yangFiles(OURS), ...yangFiles(TRANSCRIBED), ...standard];
}

function yangFiles(folder: string): ModuleSource[] {
  return filesOf(folder)
    .filter((file) => file.endsWith('.yang'))
    .map((file) => {
      const text = readFileSync(folder + file, 'utf8');
      const [name = '', revision = /^ {2}revision "?(\d{4}-\d{2}-\d{2})/m.exec(text)?.[1]] = file
        .slice(0, -5)
        .split('@');
      return { name, text, ...(revision !== undefined && { revision }) };
    });
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
