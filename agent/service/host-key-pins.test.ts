import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HostKeyPins } from './host-key-pins.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pins-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the first key of each headend is kept, and no other is one', () => {
  const file = join(folder, 'state', 'known-host-keys');
  const pins = new HostKeyPins(file);
  expect([pins.verify('a:830', 'SHA256:1'), pins.verify('b:830', 'SHA256:2')]).toEqual([true, true]);
  const again = new HostKeyPins(file);
  expect([again.verify('a:830', 'SHA256:1'), again.verify('a:830', 'SHA256:2')]).toEqual([true, false]);
  expect(readFileSync(file, 'utf8')).toBe('SHA256:1 a:830\nSHA256:2 b:830\n');
});

test('a file that cannot be read trusts nobody', () => {
  const file = join(folder, 'known-host-keys');
  mkdirSync(file);
  expect(() => new HostKeyPins(file).verify('a:830', 'SHA256:1')).toThrow();
});
