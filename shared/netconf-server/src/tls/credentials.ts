import { constants, createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { failed, ok, type Result } from '@sublane/basics';
import { readCertificates } from './certificate-chain.ts';

/** What a TLS server shows, and whom it believes. PEM. */
export interface TlsCredentials {
  /** The server's own certificate first, then those between it and its authority. */
  readonly certificate: string;
  /** Its private key, not encrypted. */
  readonly key: string;
  /** The authorities that clients' certificates must come from: one or more, and those between them and the clients. */
  readonly ca: string;
  /** Revocation lists of all those authorities; a certificate on one of them is refused, and so is one without a list. */
  readonly crl?: string;
}

export interface CredentialsFailure {
  readonly kind: 'credentials';
  readonly part: keyof TlsCredentials;
  /** What is wrong with it, and what was expected. */
  readonly message: string;
}

export interface ReadCredentials {
  readonly context: SecureContextOptions;
  readonly certificate: X509Certificate;
  readonly authorities: readonly X509Certificate[];
}

/** RFC 9325 §4.2 (BCP 195): forward secrecy and AEAD, nothing else. The first three are TLS 1.3's. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** Checks credentials as far as they can be without a peer; their dates are the caller's to look at. */
export function readCredentials(credentials: TlsCredentials): Result<ReadCredentials, CredentialsFailure> {
  const fault = (part: keyof TlsCredentials, message: string) =>
    failed({ kind: 'credentials', part, message } satisfies CredentialsFailure);
  const [certificate] = readCertificates(credentials.certificate) ?? [];
  if (certificate === undefined) return fault('certificate', 'no certificate in PEM that can be read');
  const authorities = readCertificates(credentials.ca);
  if (authorities === undefined || authorities.length === 0)
    return fault('ca', 'no certificate in PEM that can be read');
  const other = authorities.find(({ ca }) => !ca);
  if (other !== undefined) return fault('ca', `${holderOf(other)} is no authority (basicConstraints without CA:TRUE)`);
  let key: KeyObject;
  try {
    key = createPrivateKey(credentials.key);
  } catch (error) {
    return fault('key', `not a private key in PEM that can be read without a passphrase (${(error as Error).message})`);
  }
  if (!certificate.checkPrivateKey(key))
    return fault('key', `not the key of the certificate of ${holderOf(certificate)}`);
  const context: SecureContextOptions = {
    cert: credentials.certificate,
    key: credentials.key,
    ca: credentials.ca,
    ...(credentials.crl !== undefined && { crl: credentials.crl }),
    minVersion: 'TLSv1.2', // RFC 7589 §5 wants 1.2; RFC 8996 forbids what is older
    ciphers: CIPHERS,
    // Every session begins with a certificate that was looked at then: no resumption by tickets. Node has no cache of its own.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  };
  try {
    createSecureContext(context);
  } catch (error) {
    const part = (error as NodeJS.ErrnoException).code?.includes('CRL') ? 'crl' : 'certificate';
    return fault(part, `OpenSSL does not take it: ${(error as Error).message}`);
  }
  return ok({ context, certificate, authorities });
}

/** Whose a certificate is, in one line: `CN=olga, O=Example`; its other names where it has no subject. */
export function holderOf({ subject, subjectAltName }: X509Certificate): string {
  // Node's types say otherwise, but a subject without any part is undefined.
  const name = (subject as string | undefined)?.replaceAll('\n', ', ');
  return name ?? subjectAltName ?? 'a certificate without a name';
}
