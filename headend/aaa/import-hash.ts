import { failed, ok, type Result } from '@sublane/basics';
import type { PasswordHashFault, RefusalOf } from '../refusal/refusal.ts';
import { ARGON2_HERE } from './password-hash.ts';
import { parsePasswordHash, type StoredHash } from './phc-text.ts';

/** A hash made elsewhere, checked before it is kept: what could never be verified here, or by next to nothing, is refused. */
export function importHash(
  text: string,
  argon2Here: boolean = ARGON2_HERE,
): Result<string, RefusalOf<'password-hash-unusable'>> {
  const refuse = (fault: PasswordHashFault) => failed({ kind: 'password-hash-unusable', fault } as const);
  const read = parsePasswordHash(text);
  if (!read.ok) return refuse(read.failure);
  if (read.value.scheme === 'argon2id' && !argon2Here) return refuse('argon2-missing');
  return memoryOf(read.value) < MEMORY_LEAST ? refuse('too-weak') : ok(text);
}

/** 1 MiB: whoever stole a cheaper one would have the password by next week. */
const MEMORY_LEAST = 1024 * 1024;

function memoryOf(stored: StoredHash): number {
  return stored.scheme === 'scrypt' ? 128 * 2 ** stored.cost.logN * stored.cost.r : stored.cost.memory * 1024;
}
