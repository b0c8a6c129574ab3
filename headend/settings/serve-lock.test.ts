import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { takeServeLock } from './serve-lock.ts';

const file = () => join(mkdtempSync(join(tmpdir(), 'sublane-lock-')), 'headend.lock');
const module = new URL('./serve-lock.ts', import.meta.url).pathname;

it('is held by one, until it is released', () => {
  const lock = file();
  const first = takeServeLock(lock);
  expect(takeServeLock(lock)).toEqual({ ok: false, failure: { kind: 'held', pid: String(process.pid) } });
  if (first.ok) first.value.release();
  expect(takeServeLock(lock).ok).toBe(true);
});

it('does not outlive a process that was killed', () => {
  const lock = file();
  const script = `import { takeServeLock } from '${module}';
    if (!takeServeLock('${lock}').ok) process.exit(9);
    process.kill(process.pid, 'SIGKILL');
    setInterval(() => {}, 1000);`;
  const killed = spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: import.meta.dirname });
  expect(killed.signal).toBe('SIGKILL');
  expect(takeServeLock(lock).ok).toBe(true);
});

it('says why where there is no folder', () => {
  const lock = takeServeLock('/nowhere/at/all/headend.lock');
  expect(lock.ok ? 'held' : lock.failure.kind).toBe('unusable');
});
