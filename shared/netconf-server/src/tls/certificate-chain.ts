import { X509Certificate } from 'node:crypto';

/** Deeper than any chain in use. */
const DEEPEST = 8;

/**
 * The trusted certificates above one that OpenSSL has found valid, nearest first. Signatures are checked anew: what a peer
 * sent beside its own certificate proves nothing by being there.
 * @param sent what the peer sent between its own and a trusted one
 */
export function trustedIssuers(
  certificate: X509Certificate,
  sent: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
): X509Certificate[] {
  const found: X509Certificate[] = [];
  let below = certificate;
  for (let depth = 0; depth < DEEPEST; depth++) {
    const known = trusted.find((one) => hasIssued(one, below));
    const above = known ?? sent.find((one) => hasIssued(one, below));
    if (above === undefined) return found;
    if (known !== undefined) found.push(known);
    if (above.raw.equals(below.raw) || hasIssued(above, above)) return found; // its own issuer: a root
    below = above;
  }
  return found;
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  try {
    return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false; // a key of a kind that cannot be read
  }
}

/** All certificates of a PEM text; undefined where one cannot be read, empty where there is none. */
export function readCertificates(pem: string): X509Certificate[] | undefined {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return undefined;
  }
}
