import { readdirSync, readFileSync } from 'node:fs';
import type { ModuleSource } from 'libyang-wasm';

/** Where the standard's own modules are. */
const FOLDERS = ['standard', 'transcribed'].map((name) => new URL(`../../../../yang/${name}/`, import.meta.url));

/** A module that set-up collects, or one that is transcribed. */
export function standardModule(name: string): ModuleSource {
  for (const folder of FOLDERS) {
    const file = readdirSync(folder).find((one) => one.startsWith(`${name}@`));
    if (file === undefined) continue;
    return {
      name,
      revision: file.slice(name.length + 1, -'.yang'.length),
      text: readFileSync(new URL(file, folder), 'utf8'),
    };
  }
  throw new Error(`there is no module ${name}: run set-up`);
}
