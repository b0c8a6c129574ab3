#!/usr/bin/env node
// Brings the standard YANG modules that ours need into yang/standard/. They come from Debian's package libyuma-base:
// from the installed files where it is installed, else from the package itself, fetched and unpacked into a temporary
// folder. Every file must have the sha256 that yang/standard.json names. Runs on Node 18 or newer, without npm packages.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** A reason that a person can act on; anything else that is thrown is a bug of this script. */
class Refusal extends Error {}

try {
  collect(join(HERE, 'standard'), JSON.parse(readFileSync(join(HERE, 'standard.json'), 'utf8')));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(`standard YANG modules: ${error.message}`);
  process.exitCode = 1;
}

function collect(target, manifest) {
  const wanted = Object.entries(manifest.files).map(([path, sha256]) => ({ path, name: basename(path), sha256 }));
  mkdirSync(target, { recursive: true });
  const names = new Set(wanted.map(({ name }) => name));
  for (const stray of readdirSync(target).filter((name) => !names.has(name))) rmSync(join(target, stray));

  const missing = wanted.filter(({ name, sha256 }) => !holds(join(target, name), sha256));
  if (missing.length === 0) {
    console.log(`standard YANG modules: all ${wanted.length} are in yang/standard/, unchanged`);
    return;
  }
  const installed = missing.every(({ path }) => existsSync(join('/', path)));
  if (installed) {
    console.log(`standard YANG modules: ${missing.length} of ${wanted.length} from the installed ${manifest.package}`);
    copy('/', missing, target);
    return;
  }
  console.log(`standard YANG modules: ${missing.length} of ${wanted.length} from Debian's package ${manifest.package}`);
  const work = mkdtempSync(join(tmpdir(), 'sublane-yang-'));
  try {
    copy(unpacked(manifest.package, work), missing, target);
  } finally {
    rmSync(work, { recursive: true });
  }
}

function digest(content) {
  return createHash('sha256').update(content).digest('hex');
}

function holds(file, sha256) {
  return existsSync(file) && digest(readFileSync(file)) === sha256;
}

/** All are checked before the first is written; each appears whole or not at all. */
function copy(root, files, target) {
  const contents = files.map(({ path, name, sha256 }) => {
    const file = join(root, path);
    if (!existsSync(file))
      throw new Refusal(`${path} is not in the package; another version of it? See yang/standard.json`);
    const content = readFileSync(file);
    const found = digest(content);
    if (found !== sha256) {
      throw new Refusal(
        `${path} has sha256 ${found}, yang/standard.json says ${sha256}: not taken. Compare the two files`,
      );
    }
    return { name, content };
  });
  for (const { name, content } of contents) {
    const partial = join(target, `${name}.partial`);
    writeFileSync(partial, content);
    renameSync(partial, join(target, name));
  }
}

/** Fetches a Debian package with apt-get (which checks the archive's signature) and unpacks it; installs nothing. */
function unpacked(name, work) {
  // apt's own user fetches; it must be able to write here.
  chmodSync(work, 0o755);
  if (!download(name, work)) {
    throw new Refusal(
      `apt-get could not download ${name}. Is the network there? "apt-get update" (as root) brings its lists up to date`,
    );
  }
  const archive = readdirSync(work).find((file) => file.endsWith('.deb'));
  const root = join(work, 'root');
  if (archive === undefined || !run('dpkg-deb', ['-x', archive, root], work)) {
    throw new Refusal(`${name} could not be unpacked with dpkg-deb`);
  }
  return root;
}

/** A fresh machine has no package lists: root may fetch them. */
function download(name, work) {
  const fetch = () => run('apt-get', ['download', '-qq', name], work);
  if (fetch()) return true;
  return process.getuid() === 0 && run('apt-get', ['update', '-qq'], work) && fetch();
}

function run(command, args, cwd) {
  const { status, stderr } = spawnSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  if (status !== 0 && stderr) console.error(stderr.trimEnd());
  return status === 0;
}
