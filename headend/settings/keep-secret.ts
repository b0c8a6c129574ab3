import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failed, ok, type Result } from '@sublane/basics';

/** What a name in the folder of secrets may be: YANG's type `file-name`. */
export const SECRET_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$/;

/** Where secrets are, in the headend's folder. */
export const secretsFolder = (folder: string): string => join(folder, 'secrets');

/** Makes the folder for secrets, its owner's alone; one that is there stays as it is. */
export function makeSecretsFolder(folder: string): void {
  mkdirSync(secretsFolder(folder), { mode: 0o700, recursive: true });
}

/**
 * Writes a secret, over one that has this name, for its owner alone. A reader finds the old one or the new one. Answers
 * the file; a failure is a sentence, without a word of the secret.
 */
export function keepSecret(folder: string, name: string, secret: string): Result<string, string> {
  const path = join(secretsFolder(folder), name);
  const next = `${path}.${process.pid}.new`;
  try {
    makeSecretsFolder(folder);
    writeFileSync(next, `${secret}\n`, { mode: 0o600, flag: 'wx' });
    chmodSync(next, 0o600);
    renameSync(next, path);
    return ok(path);
  } catch (error) {
    return failed(`${path}: cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}
