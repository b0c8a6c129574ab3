import { failed, ok, type Result } from '@sublane/basics';
import { childElements, elementText, type RpcError, resolveName, rpcError, type XmlElement } from '@sublane/netconf';
import type { DatastoreName, Datastores } from '../datastores.ts';
import type { NamedDatastore } from '../operations/endpoint.ts';
import type { SchemaIndex } from '../schema-index.ts';

export const NMDA_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-netconf-nmda';
export const DATASTORES_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-datastores';
const MODULE = 'ietf-netconf-nmda';

export const NO_NMDA: RpcError = rpcError.operationNotSupported('protocol', {
  message: `there is no NMDA here: the schema has no ${MODULE}`,
});

/** Datastores that RFC 8342 §5 names and this server can have. */
export type NmdaDatastore = DatastoreName | 'intended' | 'operational';

const ALL: readonly NmdaDatastore[] = ['running', 'candidate', 'startup', 'intended', 'operational'];

/** Does the server offer RFC 8526? Where its schema has the module. */
export function offersNmda(schema: SchemaIndex): boolean {
  return schema.moduleNamed(MODULE)?.implemented === true;
}

/** Is that feature of ietf-netconf-nmda on? */
export function nmdaFeature(schema: SchemaIndex, feature: 'origin' | 'with-defaults'): boolean {
  if (feature === 'origin' && schema.moduleNamed('ietf-origin')?.implemented !== true) return false;
  return offersNmda(schema) && schema.moduleNamed(MODULE)?.features.includes(feature) === true;
}

/** What the server has: "The server MUST instantiate one entry in this list per specific datastore it supports" (RFC 8525 §3). */
export function datastoreNames(datastores: Datastores | undefined, schema: SchemaIndex): readonly NmdaDatastore[] {
  return ALL.filter((name) => isThere(name, datastores, schema));
}

function isThere(name: NmdaDatastore, datastores: Datastores | undefined, schema: SchemaIndex): boolean {
  if (name === 'operational') return offersNmda(schema);
  if (name === 'intended') return offersNmda(schema) && datastores !== undefined;
  return datastores?.[name] !== undefined;
}

/** What a `datastore` parameter names. "If the datastore is not supported by the server, then […] 'invalid-value'" (RFC 8526 §4). */
export function readDatastore(
  parameter: XmlElement,
  datastores: Datastores | undefined,
  schema: SchemaIndex,
): Result<NmdaDatastore, RpcError> {
  const named = resolveName(parameter, elementText(parameter));
  // Without a prefix an identity is of the module of its leaf (RFC 7950 §9.10.3), which has no datastores.
  const wanted = named?.namespace === DATASTORES_NAMESPACE ? named.name : undefined;
  const offered = datastoreNames(datastores, schema);
  const found = offered.find((name) => name === wanted);
  if (found !== undefined) return ok(found);
  const expected = offered.map((name) => `ds:${name}`).join(', ');
  const message = `datastore: expected one of ${expected}, with xmlns:ds="${DATASTORES_NAMESPACE}"`;
  return failed(rpcError.invalidValue('protocol', { message }));
}

/**
 * The datastore that an NMDA `<datastore>` in a `<target>` or `<source>` names, as one that the server keeps: intended is
 * running. Undefined where there is no such element, or the server has no NMDA. RFC 8526 §3.1.3 to §3.1.5.
 */
export function nmdaEndpoint(
  parameter: XmlElement | undefined,
  kind: 'lockable' | 'configuration',
  datastores: Datastores,
  schema: SchemaIndex,
): Result<NamedDatastore, RpcError> | undefined {
  const [named, another] = parameter === undefined ? [] : childElements(parameter);
  if (named?.namespace !== NMDA_NAMESPACE || named.name !== 'datastore' || !offersNmda(schema)) return undefined;
  if (another !== undefined) {
    return failed(rpcError.badElement('protocol', another.name, { message: 'expected one datastore' }));
  }
  const read = readDatastore(named, datastores, schema);
  if (!read.ok) return read;
  if (read.value === 'operational' || (kind === 'lockable' && read.value === 'intended')) {
    const what = kind === 'lockable' ? 'locked' : 'validated';
    return failed(rpcError.invalidValue('protocol', { message: `datastore: ${read.value} cannot be ${what}` }));
  }
  return ok({ kind: 'datastore', name: read.value === 'intended' ? 'running' : read.value });
}
