import { createHash, timingSafeEqual } from 'node:crypto';
import { failed, ok, type Result } from '@sublane/basics';

/** Whom to trust. */
export type HostKeyCheck =
  /** As `ssh-keygen -l` prints them: `SHA256:` and 43 characters. One of them must be the server's. */
  | { readonly fingerprints: readonly string[] }
  /** Decides by itself; `key` is the public key in SSH's wire form (RFC 4253 §6.6). */
  | { readonly verify: (fingerprint: string, key: Buffer) => boolean | Promise<boolean> };

/** `SHA256:…` of a public key in SSH's wire form. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The digests that fingerprints stand for; refused is the first that is none. */
export function parseFingerprints(
  fingerprints: readonly string[],
): Result<readonly Buffer[], { readonly fingerprint: string | undefined }> {
  const digests: Buffer[] = [];
  for (const fingerprint of fingerprints) {
    const base64 = /^SHA256:([A-Za-z0-9+/]{43})=?$/.exec(fingerprint.trim())?.[1];
    if (base64 === undefined) return failed({ fingerprint });
    digests.push(Buffer.from(base64, 'base64'));
  }
  return digests.length === 0 ? failed({ fingerprint: undefined }) : ok(digests);
}

/** Compares with all of them, in a time that does not tell which, or how much of it, was right. */
export function isKeyAmong(key: Buffer, digests: readonly Buffer[]): boolean {
  const seen = createHash('sha256').update(key).digest();
  let found = false;
  for (const digest of digests) found = timingSafeEqual(seen, digest) || found;
  return found;
}
