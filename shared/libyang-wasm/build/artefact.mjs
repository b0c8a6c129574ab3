// Where the built libyang.wasm is kept. The key is a hash over everything it is made from, so that a changed recipe
// never meets an old artefact.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Takes a ready artefact from elsewhere. */
export const ARTEFACT_VARIABLE = 'SUBLANE_LIBYANG_WASM';

/** Where a release has it: beside the package's README. */
export const PACKAGED = join(here, '../libyang.wasm');

export function cacheFolder(environment = process.env) {
  const base = environment.XDG_CACHE_HOME || join(environment.HOME || homedir(), '.cache');
  return join(base, 'sublane', 'libyang-wasm');
}

/** What the artefact is made from: the wrapper, the pinned sources and how they are compiled. */
export function recipeKey() {
  const hash = createHash('sha256');
  for (const file of [join(here, 'compile.mjs'), join(here, 'pinned.mjs'), ...filesOf(join(here, 'native'))]) {
    hash
      .update(`${relative(here, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 32);
}

export function cachedArtefact(environment = process.env) {
  return join(cacheFolder(environment), recipeKey(), 'libyang.wasm');
}

function filesOf(folder) {
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesOf(path) : [path]));
}
