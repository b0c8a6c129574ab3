import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { readArtefact } from './artefact.ts';

const folder = mkdtempSync(join(tmpdir(), 'libyang-wasm-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

describe('readArtefact', () => {
  it('takes bytes as they are', () => {
    const bytes = new Uint8Array([0, 0x61]);
    expect(readArtefact(bytes)).toBe(bytes);
  });

  it('reads the file that is named, by argument before environment', () => {
    const file = (name: string) => join(folder, name);
    for (const name of ['one', 'other']) writeFileSync(file(name), name);
    vi.stubEnv('SUBLANE_LIBYANG_WASM', file('other'));
    expect(readArtefact(file('one')).toString()).toBe('one');
    expect(readArtefact().toString()).toBe('other');
  });

  it('says which name is wrong', () => {
    expect(() => readArtefact('/none.wasm')).toThrow('libyang-wasm: /none.wasm: no such file.');
    vi.stubEnv('SUBLANE_LIBYANG_WASM', '/none.wasm');
    expect(() => readArtefact()).toThrow('libyang-wasm: SUBLANE_LIBYANG_WASM names /none.wasm: no such file.');
  });

  it('names the command that builds it', () => {
    vi.stubEnv('SUBLANE_LIBYANG_WASM', '');
    vi.stubEnv('XDG_CACHE_HOME', folder);
    expect(() => readArtefact()).toThrow(/libyang\.wasm is not built .*Build it, once: node .*build\/build\.mjs/);
  });
});
