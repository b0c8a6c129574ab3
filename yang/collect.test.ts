import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));
const manifest: { package: string; files: Record<string, string> } = JSON.parse(
  readFileSync(join(here, 'standard.json'), 'utf8'),
);
const names = Object.keys(manifest.files)
  .map((path) => basename(path))
  .sort();

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sublane-collect-'));
  for (const file of ['collect.mjs', 'standard.json']) copyFileSync(join(here, file), join(folder, file));
});
afterEach(() => rmSync(folder, { recursive: true }));

function collect(): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'collect.mjs')], { encoding: 'utf8' });
  return { status, said: stdout + stderr };
}
const present = (): string[] => readdirSync(join(folder, 'standard')).sort();

it('brings every module of the manifest, and does nothing the second time', () => {
  expect(collect()).toMatchObject({ status: 0, said: expect.stringContaining(`${names.length} of ${names.length}`) });
  expect(present()).toEqual(names);
  expect(collect()).toMatchObject({ status: 0, said: expect.stringContaining('unchanged') });
});

it('replaces what was damaged and removes what does not belong there', () => {
  collect();
  const [first = ''] = names;
  const damaged = join(folder, 'standard', first);
  const before = readFileSync(damaged, 'utf8');
  writeFileSync(damaged, `${before}// more\n`);
  writeFileSync(join(folder, 'standard', 'stray.yang'), '');
  expect(collect()).toMatchObject({ status: 0, said: expect.stringContaining(`1 of ${names.length}`) });
  expect(readFileSync(damaged, 'utf8')).toBe(before);
  expect(present()).toEqual(names);
});

it('takes nothing when one module is not the one it should be, and says which', () => {
  const [path = ''] = Object.keys(manifest.files);
  const other = { ...manifest, files: { ...manifest.files, [path]: '0'.repeat(64) } };
  writeFileSync(join(folder, 'standard.json'), JSON.stringify(other));
  const { status, said } = collect();
  expect(status).toBe(1);
  expect(said).toContain(`${path} has sha256 ${manifest.files[path]}`);
  expect(said).not.toContain('    at ');
  expect(present()).toEqual([]);
});
