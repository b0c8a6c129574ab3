import { failed, ok, type Result } from '@sublane/basics';
import { childElement, childElements, elementText, type RpcError, rpcError, type XmlElement } from '@sublane/netconf';
import type { DataFilter } from '../filter/data-filter.ts';
import { derivesFrom, identityOf } from '../filter/identities.ts';
import { subtreeFilter } from '../filter/read-filter.ts';
import { xpathFilter } from '../filter/xpath-filter.ts';
import type { OperationContext } from '../operations/operation.ts';
import { missing, readChoice, readParameters } from '../operations/parameters.ts';
import type { SchemaIndex } from '../schema-index.ts';
import { offersWithDefaults, takeWithDefaults, type WithDefaults } from '../with-defaults/with-defaults-parameter.ts';
import { NMDA_NAMESPACE, type NmdaDatastore, nmdaFeature, readDatastore } from './datastore-names.ts';
import type { OriginFilter } from './origin.ts';

/** The input of get-data (RFC 8526 §3.1.1). */
export interface GetDataRequest {
  readonly datastore: NmdaDatastore;
  readonly filter: DataFilter | undefined;
  readonly configFilter: boolean | undefined;
  readonly originFilter: OriginFilter | undefined;
  /** Undefined: unbounded. */
  readonly maxDepth: number | undefined;
  readonly withOrigin: boolean;
  readonly mode: WithDefaults;
}

const PARAMETERS = [
  'datastore',
  'subtree-filter',
  'xpath-filter',
  'config-filter',
  'max-depth',
  'with-origin',
] as const;
const ORIGIN_FILTERS = ['origin-filter', 'negated-origin-filter'];

export function readGetData(
  operation: XmlElement,
  { datastores, schema }: OperationContext,
): Result<GetDataRequest, RpcError> {
  const defaults = readDefaults(operation, schema);
  if (!defaults.ok) return defaults;
  const origins = childElements(operation).filter(
    ({ name, namespace }) => namespace === NMDA_NAMESPACE && ORIGIN_FILTERS.includes(name),
  );
  const rest = defaults.value.operation.children.filter(
    (child) => typeof child === 'string' || !origins.includes(child),
  );
  const parameters = readParameters({ ...operation, children: rest }, PARAMETERS);
  if (!parameters.ok) return parameters;
  const given = parameters.value;
  if (given.datastore === undefined) return failed(missing('datastore'));
  const datastore = readDatastore(given.datastore, datastores, schema);
  if (!datastore.ok) return datastore;
  const isOperational = datastore.value === 'operational';
  const filter = readFilterSpec(given['subtree-filter'], given['xpath-filter'], schema);
  if (!filter.ok) return filter;
  const configFilter = readChoice(given['config-filter'], ['true', 'false']);
  if (!configFilter.ok) return configFilter;
  const maxDepth = readDepth(given['max-depth']);
  if (!maxDepth.ok) return maxDepth;
  const originFilter = readOriginFilter(origins, isOperational, schema);
  if (!originFilter.ok) return originFilter;
  if (given['with-origin'] !== undefined && !(isOperational && nmdaFeature(schema, 'origin'))) {
    return failed(rpcError.invalidValue('protocol', { message: 'with-origin: only of the datastore operational' }));
  }
  return ok({
    datastore: datastore.value,
    filter: filter.value,
    configFilter: configFilter.value && configFilter.value === 'true',
    originFilter: originFilter.value,
    maxDepth: maxDepth.value,
    withOrigin: given['with-origin'] !== undefined,
    mode:
      defaults.value.given || !isOperational || !nmdaFeature(schema, 'with-defaults')
        ? defaults.value.mode
        : OPERATIONAL_MODE,
  });
}

function readDefaults(operation: XmlElement, schema: SchemaIndex): ReturnType<typeof takeWithDefaults> {
  if (nmdaFeature(schema, 'with-defaults')) return takeWithDefaults(operation, schema, NMDA_NAMESPACE);
  // "If the 'with-defaults' parameter is present in a request for which it is not supported, then […] 'invalid-value'"
  const given = childElement(operation, 'with-defaults', NMDA_NAMESPACE) !== undefined;
  if (!given) return ok({ mode: 'explicit', operation, given });
  return failed(rpcError.invalidValue('protocol', { message: 'with-defaults: not offered for <get-data>' }));
}

/**
 * RFC 8342 §5.3: operational has all values in use, also those in use by default; so its basic mode is report-all
 * (RFC 8526 §3.1.1.2).
 */
const OPERATIONAL_MODE: WithDefaults = 'report-all';

/** RFC 8526 §3.1.1.2: announced beside `:with-defaults`. */
export function nmdaCapabilities(schema: SchemaIndex): readonly string[] {
  if (!nmdaFeature(schema, 'with-defaults') || !offersWithDefaults(schema)) return [];
  const parameters = `basic-mode=${OPERATIONAL_MODE}&also-supported=explicit,trim,report-all-tagged`;
  return [`urn:ietf:params:netconf:capability:with-operational-defaults:1.0?${parameters}`];
}

function readFilterSpec(
  subtree: XmlElement | undefined,
  xpath: XmlElement | undefined,
  schema: SchemaIndex,
): Result<DataFilter | undefined, RpcError> {
  if (subtree !== undefined && xpath !== undefined) {
    const message = 'expected subtree-filter or xpath-filter, not both';
    return failed(rpcError.badElement('protocol', 'xpath-filter', { message }));
  }
  if (subtree !== undefined) return ok(subtreeFilter(subtree, schema));
  if (xpath === undefined) return ok(undefined);
  return xpathFilter(elementText(xpath), schema, { element: xpath });
}

function readDepth(parameter: XmlElement | undefined): Result<number | undefined, RpcError> {
  const text = parameter === undefined ? 'unbounded' : elementText(parameter).trim();
  if (text === 'unbounded') return ok(undefined);
  const depth = /^\+?\d{1,7}$/.test(text) ? Number(text) : 0;
  if (depth >= 1 && depth <= 65_535) return ok(depth);
  return failed(rpcError.invalidValue('protocol', { message: 'max-depth: expected 1 to 65535, or unbounded' }));
}

function readOriginFilter(
  parameters: readonly XmlElement[],
  isOperational: boolean,
  schema: SchemaIndex,
): Result<OriginFilter | undefined, RpcError> {
  const [first] = parameters;
  if (first === undefined) return ok(undefined);
  if (!nmdaFeature(schema, 'origin')) return failed(rpcError.unknownElement('protocol', first.name));
  // The choice has a `when` (RFC 8526 §4; RFC 7950 §8.3.1).
  if (!isOperational) {
    const message = `${first.name}: only of the datastore operational`;
    return failed(rpcError.unknownElement('protocol', first.name, { message }));
  }
  const other = parameters.find(({ name }) => name !== first.name);
  if (other !== undefined) {
    const message = 'expected origin-filter or negated-origin-filter, not both';
    return failed(rpcError.badElement('protocol', other.name, { message }));
  }
  const origins: string[] = [];
  for (const parameter of parameters) {
    const origin = identityOf(parameter, schema);
    if (origin === undefined || !derivesFrom(origin, 'ietf-origin:origin', true, schema)) {
      const message = `${parameter.name}: expected an identity of ietf-origin, as or:intended`;
      return failed(rpcError.invalidValue('protocol', { message }));
    }
    origins.push(origin);
  }
  return ok({ origins, negated: first.name === 'negated-origin-filter' });
}
