import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import { expect, it } from 'vitest';
import { keepSecret } from './keep-secret.ts';
import { openSecrets } from './secrets.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'keep-secret-'));
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

it('what is kept is read again, by its owner alone, over what was there before', () => {
  const here = folder();
  for (const secret of ['geheim', 'noch geheimer']) {
    const path = unwrap(keepSecret(here, 'isp', secret));
    expect(mode(path)).toBe('600');
    expect(unwrap(openSecrets(here).line('isp'))).toBe(secret);
  }
  expect(mode(join(here, 'secrets'))).toBe('700');
});

it('says why it cannot be kept, without the secret', () => {
  const here = folder();
  writeFileSync(join(here, 'secrets'), 'a file');
  const kept = keepSecret(here, 'isp', 'geheim');
  expect(kept).toMatchObject({ ok: false });
  expect(JSON.stringify(kept)).not.toContain('geheim');
  expect(readFileSync(join(here, 'secrets'), 'utf8')).toBe('a file');
});
