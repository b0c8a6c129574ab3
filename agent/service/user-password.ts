import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Clock, failed, ok, type Result } from '@sublane/basics';
import { CompactEncrypt, importJWK, type JWK } from 'jose';
import type { AgentConfig } from '../config/agent-config.ts';
import type { AgentFailure } from './agent-failure.ts';
import type { HeadendLink } from './headend-link.ts';

/**
 * The `user-password` of one message: the subscriber's password, this host, the headend meant, the time and a nonce,
 * encrypted to the key the headend publishes (JWE compact, ECDH-ES with A256GCM; RFC 7516 §7.1, RFC 7518 §4.6).
 * Made anew for each message: a nonce is good once. Undefined where the configuration names no subscriber.
 */
export async function userPassword(
  config: AgentConfig,
  link: HeadendLink,
  clock: Clock,
): Promise<Result<string | undefined, AgentFailure>> {
  if (config.subscriber === undefined) return ok(undefined);
  const { passwordFile } = config.subscriber;
  let password: string;
  try {
    password = (await readFile(passwordFile, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    return failed({ kind: 'password', reason: `${passwordFile} cannot be read: ${(error as Error).message}` });
  }
  if (password === '') return failed({ kind: 'password', reason: `${passwordFile} is empty` });
  const key = await link.passwordKey();
  if (!key.ok) return key;
  try {
    const jwk = JSON.parse(key.value.jwk) as JWK & { headend?: string };
    const content = {
      password,
      'host-id': config.hostId,
      headend: jwk.headend,
      'issued-at': Math.floor(clock.now() / 1000),
      nonce: randomBytes(16).toString('base64url'),
    };
    const encrypt = new CompactEncrypt(new TextEncoder().encode(JSON.stringify(content)));
    encrypt.setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: key.value.kid });
    return ok(await encrypt.encrypt(await importJWK(jwk, 'ECDH-ES')));
  } catch (error) {
    return failed({ kind: 'password', reason: `the headend's key cannot be used: ${(error as Error).message}` });
  }
}
