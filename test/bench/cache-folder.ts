import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository's own, git-ignored: on a disk, where a folder for temporary files may be in memory. */
export function cacheFolder(): string {
  const folder = fileURLToPath(new URL('../../.cache/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  return folder;
}
