import type { X509Certificate } from 'node:crypto';

export interface AltName {
  readonly kind: 'email' | 'dns' | 'ip';
  /** As RFC 7407 §4 transforms it into a user's name. */
  readonly name: string;
}

/** A certificate's rfc822Names, dNSNames and iPAddresses, in its own order. */
export function subjectAltNames(certificate: X509Certificate): AltName[] {
  const names: AltName[] = [];
  // `DNS:edge.example, IP Address:192.0.2.1, email:olga@example.net`; Node puts what holds a comma or worse in quotes.
  for (const [, kind, value = ''] of (certificate.subjectAltName ?? '').matchAll(ENTRY)) {
    // What must be quoted is no mail address, host or IP address.
    if (value.startsWith('"')) continue;
    if (kind === 'email') names.push({ kind: 'email', name: mailName(value) });
    if (kind === 'DNS') names.push({ kind: 'dns', name: value.toLowerCase() });
    const address = kind === 'IP Address' ? addressName(value) : undefined;
    if (address !== undefined) names.push({ kind: 'ip', name: address });
  }
  return names;
}

const ENTRY = /(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g;

/** "The local part of the rfc822Name is passed unaltered, but the host-part of the name must be passed in lowercase." */
function mailName(value: string): string {
  const at = value.lastIndexOf('@');
  return `${value.slice(0, at + 1)}${value.slice(at + 1).toLowerCase()}`;
}

/**
 * IPv4 as a dotted quad; IPv6 as "a 32-character, all-lowercase hexadecimal string without any colon separators". OpenSSL
 * writes all eight groups.
 */
function addressName(value: string): string | undefined {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(value)) return value;
  const groups = value.split(':');
  if (groups.length !== 8 || !groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return undefined;
  return groups.map((group) => group.toLowerCase().padStart(4, '0')).join('');
}

/** The subject's common name; undefined where it has none, or more than one. */
export function commonName(certificate: X509Certificate): string | undefined {
  const names: unknown = certificate.toLegacyObject().subject?.CN;
  return typeof names === 'string' ? names : undefined;
}
