// The pinned sources: downloaded once, checked every time, unpacked.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BuildFailure, run, say } from './command.mjs';
import { downloadSources } from './debian.mjs';
import { SOURCES } from './pinned.mjs';

/** Unpacks the sources below `into`; gives their folders by name. */
export async function unpackSources(cache, into) {
  const downloads = join(cache, 'downloads');
  mkdirSync(downloads, { recursive: true });
  const absent = SOURCES.filter(({ file }) => !existsSync(join(downloads, file)));
  if (absent.length > 0) {
    say(`downloads the sources of ${absent.map(({ package: name }) => name.replace('=', ' ')).join(' and ')}`);
    await downloadSources(
      downloads,
      absent.map(({ package: name }) => name),
    );
  }
  const folders = {};
  for (const { name, file, sha256 } of SOURCES) {
    const archive = join(downloads, file);
    const found = createHash('sha256').update(readFileSync(archive)).digest('hex');
    if (found !== sha256) {
      rmSync(archive);
      throw new BuildFailure(
        `${file} is not what was pinned: its sha256 is ${found}, expected ${sha256}. It was deleted.`,
      );
    }
    folders[name] = join(into, name);
    mkdirSync(folders[name], { recursive: true });
    await run('tar', ['-xzf', archive, '-C', folders[name], '--strip-components=1']);
  }
  return folders;
}
