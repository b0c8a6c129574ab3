import { readdirSync, readFileSync } from 'node:fs';
import type { ModuleSource } from 'libyang-wasm';

/** The standard's own modules, as set-up collects them. */
const STANDARD = new URL('../../../../yang/standard/', import.meta.url);

export function standardModule(name: string): ModuleSource {
  const file = readdirSync(STANDARD).find((one) => one.startsWith(`${name}@`));
  if (file === undefined) throw new Error(`${name} is not in ${STANDARD.pathname}: run set-up`);
  const revision = file.slice(name.length + 1, -'.yang'.length);
  return { name, revision, text: readFileSync(new URL(file, STANDARD), 'utf8') };
}
