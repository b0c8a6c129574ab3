import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Network } from '../lanes/surroundings.ts';
import { NetworkFile } from './network-file.ts';

const home: Network = {
  uplink: 'eth0',
  nextHop: { 4: '192.0.2.1', 6: 'fe80::1' },
  mac: { 4: '02:00:00:00:00:01' },
  prefixes: ['192.0.2.0/24'],
};
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'network-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what one run wrote the next one reads, the last counts', () => {
  const file = join(folder, 'state', 'network.json');
  new NetworkFile(file).write({ ...home, uplink: 'wlan0' });
  new NetworkFile(file).write(home);
  expect(new NetworkFile(file).read()).toEqual(home);
  expect(readdirSync(join(folder, 'state'))).toEqual(['network.json']);
});

test.each(['', '{', 'null', '{"uplink":"eth0"}', '{"uplink":1,"nextHop":{},"mac":{},"prefixes":[]}'])(
  'a file that says %j says nothing',
  (text) => {
    const file = join(folder, 'network.json');
    writeFileSync(file, text);
    expect(new NetworkFile(file).read()).toBeUndefined();
  },
);

test('without a file nothing is known, and what cannot be written is not', () => {
  writeFileSync(join(folder, 'file'), '');
  const nowhere = new NetworkFile(join(folder, 'file', 'network.json'));
  nowhere.write(home);
  expect(nowhere.read()).toBeUndefined();
});
