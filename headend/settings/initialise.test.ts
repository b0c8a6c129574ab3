import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import { expect, it } from 'vitest';
import { parsePublicKey } from '../keys/public-key.ts';
import { initialise } from './initialise.ts';
import { placesOf } from './places.ts';
import { readSettings } from './settings.ts';

const listen = { host: '127.0.0.1', port: 8830 };
const createStore = async (file: string) => writeFileSync(file, '');
const folder = () => join(mkdtempSync(join(tmpdir(), 'sublane-init-')), 'edge');

it('makes a folder that can be served, closed to others', async () => {
  const places = placesOf({ dir: folder() });
  const made = unwrap(await initialise(places, { name: 'edge', listen }, createStore));
  const settings = unwrap(readSettings(places));
  expect(settings).toMatchObject({ name: 'edge', listen: [listen] });
  const mode = (file: string) => (statSync(file).mode & 0o777).toString(8);
  expect(mode(places.folder)).toBe('700');
  expect(mode(join(places.folder, 'secrets'))).toBe('700');
  for (const file of [places.settings, ...settings.hostKeys, ...settings.passwordKeys, settings.store])
    expect(`${file} ${mode(file)}`).toBe(`${file} 600`);
  expect(unwrap(parsePublicKey(readFileSync(`${made.hostKeyFile}.pub`, 'utf8'))).fingerprint).toBe(made.fingerprint);
});

it('overwrites nothing', async () => {
  const places = placesOf({ dir: folder() });
  unwrap(await initialise(places, { name: 'edge', listen }, createStore));
  const before = readFileSync(places.settings);
  expect(await initialise(places, { name: 'other', listen }, createStore)).toEqual({
    ok: false,
    failure: { kind: 'exists', file: places.settings },
  });
  expect(readFileSync(places.settings)).toEqual(before);
});

it('says why it cannot write', async () => {
  const made = await initialise(placesOf({ dir: '/proc/edge' }), { name: 'edge', listen }, createStore);
  expect(made.ok ? 'made' : made.failure.kind).toBe('unwritable');
});
