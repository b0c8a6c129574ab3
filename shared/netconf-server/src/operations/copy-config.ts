import { failed, ok, type Result } from '@sublane/basics';
import { BASE_NAMESPACE, childElements, type RpcError, rpcError, type XmlElement } from '@sublane/netconf';
import type { ConfigEdit } from '../datastore.ts';
import type { DatastoreName, Datastores } from '../datastores.ts';
import { withCanonicalKeys } from '../edit/canonical-keys.ts';
import { isComplete } from '../edit/misfits.ts';
import { readable } from '../read-access.ts';
import { OK, refused } from '../rpc-table.ts';
import { withoutMarkedDefaults } from '../with-defaults/default-attribute.ts';
import { addDefaults, showDefaults } from '../with-defaults/show-defaults.ts';
import { takeWithDefaults, type WithDefaults } from '../with-defaults/with-defaults-parameter.ts';
import { deniedChange } from '../write-access.ts';
import {
  contentOf,
  type Endpoint,
  fetchConfig,
  type Location,
  NO_DATASTORES,
  NOT_WRITABLE,
  readEndpoint,
  xmlOf,
} from './endpoint.ts';
import type { Operation, OperationCall, OperationContext } from './operation.ts';
import { readParameters } from './parameters.ts';

/** What is copied, asked for when it is written. */
type Source = () => readonly XmlElement[];

/** RFC 6241 §7.3. */
export const copyConfig: Operation = async (call, context) => {
  const { datastores } = context;
  if (datastores === undefined) return refused(NO_DATASTORES);
  const defaults = takeWithDefaults(call.operation, context.schema);
  if (!defaults.ok) return refused(defaults.failure);
  const request = readRequest(defaults.value.operation, datastores);
  if (!request.ok) return refused(request.failure);
  const { source: from, target } = request.value;
  // A datastore takes what is tagged for what nobody set: it is not written there.
  const mode = defaults.value.mode === 'report-all-tagged' && target.kind !== 'url' ? 'explicit' : defaults.value.mode;
  const source = await sourceOf(from, isSave(from, target), mode, call, context);
  if (!source.ok) return refused(source.failure);
  if (target.kind === 'url') {
    const done = await target.scheme.write(target.url, document(source.value()));
    return done.ok ? OK : refused(done.failure);
  }
  const edit: ConfigEdit = ({ elements }) => {
    const wanted = source.value();
    // "If the source […] is the running configuration datastore and the target is the startup configuration datastore,
    // the client is only required to have permission to execute the <copy-config> protocol operation." Else "the client
    // needs access to the modified nodes" (RFC 8341 §3.2.6).
    const denied = isSave(from, target) ? undefined : deniedChange(elements, wanted, call.session, context);
    return denied === undefined ? ok(xmlOf(wanted)) : failed([denied]);
  };
  const done = await replace(target.name, edit, call, datastores);
  return done.ok ? OK : refused(...done.failure);
};

function readRequest(operation: XmlElement, datastores: Datastores) {
  const parameters = readParameters(operation, ['target', 'source']);
  if (!parameters.ok) return parameters;
  const target = readEndpoint(parameters.value.target, 'target', ['datastore', 'url'], datastores);
  if (!target.ok) return target;
  if (isDatastore(target.value, 'running') && !datastores.writableRunning) return failed(NOT_WRITABLE);
  const source = readEndpoint(parameters.value.source, 'source', ['datastore', 'url', 'config'], datastores);
  if (!source.ok) return source;
  // "If the <source> and <target> parameters identify the same URL or configuration datastore, an error MUST be returned
  // with an error-tag containing "invalid-value"."
  if (isSame(source.value, target.value)) {
    return failed(rpcError.invalidValue('protocol', { message: 'source and target are the same' }));
  }
  return ok({ source: source.value, target: target.value });
}

const isDatastore = (endpoint: Endpoint, name: DatastoreName) =>
  endpoint.kind === 'datastore' && endpoint.name === name;

const isSave = (source: Endpoint, target: Endpoint) => isDatastore(source, 'running') && isDatastore(target, 'startup');

function isSame(source: Endpoint, target: Endpoint): boolean {
  if (source.kind === 'url') return target.kind === 'url' && source.url.href === target.url.href;
  return source.kind === 'datastore' && isDatastore(target, source.name);
}

async function sourceOf(
  source: Endpoint,
  whole: boolean,
  mode: WithDefaults,
  { session }: OperationCall,
  { datastores, access, schema, context }: OperationContext,
): Promise<Result<Source, RpcError>> {
  if (source.kind === 'datastore') {
    // "data nodes to which the client does not have read access are silently omitted" (RFC 8341 §3.2.6)
    return ok(() => {
      const { elements } = contentOf(source, datastores!);
      const complete = addDefaults(elements, mode, 'config', { context, schema });
      if (!complete.ok) throw new Error(`${source.name} has no defaults: ${complete.failure.kind}`);
      const allowed = whole ? complete.value : readable(complete.value, session.identity, access, schema);
      return showDefaults(allowed, mode, schema);
    });
  }
  const config = source.kind === 'config' ? ok(source.config) : await fetchConfig(source as Location);
  if (!config.ok) return config;
  const given = childElements(config.value);
  const complete = isComplete(given, schema);
  if (!complete.ok) return complete;
  const meant = withoutMarkedDefaults(given, schema);
  if (!meant.ok) return meant;
  const elements = withCanonicalKeys(meant.value, context, schema);
  return ok(() => elements);
}

const document = (elements: readonly XmlElement[]) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<config xmlns="${BASE_NAMESPACE}">${xmlOf(elements)}</config>\n`;

function replace(
  target: DatastoreName,
  edit: ConfigEdit,
  { session }: OperationCall,
  { running, candidate, startup }: Datastores,
): Promise<Result<unknown, readonly RpcError[]>> {
  if (target === 'candidate' && candidate !== undefined) return candidate.edit(edit, { session });
  if (target === 'startup' && startup !== undefined) return startup.replace(edit, { session });
  return running.commit(edit, { session });
}
