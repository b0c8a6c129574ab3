// The pinned sources: downloaded once, checked every time, unpacked.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BuildFailure, run, say } from './command.mjs';
import { downloadSources } from './debian.mjs';
import { SOURCES } from './pinned.mjs';

/** Unpacks the sources into `work`, downloading into `cache` what is not there; gives their folders by name. */
export async function unpackSources(cache, work) {
  const downloads = join(cache, 'downloads');
  mkdirSync(downloads, { recursive: true });
  const absent = SOURCES.filter(({ file }) => !existsSync(join(downloads, file)));
  if (absent.length > 0) {
    const packages = absent.map(({ package: name }) => name);
    say(`downloads the sources of ${packages.map((name) => name.replace('=', ' ')).join(' and ')}`);
    await downloadSources(work, packages);
    for (const { file } of absent) renameSync(join(work, file), join(downloads, file));
  }
  const folders = {};
  for (const { name, file, sha256 } of SOURCES) {
    const archive = join(downloads, file);
    check(archive, sha256);
    folders[name] = join(work, name);
    mkdirSync(folders[name], { recursive: true });
    await run('tar', ['-xzf', archive, '-C', folders[name], '--strip-components=1']);
  }
  return folders;
}

function check(archive, sha256) {
  const found = createHash('sha256').update(readFileSync(archive)).digest('hex');
  if (found === sha256) return;
  rmSync(archive);
  throw new BuildFailure(
    `${archive} is not what was pinned: its sha256 is ${found}, expected ${sha256}. It was deleted.`,
  );
}
