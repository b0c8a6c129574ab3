import { createHash, timingSafeEqual, type X509Certificate } from 'node:crypto';
import { failed, ok, type Result } from '@sublane/basics';
import { commonName, subjectAltNames } from './certificate-names.ts';

/** An entry of ietf-x509-cert-to-name (RFC 7407 §4); the list's order is its own. */
export type CertToName = {
  /**
   * Of the certificate itself or of a trusted authority above it: the hash algorithm as one octet (RFC 5246 §7.4.1.4.1)
   * and the hash, in hexadecimal with colons. `04:` and what `openssl x509 -fingerprint -sha256` prints.
   */
  readonly fingerprint: string;
} & (
  | { readonly mapType: 'specified'; readonly name: string }
  | {
      readonly mapType:
        | 'san-rfc822-name'
        | 'san-dns-name'
        | 'san-ip-address'
        | 'san-any'
        /** Deprecated by RFC 7407, and still what many have. */
        | 'common-name';
    }
);

export const MAP_TYPES = [
  'specified',
  'san-rfc822-name',
  'san-dns-name',
  'san-ip-address',
  'san-any',
  'common-name',
] as const satisfies readonly CertToName['mapType'][];

/** The hashes a fingerprint may be of, by their octet. MD5 (1) and SHA-1 (2) are too weak to tell certificates apart. */
const HASHES: Readonly<Record<number, { readonly name: string; readonly size: number }>> = {
  3: { name: 'sha224', size: 28 },
  4: { name: 'sha256', size: 32 },
  5: { name: 'sha384', size: 48 },
  6: { name: 'sha512', size: 64 },
};

interface Digest {
  readonly hash: string;
  readonly value: Buffer;
}

/** Reads `04:…`; refused with what is wrong. */
export function parseFingerprint(text: string): Result<Digest, string> {
  if (!/^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})+$/.test(text))
    return failed('expected pairs of hexadecimal digits with colons between, the first the number of the hash: 04:…');
  const [algorithm = 0, ...value] = Buffer.from(text.replaceAll(':', ''), 'hex');
  const hash = HASHES[algorithm];
  if (hash === undefined)
    return failed(
      `its first octet says hash ${algorithm}; expected 4 (SHA-256), 3 (SHA-224), 5 (SHA-384) or 6 (SHA-512)`,
    );
  if (value.length !== hash.size)
    return failed(`${hash.name} has ${hash.size} octets after the first, here are ${value.length}`);
  return ok({ hash: hash.name, value: Buffer.from(value) });
}

/** `04:` and the SHA-256 of a certificate: what `fingerprint` expects. */
export function certificateFingerprint(certificate: X509Certificate): string {
  return `04:${certificate.fingerprint256}`;
}

/** A list that can be searched; refused with the entry (from 0) that is wrong. */
export function readCertToName(
  entries: readonly CertToName[],
): Result<NameTable, { readonly index: number; readonly message: string }> {
  const read: { readonly entry: CertToName; readonly digest: Digest }[] = [];
  for (const [index, entry] of entries.entries()) {
    const digest = parseFingerprint(entry.fingerprint);
    if (!digest.ok) return failed({ index, message: `fingerprint: ${digest.failure}` });
    if (entry.mapType === 'specified' && !isName(entry.name))
      return failed({ index, message: 'name: expected 1 to 256 characters' });
    read.push({ entry, digest: digest.value });
  }
  return ok({
    // RFC 7407 §4: entries are searched in order, "additional cert-to-name entries MUST be searched" where one that
    // matches gives no name.
    nameOf(certificate, authorities) {
      for (const { entry, digest } of read) {
        if (![certificate, ...authorities].some((one) => isOf(one, digest))) continue;
        const name = nameBy(entry, certificate);
        if (name !== undefined && isName(name)) return { name, entry };
      }
      return undefined;
    },
  });
}

export interface NameTable {
  /** `authorities`: those above the certificate of which we hold a trusted copy. Undefined where nothing maps. */
  nameOf(
    certificate: X509Certificate,
    authorities: readonly X509Certificate[],
  ): { readonly name: string; readonly entry: CertToName } | undefined;
}

function isOf(certificate: X509Certificate, { hash, value }: Digest): boolean {
  return timingSafeEqual(createHash(hash).update(certificate.raw).digest(), value);
}

function nameBy(entry: CertToName, certificate: X509Certificate): string | undefined {
  if (entry.mapType === 'specified') return entry.name;
  if (entry.mapType === 'common-name') return commonName(certificate);
  const wanted: readonly string[] = SAN_KINDS[entry.mapType];
  // "The first matching subjectAltName value found in the certificate … MUST be used"
  const found = subjectAltNames(certificate).find(({ kind }) => wanted.includes(kind));
  return found?.name;
}

const SAN_KINDS = {
  'san-rfc822-name': ['email'],
  'san-dns-name': ['dns'],
  'san-ip-address': ['ip'],
  'san-any': ['email', 'dns', 'ip'],
} as const satisfies Record<string, readonly string[]>;

/** What can be a user's name at all: nothing that would break a log line or another system's idea of where it ends. */
const isName = (name: string) => /^[^\p{Cc}]{1,256}$/u.test(name);
