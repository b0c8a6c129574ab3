import { X509Certificate } from 'node:crypto';
import { unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import { type CertToName, certificateFingerprint, parseFingerprint, readCertToName } from './cert-to-name.ts';
import { readCertificates, trustedIssuers } from './certificate-chain.ts';
import { commonName, subjectAltNames } from './certificate-names.ts';
import { AUTHORITY, MANY_NAMES, NAME_OF_TWO_LINES, NO_NAME, SAME_NAME } from './certificates.fixture.ts';

const [authority, many, twoLines, none, sameName] = [AUTHORITY, MANY_NAMES, NAME_OF_TWO_LINES, NO_NAME, SAME_NAME].map(
  (pem) => new X509Certificate(pem),
) as [X509Certificate, X509Certificate, X509Certificate, X509Certificate, X509Certificate];
const ofAuthority = certificateFingerprint(authority);
const nameOf = (entries: readonly CertToName[], certificate: X509Certificate, authorities = [authority]) =>
  unwrap(readCertToName(entries)).nameOf(certificate, authorities)?.name;

describe('names in a certificate', () => {
  test('are those it has, in its order; what only looks like another is not', () => {
    expect(subjectAltNames(many)).toEqual([
      { kind: 'email', name: 'Olga@example.net' },
      { kind: 'dns', name: 'edge.example' },
      { kind: 'ip', name: '192.0.2.7' },
      { kind: 'ip', name: '20010db80000000000000000000a0007' },
    ]);
    expect(commonName(many)).toBe('olga');
    expect(subjectAltNames(none)).toEqual([]);
    expect(commonName(none)).toBeUndefined();
  });
});

describe('cert-to-name', () => {
  test.each<[CertToName['mapType'], string | undefined]>([
    ['san-rfc822-name', 'Olga@example.net'],
    ['san-dns-name', 'edge.example'],
    ['san-ip-address', '192.0.2.7'],
    ['san-any', 'Olga@example.net'],
    ['common-name', 'olga'],
  ])('%s: %s', (mapType, name) => {
    const entry = { fingerprint: ofAuthority, mapType } as CertToName;
    expect(nameOf([entry], many)).toBe(name);
    expect(nameOf([entry], none)).toBeUndefined();
  });

  test('goes by the order of its entries, and on where one gives no name', () => {
    const byMail: CertToName = { fingerprint: ofAuthority, mapType: 'san-rfc822-name' };
    const fixed = (name: string): CertToName => ({ fingerprint: ofAuthority, mapType: 'specified', name });
    expect(nameOf([fixed('first'), byMail], many)).toBe('first');
    expect(nameOf([byMail, fixed('next')], many)).toBe('Olga@example.net');
    expect(nameOf([byMail, fixed('next')], none)).toBe('next');
  });

  test('knows a certificate by its own fingerprint, in any case of letters; no other by it', () => {
    const entry: CertToName = {
      fingerprint: certificateFingerprint(many).toLowerCase(),
      mapType: 'specified',
      name: 'olga',
    };
    expect(nameOf([entry], many, [])).toBe('olga');
    expect(nameOf([entry], none, [])).toBeUndefined();
  });

  test('takes no name with a control character in it', () => {
    expect(commonName(twoLines)).toBe('olga\nCN=root');
    expect(nameOf([{ fingerprint: ofAuthority, mapType: 'common-name' }], twoLines)).toBeUndefined();
  });

  test('knows nothing of an authority that is not above the certificate', () => {
    const entry: CertToName = { fingerprint: certificateFingerprint(sameName), mapType: 'common-name' };
    expect(nameOf([entry], many, trustedIssuers(many, [sameName], [authority, sameName]))).toBeUndefined();
  });

  test.each([
    ['nothing', ''],
    ['no colons', `04${'ab'.repeat(32)}`],
    ['a hash too short', '04:AB:CD'],
    ['MD5', `01${':AB'.repeat(16)}`],
    ['SHA-1', `02${':AB'.repeat(20)}`],
    ['a hash nobody knows', `07${':AB'.repeat(32)}`],
  ])('takes no fingerprint of %s', (_, fingerprint) => {
    expect(parseFingerprint(fingerprint).ok).toBe(false);
    expect(readCertToName([{ fingerprint, mapType: 'san-any' }])).toMatchObject({ ok: false, failure: { index: 0 } });
  });

  test('takes no empty name', () => {
    const entry: CertToName = { fingerprint: ofAuthority, mapType: 'specified', name: '' };
    expect(readCertToName([entry])).toMatchObject({ ok: false, failure: { message: expect.stringContaining('name') } });
  });
});

describe('the authorities above a certificate', () => {
  test('are those that signed it; one of the same name did not', () => {
    const found = (trusted: X509Certificate[], sent: X509Certificate[] = []) =>
      trustedIssuers(many, sent, trusted).map(({ fingerprint256 }) => fingerprint256);
    expect(found([sameName, authority])).toEqual([authority.fingerprint256]);
    expect(found([sameName])).toEqual([]);
    expect(found([sameName], [authority])).toEqual([]); // sent, but not trusted
    expect(found([], [authority])).toEqual([]);
    expect(found([none, many])).toEqual([]);
  });

  test('are read from PEM, all of them or none', () => {
    expect(readCertificates(`${AUTHORITY}some words${MANY_NAMES}`)?.map(({ subject }) => subject)).toEqual([
      'CN=Fixture CA',
      'O=Example\nCN=olga',
    ]);
    expect(readCertificates('nothing')).toEqual([]);
    expect(readCertificates(AUTHORITY.replace(/\n[^\n-]{20}/, '\nAAAAAAAAAAAAAAAAAAAA'))).toBeUndefined();
  });
});
