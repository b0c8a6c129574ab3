import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { failed, ok, type Result } from '@sublane/basics';

/** How a server's certificate is known to be the right one. */
export type CertificateCheck =
  /**
   * It comes from one of these authorities (PEM, one or more in each), is valid today, and is for one of `names`: what it
   * was dialled by, unless given (RFC 7589 §6, RFC 9525). `crl`: revocation lists of all those authorities; a certificate
   * on one of them is not taken, and so is one without a list.
   */
  | {
      readonly ca: string | Buffer | readonly (string | Buffer)[];
      readonly names?: readonly string[];
      readonly crl?: string | Buffer;
    }
  /** It is one of these, pinned: `openssl x509 -noout -fingerprint -sha256` prints one. */
  | { readonly fingerprints: readonly string[] };

/** 64 hexadecimal digits in upper case with colons: Node's own form. Refused is the first that is none. */
export function readPins(
  fingerprints: readonly string[],
): Result<readonly string[], { readonly fingerprint: string | undefined }> {
  const pins: string[] = [];
  for (const fingerprint of fingerprints) {
    const digits = fingerprint.trim().replaceAll(':', '').toUpperCase();
    if (!/^[0-9A-F]{64}$/.test(digits)) return failed({ fingerprint });
    pins.push(digits.replace(/..(?=.)/g, '$&:'));
  }
  return pins.length === 0 ? failed({ fingerprint: undefined }) : ok(pins);
}

/** Whose a certificate is, in one line: `CN=olga, O=Example`; its other names where it has no subject. */
export function holderOf({ subject, subjectAltName }: X509Certificate): string {
  // Node's types say otherwise, but a subject without any part is undefined.
  const name = (subject as string | undefined)?.replaceAll('\n', ', ');
  return name ?? subjectAltName ?? 'a certificate without a name';
}

/** Why the names of a certificate are not those expected; undefined where one is. Its common name counts for nothing (RFC 9525 §2). */
export function nameTrouble(certificate: X509Certificate, names: readonly string[]): string | undefined {
  const isFor = (name: string) =>
    isIP(name) === 0 ? certificate.checkHost(name, ONLY_WHOLE_NAMES) : certificate.checkIP(name);
  if (names.some((name) => isFor(name) !== undefined)) return undefined;
  return `it is for ${certificate.subjectAltName ?? 'no name at all'}, expected ${names.join(' or ')}`;
}

const ONLY_WHOLE_NAMES = { subject: 'never', partialWildcards: false } as const;
