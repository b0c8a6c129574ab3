import { BASE_NAMESPACE, writeXml, type XmlElement } from '@sublane/netconf';
import { readFilter } from '../filter/read-filter.ts';
import { type RpcOutcome, refused } from '../rpc-table.ts';
import { mergeTrees } from '../tree-merge.ts';
import { takeWithDefaults } from '../with-defaults/with-defaults-parameter.ts';
import { contentOf, NO_DATASTORES, readEndpoint } from './endpoint.ts';
import type { Operation, OperationCall, OperationContext } from './operation.ts';
import { readParameters } from './parameters.ts';
import { type Reading, readState, selectData } from './read-data.ts';

/** RFC 6241 §7.1. */
export const getConfig: Operation = (call, context) => {
  const { datastores, schema } = context;
  if (datastores === undefined) return refused(NO_DATASTORES);
  const defaults = takeWithDefaults(call.operation, schema);
  if (!defaults.ok) return refused(defaults.failure);
  const parameters = readParameters(defaults.value.operation, ['source', 'filter']);
  if (!parameters.ok) return refused(parameters.failure);
  const source = readEndpoint(parameters.value.source, 'source', ['datastore'], datastores);
  if (!source.ok) return refused(source.failure);
  const filter = readFilter(parameters.value.filter, schema);
  if (!filter.ok) return refused(filter.failure);
  const reading: Reading = { filter: filter.value, mode: defaults.value.mode, content: 'config' };
  return reply(contentOf(source.value, datastores).elements, reading, call, context);
};

/** RFC 6241 §7.7: the running configuration and the state. */
export const get: Operation = async (call, context) => {
  const { schema } = context;
  const defaults = takeWithDefaults(call.operation, schema);
  if (!defaults.ok) return refused(defaults.failure);
  const parameters = readParameters(defaults.value.operation, ['filter']);
  if (!parameters.ok) return refused(parameters.failure);
  const filter = readFilter(parameters.value.filter, schema);
  if (!filter.ok) return refused(filter.failure);
  let data = context.datastores?.running.read().elements ?? [];
  for (const provider of context.providers) {
    const state = await readState(provider, filter.value, call, context);
    if (!state.ok) return refused(...state.failure);
    data = mergeTrees(data, state.value, schema);
  }
  return reply(data, { filter: filter.value, mode: defaults.value.mode, content: 'all' }, call, context);
};

function reply(
  data: readonly XmlElement[],
  reading: Reading,
  call: OperationCall,
  context: OperationContext,
): RpcOutcome {
  const selected = selectData(data, reading, call, context);
  if (!selected.ok) return refused(selected.failure);
  return { kind: 'data', xml: `<data xmlns="${BASE_NAMESPACE}">${selected.value.map(writeXml).join('')}</data>` };
}
