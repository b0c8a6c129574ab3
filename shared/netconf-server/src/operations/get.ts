import { failed, ok, type Result } from '@sublane/basics';
import {
  attributeValue,
  BASE_NAMESPACE,
  CLIENT_LIMITS,
  childElements,
  type RpcError,
  readXml,
  rpcError,
  writeXml,
  type XmlElement,
} from '@sublane/netconf';
import type { OperationalProvider } from '../operational.ts';
import { readable } from '../read-access.ts';
import { type RpcOutcome, refused } from '../rpc-table.ts';
import { applySubtreeFilter, filtersOfRoot } from '../subtree-filter.ts';
import { mergeTrees } from '../tree-merge.ts';
import { contentOf, NO_DATASTORES, readEndpoint } from './endpoint.ts';
import type { Operation, OperationCall, OperationContext } from './operation.ts';
import { readParameters } from './parameters.ts';

/** RFC 6241 §7.1. */
export const getConfig: Operation = (call, context) => {
  const { datastores } = context;
  if (datastores === undefined) return refused(NO_DATASTORES);
  const parameters = readParameters(call.operation, ['source', 'filter']);
  if (!parameters.ok) return refused(parameters.failure);
  const source = readEndpoint(parameters.value.source, 'source', ['datastore'], datastores);
  if (!source.ok) return refused(source.failure);
  const filter = subtreeFilter(parameters.value.filter);
  if (!filter.ok) return refused(filter.failure);
  return reply(contentOf(source.value, datastores).elements, filter.value, call, context);
};

/** RFC 6241 §7.7: the running configuration and the state. */
export const get: Operation = async (call, context) => {
  const parameters = readParameters(call.operation, ['filter']);
  if (!parameters.ok) return refused(parameters.failure);
  const filter = subtreeFilter(parameters.value.filter);
  if (!filter.ok) return refused(filter.failure);
  let data = context.datastores?.running.read().elements ?? [];
  for (const provider of context.providers) {
    const state = await readState(provider, filter.value, call, context);
    if (!state.ok) return refused(...state.failure);
    data = mergeTrees(data, state.value, context.schema);
  }
  return reply(data, filter.value, call, context);
};

/** Undefined where there is no filter. */
function subtreeFilter(filter: XmlElement | undefined): Result<XmlElement | undefined, RpcError> {
  if (filter === undefined) return ok(undefined);
  const type = attributeValue(filter, 'type') ?? attributeValue(filter, 'type', BASE_NAMESPACE) ?? 'subtree';
  if (type === 'subtree') return ok(filter);
  if (type === 'xpath') {
    const message = 'XPath filters are not offered (no :xpath capability); use a subtree filter';
    return failed(rpcError.operationNotSupported('protocol', { message }));
  }
  return failed(rpcError.badAttribute('protocol', 'type', 'filter', { message: 'expected subtree' }));
}

async function readState(
  provider: OperationalProvider,
  filter: XmlElement | undefined,
  { session, signal }: OperationCall,
  { schema }: OperationContext,
): Promise<Result<readonly XmlElement[], readonly RpcError[]>> {
  const namespace = schema.moduleNamed(provider.module)?.namespace ?? '';
  const filters = filter && filtersOfRoot(filter, { namespace, name: provider.name });
  if (filters?.length === 0) return ok([]);
  const whole = filters?.some((node) => node.children.every((child) => typeof child === 'string'));
  const read = await provider.read({ filters: whole ? undefined : filters, session, signal });
  if (!read.ok) return read;
  const parsed = readXml(`<data>${read.value}</data>`, CLIENT_LIMITS);
  if (!parsed.ok) throw new Error(`the state of ${provider.module}:${provider.name} is no XML: ${parsed.failure.kind}`);
  return ok(childElements(parsed.value));
}

function reply(
  data: readonly XmlElement[],
  filter: XmlElement | undefined,
  { session }: OperationCall,
  { schema, access }: OperationContext,
): RpcOutcome {
  // First what may be read: a filter must not find out what is in the rest (RFC 8341 §3.2.4).
  const allowed = readable(data, session.identity, access, schema);
  const selected = filter === undefined ? allowed : applySubtreeFilter(filter, allowed, schema);
  const xml = selected.map(writeXml).join('');
  return { kind: 'data', xml: `<data xmlns="${BASE_NAMESPACE}">${xml}</data>` };
}
