import { failed, ok, type Result } from '@sublane/basics';

/** scrypt's costs (RFC 7914 §2): N = 2^`logN`; memory is 128 · N · `r` bytes. */
export interface ScryptCost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** argon2id's costs (RFC 9106 §3.1). */
export interface Argon2Cost {
  /** m, in KiB. */
  readonly memory: number;
  /** t. */
  readonly passes: number;
  /** p. */
  readonly parallelism: number;
}

/** What a hash of a password was made by, and what came out. */
export type StoredHash = { readonly salt: Buffer; readonly hash: Buffer } & (
  | { readonly scheme: 'scrypt'; readonly cost: ScryptCost }
  | { readonly scheme: 'argon2id'; readonly cost: Argon2Cost }
);

/**
 * Why a text is no hash that is checked here. `form`: it is not in PHC string format. `scheme`: made by something else
 * than scrypt or argon2id version 19. `too-costly`: it would take more memory or time than a host may cause.
 */
export type HashFault = 'form' | 'scheme' | 'too-costly';

/** 128 MiB: the most that one check may take. */
const MEMORY_MAX = 128 * 1024 * 1024;
/** Bytes that one check may fill, all its passes together: a second or so of one core. */
const WORK_MAX = 1024 * 1024 * 1024;

const SALT = { least: 8, most: 64 };
const HASH = { least: 16, most: 64 };
const TEXT_MAX = 512;

const FORM =
  /^\$([a-z0-9-]{1,32})\$(?:v=(\d{1,3})\$)?([a-z]+=\d{1,9}(?:,[a-z]+=\d{1,9}){2})\$([A-Za-z0-9+/.]+)\$([A-Za-z0-9+/.]+)$/;

/**
 * Reads `$scrypt$ln=14,r=8,p=5$SALT$HASH` or `$argon2id$v=19$m=65536,t=3,p=4$SALT$HASH`: the PHC string format, base64
 * without padding; passlib writes a dot for the plus. A hostile one is refused here, before it costs anything.
 */
export function parsePasswordHash(text: string): Result<StoredHash, HashFault> {
  if (text.length > TEXT_MAX || !text.startsWith('$')) return failed('form');
  const scheme = text.split('$', 2)[1];
  if (scheme !== 'scrypt' && scheme !== 'argon2id')
    return failed(/^[a-z0-9-]+$/.test(scheme ?? '') ? 'scheme' : 'form');
  const [, , version, parameters = '', salt64 = '', hash64 = ''] = FORM.exec(text) ?? [];
  const [salt, hash] = [bytesOf(salt64, SALT), bytesOf(hash64, HASH)];
  if (salt === undefined || hash === undefined) return failed('form');
  const value = new Map(parameters.split(',').map((one) => one.split('=') as [string, string]));
  const numbers = (...names: readonly string[]) =>
    names.every((name) => value.has(name)) ? names.map((name) => Number(value.get(name))) : undefined;
  if (scheme === 'scrypt') {
    const [logN, r, p] = numbers('ln', 'r', 'p') ?? [];
    if (logN === undefined || r === undefined || p === undefined || version !== undefined) return failed('form');
    // RFC 7914 §2: N larger than 1, r and p positive.
    if (logN < 1 || r < 1 || p < 1) return failed('form');
    const memory = 128 * 2 ** logN * r;
    if (logN > 24 || memory > MEMORY_MAX || memory * p > WORK_MAX) return failed('too-costly');
    return ok({ scheme, cost: { logN, r, p }, salt, hash });
  }
  if (version !== '19') return failed(version === undefined ? 'form' : 'scheme');
  const [memory, passes, parallelism] = numbers('m', 't', 'p') ?? [];
  if (memory === undefined || passes === undefined || parallelism === undefined) return failed('form');
  // RFC 9106 §3.1: p from 1, m from 8 · p, t from 1.
  if (passes < 1 || parallelism < 1 || memory < 8 * parallelism) return failed('form');
  const bytes = memory * 1024;
  if (parallelism > 64 || bytes > MEMORY_MAX || bytes * passes > WORK_MAX) return failed('too-costly');
  return ok({ scheme, cost: { memory, passes, parallelism }, salt, hash });
}

/** In PHC string format. */
export function scryptText({ logN, r, p }: ScryptCost, salt: Buffer, hash: Buffer): string {
  return `$scrypt$ln=${logN},r=${r},p=${p}$${unpadded(salt)}$${unpadded(hash)}`;
}

function bytesOf(text: string, { least, most }: { readonly least: number; readonly most: number }): Buffer | undefined {
  const base64 = text.replaceAll('.', '+');
  const bytes = Buffer.from(base64, 'base64');
  // One text for the same bytes: no stray bits at the end.
  return bytes.length >= least && bytes.length <= most && unpadded(bytes) === base64 ? bytes : undefined;
}

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
