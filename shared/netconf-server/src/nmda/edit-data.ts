import { failed, ok, type Result } from '@sublane/basics';
import { type RpcError, rpcError, type XmlElement } from '@sublane/netconf';
import type { ConfigSnapshot } from '../datastore.ts';
import type { Datastores } from '../datastores.ts';
import { editOf } from '../operations/edit-config.ts';
import { fetchConfig, NO_DATASTORES, readUrl } from '../operations/endpoint.ts';
import type { Operation, OperationCall, OperationContext } from '../operations/operation.ts';
import { missing, readChoice, readParameters } from '../operations/parameters.ts';
import { OK, refused } from '../rpc-table.ts';
import { type NmdaDatastore, NO_NMDA, offersNmda, readDatastore } from './datastore-names.ts';

/** RFC 8526 §3.1.2: as edit-config, in one of the datastores that can be written; all of it or nothing. */
export const editData: Operation = async (call, context) => {
  const { datastores } = context;
  if (!offersNmda(context.schema)) return refused(NO_NMDA);
  if (datastores === undefined) return refused(NO_DATASTORES);
  const request = await readRequest(call.operation, datastores, context);
  if (!request.ok) return refused(request.failure);
  const { target, config, defaultOperation } = request.value;
  const edit = editOf(config, { defaultOperation, allErrors: false }, call, context);
  const done = await commit(edit, target, call, datastores);
  return done.ok ? OK : refused(...done.failure);
};

function commit(
  edit: ReturnType<typeof editOf>,
  target: 'running' | 'candidate',
  { session }: OperationCall,
  { running, candidate }: Datastores,
): Promise<Result<ConfigSnapshot, readonly RpcError[]>> {
  if (target === 'candidate' && candidate !== undefined) return candidate.edit(edit, { session });
  return running.commit(edit, { session, prune: true });
}

async function readRequest(operation: XmlElement, datastores: Datastores, { schema }: OperationContext) {
  const parameters = readParameters(operation, ['datastore', 'default-operation', 'config', 'url']);
  if (!parameters.ok) return parameters;
  const given = parameters.value;
  if (given.datastore === undefined) return failed(missing('datastore'));
  const datastore = readDatastore(given.datastore, datastores, schema);
  if (!datastore.ok) return datastore;
  const target = writable(datastore.value, datastores);
  if (!target.ok) return target;
  const defaultOperation = readChoice(given['default-operation'], ['merge', 'replace', 'none']);
  if (!defaultOperation.ok) return defaultOperation;
  const config = await readContent(given.config, given.url, datastores);
  if (!config.ok) return config;
  return ok({ target: target.value, config: config.value, defaultOperation: defaultOperation.value ?? 'merge' });
}

/** "If the target datastore is not writable […] the server MUST return an <rpc-error> element with an <error-tag> value of 'invalid-value'." */
function writable(
  datastore: NmdaDatastore,
  { writableRunning }: Datastores,
): Result<'running' | 'candidate', RpcError> {
  if (datastore === 'candidate' || (datastore === 'running' && writableRunning)) return ok(datastore);
  return failed(rpcError.invalidValue('protocol', { message: `datastore: ${datastore} cannot be edited here` }));
}

async function readContent(
  config: XmlElement | undefined,
  url: XmlElement | undefined,
  datastores: Datastores,
): Promise<Result<XmlElement, RpcError>> {
  if (config !== undefined && url !== undefined) {
    return failed(rpcError.badElement('protocol', 'url', { message: 'expected <config> or <url>, not both' }));
  }
  if (config !== undefined) return ok(config);
  if (url === undefined) return failed(missing('config'));
  const location = readUrl(url, datastores);
  return location.ok ? fetchConfig(location.value) : location;
}
