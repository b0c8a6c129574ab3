import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fingerprintOf } from '../host-key.ts';

/**
 * Fingerprints that OpenSSH's `known_hosts` has for a server (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): plain and hashed names.
 * Patterns with wildcards, certificates' authorities and revoked keys are left alone: nobody is trusted by them here.
 */
export function opensshFingerprints(file: string, host: string, port: number): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  // Port 22 is not written.
  const name = port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
  const revoked = new Set(lines.filter(([marker]) => marker === '@revoked').map((words) => words[3]));
  return lines.flatMap(([names = '', , key = '']) => {
    if (names.startsWith('#') || names.startsWith('@') || revoked.has(key)) return [];
    const found = names
      .split(',')
      .some((one) => (one.startsWith('|1|') ? isHashOf(one, name) : one.toLowerCase() === name));
    return found && key !== '' ? [fingerprintOf(Buffer.from(key, 'base64'))] : [];
  });
}

/** `|1|SALT|HASH`: HMAC-SHA1 of the name by the salt. */
function isHashOf(hashed: string, name: string): boolean {
  const [, , salt = '', hash = ''] = hashed.split('|');
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}
