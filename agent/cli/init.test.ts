import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseAgentConfig, readAgentConfig } from '../config/agent-config.ts';
import { initialise } from './init.ts';
import { placesOf } from './places.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-init-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const options = {
  headend: { address: '2001:db8::1', port: 8830 },
  hostId: 'laptop-7f',
  hostKey: `SHA256:${'A'.repeat(43)}`,
};

test('makes a configuration this program reads, and a key only its owner reads', () => {
  const places = placesOf({ dir: folder });
  const made = initialise(places, options);
  if (!made.ok) throw new Error(made.failure.kind);
  const config = readAgentConfig(places.config, places.configFolder);
  if (!config.ok) throw new Error(JSON.stringify(config.failure));
  expect(config.value.headends[0]).toMatchObject({
    address: '2001:db8::1',
    port: 8830,
    hostKeys: [options.hostKey],
    user: 'laptop-7f',
  });
  const keyFile = config.value.headends[0]?.keyFile ?? '';
  expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  expect(ssh2.utils.parseKey(readFileSync(keyFile))).not.toBeInstanceOf(Error);
  expect(made.value.publicKey).toMatch(/^ssh-ed25519 \S+ laptop-7f$/);
});

test('overwrites nothing', () => {
  const places = placesOf({ dir: folder });
  initialise(places, options);
  const before = readFileSync(places.config, 'utf8');
  expect(initialise(places, { ...options, hostId: 'other' })).toMatchObject({ ok: false, failure: { kind: 'exists' } });
  expect(readFileSync(places.config, 'utf8')).toBe(before);
});

test('what the comments offer is right too, and says what holds without it', () => {
  const places = placesOf({ dir: folder });
  initialise(places, options);
  const before = readAgentConfig(places.config, places.configFolder);
  const text = readFileSync(places.config, 'utf8').replace(
    /^# (?=(?:accept|drift|portal-probe|uplink-capacity|subscriber| {2}\S[^\n]*: ))/gm,
    '',
  );
  const after = parseAgentConfig(text, places.config, places.configFolder);
  if (!before.ok || !after.ok) throw new Error(JSON.stringify(after));
  expect(after.value.accept).toEqual(before.value.accept);
  expect(after.value.surroundings).toEqual({
    ...before.value.surroundings,
    portalProbe: 'http://portal-check.example/generate_204',
  });
  expect(after.value.host.uplinkCapacity).toBe(20_000);
});
