import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WireguardKey } from './wireguard-key.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wireguard-key-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const keyAt = () => new WireguardKey(join(folder, 'state', 'wireguard.key'));

test('the pair is made at first need, stays the same, and only its owner reads it', () => {
  const key = keyAt();
  const made = unwrap(key.publicKey());
  expect(made).toMatch(/^[A-Za-z0-9+/]{43}=$/);
  expect(unwrap(keyAt().publicKey())).toBe(made);
  expect(statSync(key.file).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(folder, 'state'))).toEqual(['wireguard.key']);
  const written = readFileSync(key.file, 'latin1');
  expect(written).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
  expect(written).not.toContain(made);
});

test('the public key is that of RFC 7748 for the private one', () => {
  // RFC 7748 §6.1: Alice's pair.
  const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');
  const file = join(folder, 'wireguard.key');
  writeFileSync(file, `${base64('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a')}\n`);
  const expected = base64('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
  expect(unwrap(new WireguardKey(file).publicKey())).toBe(expected);
});

test.each([
  ['empty', ''],
  ['another thing', 'no key at all\n'],
  ['too short', `${Buffer.alloc(31).toString('base64')}\n`],
])('a file that is %s is refused with what to do, and left alone', (_what, text) => {
  const file = join(folder, 'wireguard.key');
  writeFileSync(file, text);
  expect(new WireguardKey(file).publicKey()).toMatchObject({
    ok: false,
    failure: { kind: 'state', file, reason: expect.stringContaining('remove the file and another is made') },
  });
  expect(readFileSync(file, 'latin1')).toBe(text);
});

test('where it cannot be made, the reason is said', () => {
  const file = join(folder, 'file', 'wireguard.key');
  writeFileSync(join(folder, 'file'), '');
  chmodSync(join(folder, 'file'), 0o600);
  expect(new WireguardKey(file).publicKey()).toMatchObject({ ok: false, failure: { kind: 'state', file } });
});
