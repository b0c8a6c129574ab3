import { readFile } from 'node:fs/promises';
import { replaceFile } from './atomic-file.ts';
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
    save: (saved) => replaceFile(path, writeSaved(saved)),
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
