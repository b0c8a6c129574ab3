import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openSecrets, type Secrets } from './secrets.ts';

let folder: string;
let secrets: Secrets;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  mkdirSync(join(folder, 'secrets'));
  secrets = openSecrets(folder);
});

function put(text: string, mode = 0o600): string {
  const path = join(folder, 'secrets', 'a');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return 'a';
}

describe('a secret', () => {
  it.each(['geheim', 'geheim\n', 'geheim\r\n'])('is the one line of %j', (text) => {
    expect(secrets.line(put(text))).toEqual({ ok: true, value: 'geheim' });
  });

  it.each([0o640, 0o604, 0o660, 0o601])('is refused where the mode is %o', (mode) => {
    const read = secrets.line(put('geheim', mode));
    expect(read).toMatchObject({ ok: false, failure: expect.stringContaining('chmod 600') });
    expect(JSON.stringify(read)).not.toContain('geheim');
  });

  it.each([
    ['', 'is empty'],
    ['\n', 'is empty'],
    ['geheim\nmehr', 'more than one line'],
    ['x'.repeat(65_537), 'longer than'],
  ])('is not taken from other content', (text, why) => {
    const read = secrets.line(put(text));
    expect(read).toMatchObject({ ok: false, failure: expect.stringContaining(why) });
    expect(JSON.stringify(read)).not.toContain('mehr');
  });

  it('that is not there is said to be missing, with its path', () => {
    expect(secrets.line('b')).toEqual({
      ok: false,
      failure: `${join(folder, 'secrets', 'b')}: is not there. Put the file there; a shared secret with: headend aaa secret set b`,
    });
  });
});

it('a key is private too, and has many lines', () => {
  expect(secrets.key(put('a\nb\n'))).toEqual({ ok: true, value: 'a\nb\n' });
  expect(secrets.key(put('a\nb\n', 0o644)).ok).toBe(false);
});

it('certificates may be read by others, and not changed', () => {
  expect(secrets.certificates(put('a\nb\n', 0o644)).ok).toBe(true);
  expect(secrets.certificates(put('a\nb\n', 0o664)).ok).toBe(false);
});
