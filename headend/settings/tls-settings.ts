import { type CertToName, MAP_TYPES, parseFingerprint } from 'netconf-server';
import * as v from 'valibot';
import type { Endpoint } from './endpoint.ts';
import { members } from './members.ts';
import { endpoints, fileName, oneOf, readEndpoints } from './value-schemas.ts';

/** NETCONF over TLS (RFC 7589), with absolute file names. */
export interface TlsSettings {
  /** Empty: TLS is for calls home alone. */
  readonly listen: readonly Endpoint[];
  readonly certificate: string;
  readonly key: string;
  /** Authorities of clients. */
  readonly ca: string;
  readonly crl?: string;
  readonly certToName: readonly NamedBy[];
}

/** An entry of cert-to-name (RFC 7407), and who its names are names of. */
export type NamedBy = CertToName & { readonly for: (typeof PEOPLE)[number] };
const PEOPLE = ['operators', 'hosts'] as const;

const fingerprint = v.pipe(
  v.string('expected a fingerprint'),
  v.rawCheck(({ dataset, addIssue }) => {
    const read = dataset.typed ? parseFingerprint(dataset.value) : undefined;
    if (read !== undefined && !read.ok) addIssue({ message: read.failure });
  }),
);

const entry = v.pipe(
  members({
    fingerprint,
    'map-type': oneOf(MAP_TYPES),
    name: v.optional(v.pipe(v.string('expected a name'), v.minLength(1, 'expected a name'))),
    for: v.optional(oneOf(PEOPLE), 'operators'),
  }),
  v.check(
    (one) => (one['map-type'] === 'specified') === (one.name !== undefined),
    'map-type specified has a name, and no other has one',
  ),
);

export const tlsSchema = members({
  listen: v.optional(endpoints),
  'certificate-file': fileName,
  'key-file': fileName,
  'ca-file': fileName,
  'crl-file': v.optional(fileName),
  'cert-to-name': v.optional(v.array(entry, 'expected a list of entries'), []),
});

export function readTls(given: v.InferOutput<typeof tlsSchema>, absolute: (name: string) => string): TlsSettings {
  const { 'crl-file': crl } = given;
  return {
    listen: given.listen === undefined ? [] : readEndpoints(given.listen),
    certificate: absolute(given['certificate-file']),
    key: absolute(given['key-file']),
    ca: absolute(given['ca-file']),
    ...(crl !== undefined && { crl: absolute(crl) }),
    certToName: given['cert-to-name'].map((one) => {
      const { fingerprint, 'map-type': mapType, name = '' } = one;
      return mapType === 'specified'
        ? { fingerprint, mapType, name, for: one.for }
        : { fingerprint, mapType, for: one.for };
    }),
  };
}
