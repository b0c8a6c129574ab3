// A stamp says from which inputs a step was last done, so that the same inputs are not worked through twice.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** One hash over the named files and folders (names and contents); what does not exist counts as absent. */
export function fingerprint(root, paths) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap((path) => filesOf(join(root, path)))) {
    hash
      .update(`${relative(root, path)}\0`)
      .update(readFileSync(path))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesOf(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .filter((name) => name !== 'node_modules')
    .sort()
    .flatMap((name) => filesOf(join(path, name)));
}

export class Stamps {
  #folder;

  constructor(folder) {
    this.#folder = folder;
  }

  matches(step, value) {
    const file = join(this.#folder, step);
    return existsSync(file) && readFileSync(file, 'utf8') === value;
  }

  write(step, value) {
    const file = join(this.#folder, step);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, value);
  }
}
