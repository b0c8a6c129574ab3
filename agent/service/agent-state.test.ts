import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { milliseconds } from '@sublane/basics';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { emptyState, type HeldLane, StateFile } from './agent-state.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-state-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const state = {
  lanes: [{ groupId: 1, answer: { id: 1 } as HeldLane['answer'], sentAt: milliseconds(5), asked: '[]' }],
  released: [2],
  failClosed: [1],
  off: true,
};

test('what was written is read back', () => {
  const file = new StateFile(join(folder, 'deep', 'state.json'));
  expect(file.read()).toEqual({ ok: true, value: emptyState });
  expect(file.write(state).ok).toBe(true);
  expect(new StateFile(file.file).read()).toEqual({ ok: true, value: state });
});

test('lanes of an earlier boot are gone; what was given back, blocked and switched off is remembered', () => {
  const file = join(folder, 'state.json');
  new StateFile(file, 'boot-1').write(state);
  expect(new StateFile(file, 'boot-2').read()).toEqual({ ok: true, value: { ...state, lanes: [] } });
});

test('what an earlier version wrote is read: nobody is blocked, nothing is off', () => {
  const file = join(folder, 'state.json');
  writeFileSync(file, JSON.stringify({ version: 1, bootId: 'boot-1', lanes: state.lanes, released: [2] }));
  const value = { lanes: state.lanes, released: [2], failClosed: [], off: false };
  expect(new StateFile(file, 'boot-1').read()).toEqual({ ok: true, value });
});

test('a broken file is a clear failure, not an empty state', () => {
  const file = join(folder, 'state.json');
  writeFileSync(file, '{"version":1,');
  const read = new StateFile(file).read();
  expect(read.ok ? '' : read.failure.reason).toContain('remove the file');
});

test('a folder that cannot be written is a failure', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(new StateFile(join(folder, 'file', 'state.json')).write(state).ok).toBe(false);
});
