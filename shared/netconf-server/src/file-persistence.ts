import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Persistence } from './datastore.ts';

/** A configuration in a file, replaced as a whole: after a crash there is the old one or the new one. */
export function filePersistence(path: string): Persistence {
  return {
    async load() {
      try {
        return await readFile(path, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async save(xml) {
      const next = `${path}.next`;
      const file = await open(next, 'w', 0o600);
      try {
        await file.writeFile(xml);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(next, path);
      const folder = await open(dirname(path), 'r');
      try {
        await folder.sync(); // the name too
      } finally {
        await folder.close();
      }
    },
  };
}
