import {
  contentXml,
  type Filter,
  flag,
  type IdentityName,
  identityLeaf,
  leaf,
  type WithDefaults,
  type XmlContent,
  xpathLeaf,
} from './xml-parts.ts';

export const NMDA_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-netconf-nmda';
const DATASTORES_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-datastores';
const ORIGIN_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-origin';

/** A datastore of RFC 8342 §5, or an identity of the server's own. */
export type NmdaDatastore = 'running' | 'candidate' | 'startup' | 'intended' | 'operational' | IdentityName;

/** Where a value comes from (RFC 8342 §5.3.4), or an identity of the server's own. */
export type Origin = 'intended' | 'dynamic' | 'system' | 'learned' | 'default' | 'unknown' | IdentityName;

/** RFC 8526 §3.1.1; what is read must satisfy all of them. */
export interface GetData {
  /** Default `operational`. */
  readonly datastore?: NmdaDatastore;
  readonly filter?: Filter;
  /** Only configuration, or only state; default both. */
  readonly configFilter?: boolean;
  /** Only what has one of these origins, or none of them; of `operational` alone. */
  readonly origins?: { readonly only: readonly Origin[] } | { readonly except: readonly Origin[] };
  /** Levels below what is selected: 1 to 65,535; default all. */
  readonly maxDepth?: number;
  /** Says with each value where it comes from; of `operational` alone. */
  readonly withOrigin?: boolean;
  readonly withDefaults?: WithDefaults;
}

/** RFC 8526 §3.1.2. */
export type EditData = {
  readonly datastore: NmdaDatastore;
  readonly defaultOperation?: 'merge' | 'replace' | 'none';
} & ({ readonly config: XmlContent } | { readonly url: string });

export const nmdaOperations = {
  getData: (options: GetData = {}) =>
    inNmda(
      'get-data',
      datastoreXml(options.datastore ?? 'operational') +
        dataFilterXml(options.filter) +
        leaf('config-filter', options.configFilter) +
        originsXml(options.origins) +
        leaf('max-depth', options.maxDepth) +
        flag('with-origin', options.withOrigin) +
        // Of a grouping: it has the namespace of the module that uses it (RFC 7950 §7.13).
        leaf('with-defaults', options.withDefaults),
    ),
  editData: ({ datastore, defaultOperation, ...what }: EditData) =>
    inNmda(
      'edit-data',
      datastoreXml(datastore) +
        leaf('default-operation', defaultOperation) +
        ('url' in what ? leaf('url', what.url) : `<config>${contentXml(what.config)}</config>`),
    ),
};

export function datastoreIdentity(datastore: NmdaDatastore): IdentityName {
  return typeof datastore === 'string' ? { name: datastore, namespace: DATASTORES_NAMESPACE } : datastore;
}

/** A leaf of RFC 8526's: in `get-data` and `edit-data`, and where it augments `lock`, `unlock` and `validate`. */
export function datastoreXml(datastore: NmdaDatastore): string {
  return identityLeaf('datastore', datastoreIdentity(datastore)).replace(
    '<datastore',
    `<datastore xmlns="${NMDA_NAMESPACE}"`,
  );
}

function dataFilterXml(filter: Filter | undefined): string {
  if (filter === undefined) return '';
  return 'subtree' in filter
    ? `<subtree-filter>${contentXml(filter.subtree)}</subtree-filter>`
    : xpathLeaf('xpath-filter', filter);
}

function originsXml(origins: GetData['origins']): string {
  if (origins === undefined) return '';
  const [name, all] = 'only' in origins ? ['origin-filter', origins.only] : ['negated-origin-filter', origins.except];
  return all
    .map((origin) =>
      identityLeaf(name, typeof origin === 'string' ? { name: origin, namespace: ORIGIN_NAMESPACE } : origin),
    )
    .join('');
}

function inNmda(name: string, content: string): string {
  return `<${name} xmlns="${NMDA_NAMESPACE}">${content}</${name}>`;
}
