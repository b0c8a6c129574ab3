import { readFileSync, statSync } from 'node:fs';
import { failed, ok, type Result } from '@sublane/basics';
import ssh2 from 'ssh2';
import { type PasswordKey, publicJwk } from './password-key.ts';
import { fingerprintOf } from './public-key.ts';

export interface HostKeyFile {
  readonly pem: string;
  readonly fingerprint: string;
  /** `ssh-ed25519`, … */
  readonly type: string;
}

/** The keys headend.yaml names, read and checked. */
export interface LoadedKeys {
  readonly hostKeys: readonly HostKeyFile[];
  readonly passwordKeys: readonly PasswordKey[];
  /** Sentences for the operator: a private key others may read. */
  readonly warnings: readonly string[];
}

/** What everybody may know of them. */
export interface PublishedKeys {
  /** The first is the one to use. */
  readonly passwordKeys: readonly { readonly kid: string; readonly publicJwk: string }[];
  /** `SHA256:…` of every SSH host key, present and next. */
  readonly hostKeyFingerprints: readonly string[];
}

/** Refused with a sentence that names the file, what is wrong with it and what to do. */
export function loadKeys(files: {
  readonly hostKeys: readonly string[];
  readonly passwordKeys: readonly string[];
}): Result<LoadedKeys, string> {
  const hostKeys: LoadedKeys['hostKeys'][number][] = [];
  const passwordKeys: PasswordKey[] = [];
  const warnings: string[] = [];
  for (const file of files.hostKeys) {
    const text = readSecret(file, warnings);
    if (!text.ok) return text;
    const key = ssh2.utils.parseKey(text.value);
    if (key instanceof Error || !key.isPrivateKey())
      return failed(`${file}: expected an unencrypted private SSH key, as "ssh-keygen -t ed25519 -N ''" makes it`);
    hostKeys.push({ pem: text.value, fingerprint: fingerprintOf(key.getPublicSSH()), type: key.type });
  }
  for (const file of files.passwordKeys) {
    const text = readSecret(file, warnings);
    if (!text.ok) return text;
    const key = parsePasswordKey(text.value);
    if (key === undefined)
      return failed(
        `${file}: expected a private JWK with kid, for ECDH-ES; "headend init" in an empty folder makes one`,
      );
    if (passwordKeys.some(({ kid }) => kid === key.kid))
      return failed(`${file}: another key has the kid ${key.kid} too`);
    passwordKeys.push(key);
  }
  return ok({ hostKeys, passwordKeys, warnings });
}

export function publishedKeys({ hostKeys, passwordKeys }: LoadedKeys, headend: string): PublishedKeys {
  return {
    passwordKeys: passwordKeys.map((key) => ({ kid: key.kid, publicJwk: publicJwk(key, headend) })),
    hostKeyFingerprints: hostKeys.map(({ fingerprint }) => fingerprint),
  };
}

/** What the SSH server shows: the first of each type. Those behind it are the next ones, published and not yet used. */
export function offeredHostKeys({ hostKeys }: LoadedKeys): readonly HostKeyFile[] {
  return hostKeys.filter((key, index) => hostKeys.findIndex(({ type }) => type === key.type) === index);
}

function readSecret(file: string, warnings: string[]): Result<string, string> {
  try {
    const text = readFileSync(file, 'utf8');
    const mode = statSync(file).mode & 0o777;
    if ((mode & 0o077) !== 0)
      warnings.push(`${file}: others may read this private key (mode ${mode.toString(8)}): chmod 600 ${file}`);
    return ok(text);
  } catch (error) {
    return failed(`cannot read the key ${file}: ${(error as Error).message}`);
  }
}

function parsePasswordKey(text: string): PasswordKey | undefined {
  try {
    const key = JSON.parse(text) as PasswordKey;
    const whole = (key.kty === 'EC' || key.kty === 'OKP') && typeof key.kid === 'string' && typeof key.d === 'string';
    return whole && typeof key.x === 'string' ? key : undefined;
  } catch {
    return undefined;
  }
}
