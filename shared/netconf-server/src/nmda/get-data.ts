import { ok, type Result } from '@sublane/basics';
import { type RpcError, writeXml, type XmlElement } from '@sublane/netconf';
import type { OperationalProvider } from '../operational.ts';
import type { Operation, OperationCall, OperationContext } from '../operations/operation.ts';
import { readState, selectData } from '../operations/read-data.ts';
import { refused } from '../rpc-table.ts';
import type { SchemaIndex } from '../schema-index.ts';
import { mergeTrees } from '../tree-merge.ts';
import { NMDA_NAMESPACE, NO_NMDA, offersNmda } from './datastore-names.ts';
import { type GetDataRequest, readGetData } from './get-data-request.ts';
import { filterByOrigin, type Origin, showOrigin, withOrigin } from './origin.ts';
import { cutAt, filterByConfig } from './shape.ts';

/** RFC 8526 §3.1.1. */
export const getData: Operation = async (call, context) => {
  const { schema } = context;
  if (!offersNmda(schema)) return refused(NO_NMDA);
  const request = readGetData(call.operation, context);
  if (!request.ok) return refused(request.failure);
  const { datastore, filter, configFilter, originFilter, maxDepth, mode } = request.value;
  const data = await contentOfDatastore(request.value, call, context);
  if (!data.ok) return refused(...data.failure);
  const reading = {
    filter,
    mode,
    content: datastore === 'operational' ? ('all' as const) : ('config' as const),
    ...(maxDepth !== undefined && { whole: cutAt(maxDepth, schema) }),
    // What came with the defaults is there by default.
    ...(isMarked(request.value) && { prepare: (all: Elements) => withOrigin(all, 'default', schema) }),
  };
  const selected = selectData(data.value, reading, call, context);
  if (!selected.ok) return refused(selected.failure);
  let shown = selected.value;
  if (configFilter !== undefined) shown = filterByConfig(shown, configFilter, schema);
  if (originFilter !== undefined) shown = filterByOrigin(shown, originFilter, schema);
  if (isMarked(request.value)) shown = showOrigin(shown, request.value.withOrigin);
  return { kind: 'data', xml: `<data xmlns="${NMDA_NAMESPACE}">${shown.map(writeXml).join('')}</data>` };
};

const isMarked = ({ withOrigin: shown, originFilter }: GetDataRequest) => shown || originFilter !== undefined;

type Elements = readonly XmlElement[];

/**
 * RFC 8342 §5: running, candidate and startup are what the server keeps; intended is running, since nothing here is
 * inactive or a template; operational is intended with the system's own state.
 */
async function contentOfDatastore(
  request: GetDataRequest,
  call: OperationCall,
  context: OperationContext,
): Promise<Result<readonly XmlElement[], readonly RpcError[]>> {
  const { datastores, schema, providers } = context;
  const { datastore, filter } = request;
  if (datastore !== 'operational') {
    const store = datastore === 'intended' ? datastores?.running : datastores?.[datastore];
    return ok(store?.read().elements ?? []);
  }
  const mark = (data: readonly XmlElement[], origin: Origin) =>
    isMarked(request) ? withOrigin(data, origin, schema) : data;
  let data = mark(datastores?.running.read().elements ?? [], 'intended');
  for (const provider of providers) {
    // It may be large, or refuse to give it all: it is not read for nothing.
    if (request.configFilter === true && !mayHaveConfig(provider, schema)) continue;
    const state = await readState(provider, filter, call, context);
    if (!state.ok) return state;
    data = mergeTrees(data, mark(state.value, provider.origin ?? 'system'), schema);
  }
  return ok(data);
}

function mayHaveConfig({ module, name }: OperationalProvider, schema: SchemaIndex): boolean {
  const namespace = schema.moduleNamed(module)?.namespace ?? '';
  return schema.child(undefined, namespace, name)?.config ?? false;
}
