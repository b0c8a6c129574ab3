import { CompactEncrypt, compactDecrypt, importJWK } from 'jose';
import { expect, it } from 'vitest';
import { generatePasswordKey, publicJwk } from './password-key.ts';

it('makes a key that opens what was sealed to its public half', async () => {
  const key = await generatePasswordKey();
  const sealed = await new CompactEncrypt(Buffer.from('secret'))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: key.kid })
    .encrypt(await importJWK(JSON.parse(publicJwk(key, 'edge'))));
  const { plaintext } = await compactDecrypt(sealed, await importJWK(key));
  expect(Buffer.from(plaintext).toString()).toBe('secret');
});

it('publishes nothing private', async () => {
  expect(JSON.parse(publicJwk(await generatePasswordKey(), 'edge'))).not.toHaveProperty('d');
});
