import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { cachedArtefact, recipeKey } from './artefact.mjs';

const folder = mkdtempSync(join(tmpdir(), 'libyang-wasm-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

function node(args: string[], environment: Record<string, string> = {}) {
  const { SUBLANE_LIBYANG_WASM: _, ...inherited } = process.env;
  return spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...inherited, ...environment } });
}

const build = (args: string[], environment?: Record<string, string>) => node([here('build.mjs'), ...args], environment);

const isBuilt = existsSync(cachedArtefact());
if (!isBuilt) console.warn('skipped: what needs an artefact in the cache; this machine takes one from elsewhere');

describe('the build', () => {
  it.skipIf(!isBuilt)('does nothing where the artefact is there', () => {
    const run = build([]);
    expect(run.status).toBe(0);
    expect(run.stdout).toBe(`libyang-wasm: is built: ${cachedArtefact()}\n`);
  });

  it('takes an artefact from elsewhere, if it is there', () => {
    const file = join(folder, 'ready.wasm');
    const missing = build([], { SUBLANE_LIBYANG_WASM: file });
    expect([missing.status, missing.stderr]).toEqual([
      1,
      `libyang-wasm: SUBLANE_LIBYANG_WASM names ${file}, which is not there.\n`,
    ]);
    writeFileSync(file, '');
    const taken = build([], { SUBLANE_LIBYANG_WASM: file });
    expect([taken.status, taken.stdout]).toEqual([0, `libyang-wasm: uses ${file}, as SUBLANE_LIBYANG_WASM says\n`]);
  });

  it('explains itself', () => {
    expect(build(['--help']).stdout).toMatch(/^usage: /);
    const wrong = build(['--farce']);
    expect([wrong.status, wrong.stderr.split('\n')[0]]).toEqual([2, 'usage: node build.mjs [--force | --record]']);
  });

  it('compiles nothing but what was pinned', () => {
    const cache = join(folder, 'cache');
    const archive = join(cache, 'sublane/libyang-wasm/downloads/libyang2_2.1.30.orig.tar.gz');
    mkdirSync(join(archive, '..'), { recursive: true });
    for (const name of ['libyang2_2.1.30.orig.tar.gz', 'pcre2_10.42.orig.tar.gz']) {
      writeFileSync(join(archive, '..', name), 'not it');
    }
    const run = build([], { XDG_CACHE_HOME: cache });
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/libyang2_2\.1\.30\.orig\.tar\.gz is not what was pinned: its sha256 is [0-9a-f]{64}/);
    expect(existsSync(archive)).toBe(false);
  });

  it('says what only root can install', () => {
    const script = `
      import { TOOLS } from '${here('pinned.mjs')}';
      import { checkTools } from '${here('debian.mjs')}';
      TOOLS[1].file = '/none';
      process.getuid = () => 1000;
      try { checkTools(); } catch (error) { console.log(error.message); }`;
    const run = node(['--input-type=module', '-e', script]);
    expect(run.stdout).toContain('apt-get install --no-install-recommends lld-14\n');
    expect(run.stdout).toContain('SUBLANE_LIBYANG_WASM');
  });

  it('has the sha256 of what this recipe makes', () => {
    const [key, sha256] = readFileSync(here('artefact.sha256'), 'utf8').trim().split(/\s+/);
    expect(key, 'the recipe has changed: node build.mjs --record').toBe(recipeKey());
    if (isBuilt) expect(createHash('sha256').update(readFileSync(cachedArtefact())).digest('hex')).toBe(sha256);
  });
});
