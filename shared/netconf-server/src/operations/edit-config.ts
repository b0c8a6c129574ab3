import { failed, ok, type Result } from '@sublane/basics';
import { childElements, type RpcError, rpcError, type XmlElement } from '@sublane/netconf';
import type { ConfigEdit, ConfigSnapshot } from '../datastore.ts';
import type { Datastores } from '../datastores.ts';
import { withCanonicalKeys } from '../edit/canonical-keys.ts';
import { type EditOptions, editTree } from '../edit/edit-tree.ts';
import { OK, refused } from '../rpc-table.ts';
import { deniedChange, deniedIntent } from '../write-access.ts';
import { fetchConfig, type Location, NO_DATASTORES, NOT_WRITABLE, readEndpoint, readUrl, xmlOf } from './endpoint.ts';
import type { Operation, OperationCall, OperationContext } from './operation.ts';
import { missing, readChoice, readParameters } from './parameters.ts';

const PARAMETERS = ['target', 'default-operation', 'test-option', 'error-option', 'config', 'url'] as const;

type TestOption = 'test-then-set' | 'set' | 'test-only';

interface Request {
  readonly target: 'running' | 'candidate';
  readonly options: EditOptions;
  /** Undefined where it is not said. */
  readonly testOption: TestOption | undefined;
  readonly content: { readonly kind: 'config'; readonly config: XmlElement } | Location;
}

/**
 * RFC 6241 §7.2. Every error-option leaves the datastore as it was (so rollback-on-error is announced);
 * `continue-on-error` goes on only to report every error.
 */
export const editConfig: Operation = async (call, context) => {
  const { datastores } = context;
  if (datastores === undefined) return refused(NO_DATASTORES);
  const request = readRequest(call.operation, datastores);
  if (!request.ok) return refused(request.failure);
  const { target, testOption, content, options } = request.value;
  const config = content.kind === 'config' ? ok(content.config) : await fetchConfig(content);
  if (!config.ok) return refused(config.failure);
  const edit = editOf(config.value, options, call, context);
  const done = await apply(edit, target, testOption, call, datastores);
  return done.ok ? OK : refused(...done.failure);
};

/** The edit that a `<config>` is, with the rights of whom it comes from (RFC 8341 §3.2.5). */
export function editOf(
  config: XmlElement,
  options: EditOptions,
  call: OperationCall,
  context: OperationContext,
): ConfigEdit {
  const edits = withCanonicalKeys(childElements(config), context.context, context.schema);
  return ({ elements }) => {
    const blind = deniedIntent(edits, options.defaultOperation, call.session, context);
    if (blind !== undefined) return failed([blind]);
    const edited = editTree(elements, edits, options, context.schema);
    if (!edited.ok) return edited;
    const denied = deniedChange(elements, edited.value, call.session, context);
    return denied === undefined ? ok(xmlOf(edited.value)) : failed([denied]);
  };
}

function apply(
  edit: ConfigEdit,
  target: Request['target'],
  testOption: TestOption | undefined,
  { session }: OperationCall,
  { running, candidate }: Datastores,
): Promise<Result<ConfigSnapshot, readonly RpcError[]>> {
  const testOnly = testOption === 'test-only';
  // Running is always tested first: it must be valid at all times (RFC 7950 §8.1).
  if (target === 'running' || candidate === undefined) return running.commit(edit, { session, testOnly, prune: true });
  // "when the datastore is <candidate>, the constraint enforcement is delayed until a <commit> or <validate>" (RFC 7950
  // §8.3.3); "when it is provided", test-option checks (RFC 6241 §8.6.1).
  return candidate.edit(edit, { session, testOnly, validate: testOption === 'test-then-set' });
}

function readRequest(operation: XmlElement, datastores: Datastores): Result<Request, RpcError> {
  const parameters = readParameters(operation, PARAMETERS);
  if (!parameters.ok) return parameters;
  const given = parameters.value;
  const target = readEndpoint(given.target, 'target', ['datastore'], datastores);
  if (!target.ok) return target;
  const { name } = target.value;
  // Not among its targets (ietf-netconf; RFC 6241 §8.7.5.1).
  if (name === 'startup') {
    const message = 'startup is not edited; write it with <copy-config>';
    return failed(rpcError.operationNotSupported('protocol', { message }));
  }
  if (name === 'running' && !datastores.writableRunning) return failed(NOT_WRITABLE);
  const defaultOperation = readChoice(given['default-operation'], ['merge', 'replace', 'none']);
  if (!defaultOperation.ok) return defaultOperation;
  const testOption = readChoice(given['test-option'], ['test-then-set', 'set', 'test-only']);
  if (!testOption.ok) return testOption;
  const errorOption = readChoice(given['error-option'], ['stop-on-error', 'continue-on-error', 'rollback-on-error']);
  if (!errorOption.ok) return errorOption;
  const content = readContent(given.config, given.url, datastores);
  if (!content.ok) return content;
  return ok({
    target: name,
    options: {
      defaultOperation: defaultOperation.value ?? 'merge',
      allErrors: errorOption.value === 'continue-on-error',
    },
    testOption: testOption.value,
    content: content.value,
  });
}

function readContent(
  config: XmlElement | undefined,
  url: XmlElement | undefined,
  datastores: Datastores,
): Result<Request['content'], RpcError> {
  if (config !== undefined && url !== undefined) {
    return failed(rpcError.badElement('protocol', 'url', { message: 'expected <config> or <url>, not both' }));
  }
  if (url !== undefined) return readUrl(url, datastores);
  return config === undefined ? failed(missing('config')) : ok({ kind: 'config', config });
}
