import type { Milliseconds, Seconds } from '@sublane/basics';
import { EMBEDDED } from './grant.ts';

/** Who says whose a request is: container `aaa` of sublane-headend, defaults in place. Immutable. */
export interface AaaConfiguration {
  /** Who answers for names without a realm that is listed: EMBEDDED, or a name in `groups`. */
  readonly authority: string;
  /** Authority by realm, in lower case. */
  readonly realms: ReadonlyMap<string, string>;
  readonly groups: ReadonlyMap<string, RadiusGroup>;
  /** Absent: nobody takes back or changes anything by RADIUS. */
  readonly dynamicAuthorization?: DynamicAuthorizationSettings;
  readonly edges: ReadonlyMap<string, EdgeSettings>;
}

/** RADIUS servers that give the same answers. `…File`: the name of a file in the headend's folder of secrets. */
export interface RadiusGroup {
  readonly name: string;
  readonly transport: 'udp' | 'tls';
  /** Best first; at least one. */
  readonly servers: readonly RadiusServerSettings[];
  readonly tls: { readonly caFile?: string; readonly certificateFile?: string; readonly keyFile?: string };
  /** Absent: the headend's name. */
  readonly nasIdentifier?: string;
  readonly method: 'pap' | 'chap';
  readonly withoutPassword: 'authorize-only' | 'refuse';
  /** For one server, all retransmissions included. */
  readonly timeout: Milliseconds;
  readonly deadTime: Seconds;
  readonly defaultPlan?: string;
  /** The first that fits decides for each kind of grant. */
  readonly mappings: readonly GrantMapping[];
  /** Absent: the servers are told nothing of lanes. */
  readonly accounting?: { readonly interimInterval: Seconds };
}

export interface RadiusServerSettings {
  readonly name: string;
  /** A name or an address. */
  readonly host: string;
  readonly authenticationPort: number;
  /** The same as for authentication where TLS is used. */
  readonly accountingPort: number;
  /** With UDP it is there. */
  readonly secretFile?: string;
}

/** What an attribute of an answer grants. */
export interface GrantMapping {
  readonly name: string;
  /** A name of RADIUS, a number, or `26.VENDOR.TYPE`. */
  readonly attribute: string;
  /** What the value's text must be like; `*` any text, `?` one character. Absent: any value. */
  readonly pattern?: string;
  readonly grants: MappedGrant;
}

export type MappedGrant =
  | { readonly kind: 'plan'; readonly plan: string }
  | { readonly kind: 'plan-named' }
  | {
      readonly kind: 'upld-ceiling' | 'dnld-ceiling';
      readonly unit: 'bits-per-second' | 'kilobits-per-second';
    };

export interface DynamicAuthorizationSettings {
  readonly listen: string;
  readonly port: number;
  /** By address, in canonical text. */
  readonly clients: ReadonlyMap<string, DynamicAuthorizationClientSettings>;
}

export interface DynamicAuthorizationClientSettings {
  readonly secretFile: string;
  /** Whose leases it may speak of: a name of `groups`. */
  readonly authority: string;
}

export interface EdgeSettings {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly secretFile: string;
  /** Whether an answer without one is believed: `mandatory`, no. */
  readonly messageAuthenticator: 'mandatory' | 'optional';
}

export const NO_AAA: AaaConfiguration = {
  authority: EMBEDDED,
  realms: new Map(),
  groups: new Map(),
  edges: new Map(),
};

/** What holds where a group has no mappings of its own. */
export const USUAL_MAPPINGS: readonly GrantMapping[] = [
  { name: 'filter-id', attribute: 'Filter-Id', grants: { kind: 'plan-named' } },
  {
    name: 'wispr-up',
    attribute: 'WISPr-Bandwidth-Max-Up',
    grants: { kind: 'upld-ceiling', unit: 'bits-per-second' },
  },
  {
    name: 'wispr-down',
    attribute: 'WISPr-Bandwidth-Max-Down',
    grants: { kind: 'dnld-ceiling', unit: 'bits-per-second' },
  },
];

/** A file of secrets that the configuration names: as what it is read, and the path of the leaf that names it. */
export interface SecretFile {
  readonly file: string;
  readonly kind: 'line' | 'key' | 'certificates';
  /** Below `/headend`. */
  readonly path: string;
}

export function secretFiles(aaa: AaaConfiguration): readonly SecretFile[] {
  const found: SecretFile[] = [];
  const add = (kind: SecretFile['kind'], file: string | undefined, path: string) => {
    if (file !== undefined) found.push({ file, kind, path });
  };
  for (const { name, servers, tls } of aaa.groups.values()) {
    const group = `aaa/radius[name='${name}']`;
    for (const server of servers) add('line', server.secretFile, `${group}/server[name='${server.name}']/secret-file`);
    add('certificates', tls.caFile, `${group}/tls/ca-file`);
    add('certificates', tls.certificateFile, `${group}/tls/certificate-file`);
    add('key', tls.keyFile, `${group}/tls/key-file`);
  }
  for (const [address, { secretFile }] of aaa.dynamicAuthorization?.clients ?? [])
    add('line', secretFile, `aaa/dynamic-authorization/client[address='${address}']/secret-file`);
  for (const { name, secretFile } of aaa.edges.values())
    add('line', secretFile, `aaa/edge[name='${name}']/secret-file`);
  return found;
}
