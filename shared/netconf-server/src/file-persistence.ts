import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Persistence, Saved } from './datastore.ts';

/**
 * Configurations in a file, replaced as a whole: after a crash there is the old one or the new one. It holds running as
 * XML; where more is to be kept, JSON with the members of `Saved`.
 */
export function filePersistence(path: string): Persistence {
  return {
    async load() {
      try {
        return readSaved(await readFile(path, 'utf8'));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async save(saved) {
      const next = `${path}.next`;
      const file = await open(next, 'w', 0o600);
      try {
        await file.writeFile(writeSaved(saved));
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

function writeSaved(saved: Saved): string {
  const alone = saved.revertTo === undefined && saved.startup === undefined;
  return alone ? saved.running : JSON.stringify(saved);
}

/** XML begins with `<`, or is empty. */
function readSaved(text: string): Saved {
  return text.startsWith('{') ? (JSON.parse(text) as Saved) : { running: text };
}
