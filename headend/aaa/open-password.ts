import { type Clock, failed, type Milliseconds, milliseconds, ok, type Result, seconds } from '@sublane/basics';
import { compactDecrypt, decodeProtectedHeader, importJWK, type JWK } from 'jose';
import * as v from 'valibot';
import type { PasswordFault, RefusalOf } from '../refusal/refusal.ts';
import type { NonceStore } from '../store/store.ts';
import type { PasswordContent, PasswordOpener } from './password-envelope.ts';

export interface PasswordOpenerParts {
  /** The private keys hosts may have encrypted to, present and past. */
  readonly keys: readonly (JWK & { readonly kid: string })[];
  /** The name published with the keys. */
  readonly headend: string;
  readonly nonces: NonceStore;
  readonly clock: Clock;
}

/** How far the host's clock may be from ours, either way. */
const SKEW_LIMIT = seconds(300);

/** Decrypts and checks, in an order that spends a nonce only on what is else in order. */
export function createPasswordOpener({ keys, headend, nonces, clock }: PasswordOpenerParts): PasswordOpener {
  return {
    async open(jwe, hostId) {
      const read = await decrypt(jwe, keys);
      if (!read.ok) return read;
      const content = read.value;
      if (content['host-id'] !== hostId) return failed({ kind: 'password-misdirected', field: 'host-id' });
      if (content.headend !== headend) return failed({ kind: 'password-misdirected', field: 'headend' });
      const now = clock.now();
      const issued = content['issued-at'] * 1000;
      if (Math.abs(now - issued) > SKEW_LIMIT * 1000) {
        return failed({ kind: 'password-skew', headendTime: now, limit: SKEW_LIMIT });
      }
      // Until the skew check refuses it, and once more that long, should our own clock be set back.
      const until: Milliseconds = milliseconds(issued + 2 * SKEW_LIMIT * 1000);
      const fresh = await nonces.use(content.nonce, until, now);
      if (!fresh.ok) return fresh;
      return fresh.value ? ok(content.password) : failed({ kind: 'password-replayed' });
    },
  };
}

type Unreadable = RefusalOf<'password-unreadable'>;

async function decrypt(jwe: string, keys: PasswordOpenerParts['keys']): Promise<Result<PasswordContent, Unreadable>> {
  let kid: unknown;
  try {
    const {
      alg,
      enc,
      kid: named,
      typ: _type,
      cty: _content,
      epk: _key,
      apu: _u,
      apv: _v,
      ...more
    } = decodeProtectedHeader(jwe);
    // zip, crit, and whatever else would change what the ciphertext means.
    if (alg !== 'ECDH-ES' || enc !== 'A256GCM' || Object.keys(more).length > 0) return unreadable('algorithm');
    kid = named;
  } catch {
    return unreadable('form');
  }
  const key = keys.find((candidate) => candidate.kid === kid);
  if (key === undefined) return unreadable('key');
  let plaintext: Uint8Array;
  try {
    ({ plaintext } = await compactDecrypt(jwe, await importJWK(key, 'ECDH-ES'), {
      keyManagementAlgorithms: ['ECDH-ES'],
      contentEncryptionAlgorithms: ['A256GCM'],
    }));
  } catch {
    return unreadable('key');
  }
  return parseContent(plaintext);
}

const contentShape = v.strictObject({
  password: v.pipe(v.string(), v.minLength(1), v.maxLength(256)),
  'host-id': v.string(),
  headend: v.string(),
  'issued-at': v.pipe(v.number(), v.safeInteger()),
  nonce: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{16,128}$/)),
});

function parseContent(plaintext: Uint8Array): Result<PasswordContent, Unreadable> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(plaintext);
    const parsed = v.safeParse(contentShape, JSON.parse(text));
    return parsed.success ? ok(parsed.output) : unreadable('content');
  } catch {
    return unreadable('content');
  }
}

const unreadable = (fault: PasswordFault) => failed<Unreadable>({ kind: 'password-unreadable', fault });
