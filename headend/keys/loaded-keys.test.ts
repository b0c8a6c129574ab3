import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import { beforeEach, describe, expect, it } from 'vitest';
import { generateHostKey } from './host-key.ts';
import { loadKeys, offeredHostKeys, publishedKeys } from './loaded-keys.ts';
import { generatePasswordKey } from './password-key.ts';

describe('keys from files', () => {
  let folder = '';
  const put = (name: string, text: string, mode = 0o600) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    chmodSync(file, mode);
    return file;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sublane-keys-'));
  });

  it('are published without their private halves', async () => {
    const host = generateHostKey('edge');
    const password = await generatePasswordKey();
    const hostKeys = [put('host', host.privatePem)];
    const loaded = unwrap(loadKeys({ hostKeys, passwordKeys: [put('password', JSON.stringify(password))] }));
    expect(loaded.warnings).toEqual([]);
    const published = publishedKeys(loaded, 'edge');
    expect(published.hostKeyFingerprints).toEqual([host.fingerprint]);
    expect(JSON.stringify(published)).not.toContain(password.d);
    expect(JSON.parse(published.passwordKeys[0]!.publicJwk)).toMatchObject({ kid: password.kid, headend: 'edge' });
  });

  it('roll over: the next host key is published before it is shown', () => {
    const [now, next] = [generateHostKey('now'), generateHostKey('next')];
    const hostKeys = [put('now', now.privatePem), put('next', next.privatePem)];
    const loaded = unwrap(loadKeys({ hostKeys, passwordKeys: [] }));
    expect(offeredHostKeys(loaded).map(({ fingerprint }) => fingerprint)).toEqual([now.fingerprint]);
    expect(publishedKeys(loaded, 'edge').hostKeyFingerprints).toEqual([now.fingerprint, next.fingerprint]);
  });

  it('that others may read are mentioned', () => {
    const hostKeys = [put('host', generateHostKey('edge').privatePem, 0o644)];
    expect(unwrap(loadKeys({ hostKeys, passwordKeys: [] })).warnings).toEqual([expect.stringContaining('chmod 600')]);
  });

  it('that cannot be used are refused by name', async () => {
    const key = await generatePasswordKey();
    const publicLine = put('pub', generateHostKey('edge').publicLine);
    const whole = put('whole', JSON.stringify(key));
    const half = put('half', JSON.stringify({ ...key, d: undefined }));
    const refusal = (hostKeys: string[], passwordKeys: string[]) => {
      const loaded = loadKeys({ hostKeys, passwordKeys });
      return loaded.ok ? 'loaded' : loaded.failure;
    };
    expect(refusal([join(folder, 'none')], [])).toContain('none: ENOENT');
    expect(refusal([publicLine], [])).toContain(`${publicLine}: expected an unencrypted private SSH key`);
    expect(refusal([], [half])).toContain(`${half}: expected a private JWK`);
    expect(refusal([], [put('text', 'x')])).toContain('expected a private JWK');
    expect(refusal([], [whole, whole])).toContain('another key has the kid');
  });
});
