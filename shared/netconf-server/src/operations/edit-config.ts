import { failed, ok } from '@sublane/basics';
import { childElements, rpcError, writeXml, type XmlElement } from '@sublane/netconf';
import type { ConfigEdit } from '../datastore.ts';
import { withCanonicalKeys } from '../edit/canonical-keys.ts';
import { editTree } from '../edit/edit-tree.ts';
import { OK, refused } from '../rpc-table.ts';
import { deniedChange } from '../write-access.ts';
import type { Operation } from './operation.ts';
import { datastoreName, missing, readChoice, readParameters } from './parameters.ts';

const PARAMETERS = ['target', 'default-operation', 'test-option', 'error-option', 'config', 'url'] as const;

/**
 * RFC 6241 §7.2, on running. Every error-option leaves the datastore as it was (so rollback-on-error is announced);
 * `continue-on-error` goes on only to report every error.
 */
export const editConfig: Operation = async (call, context) => {
  const request = readRequest(call.operation);
  if (!request.ok) return refused(request.failure);
  const { target, defaultOperation, testOption, errorOption, config } = request.value;
  if (target !== 'running' || context.datastores === undefined) {
    const message = `there is no datastore ${target} to edit`;
    return refused(rpcError.operationNotSupported('protocol', { message }));
  }
  const options = { defaultOperation, allErrors: errorOption === 'continue-on-error' };
  const edits = withCanonicalKeys(childElements(config), context.context, context.schema);
  const edit: ConfigEdit = ({ elements }) => {
    const edited = editTree(elements, edits, options, context.schema);
    if (!edited.ok) return edited;
    const denied = deniedChange(elements, edited.value, call.session, context);
    return denied === undefined ? ok(edited.value.map(writeXml).join('')) : failed([denied]);
  };
  const committed = await context.datastores.running.commit(edit, {
    session: call.session,
    testOnly: testOption === 'test-only',
  });
  return committed.ok ? OK : refused(...committed.failure);
};

function readRequest(operation: XmlElement) {
  const parameters = readParameters(operation, PARAMETERS);
  if (!parameters.ok) return parameters;
  const given = parameters.value;
  const target = datastoreName(given.target, 'target');
  if (!target.ok) return target;
  const defaultOperation = readChoice(given['default-operation'], ['merge', 'replace', 'none']);
  if (!defaultOperation.ok) return defaultOperation;
  const testOption = readChoice(given['test-option'], ['test-then-set', 'set', 'test-only']);
  if (!testOption.ok) return testOption;
  const errorOption = readChoice(given['error-option'], ['stop-on-error', 'continue-on-error', 'rollback-on-error']);
  if (!errorOption.ok) return errorOption;
  if (given.url !== undefined) {
    return failed(rpcError.operationNotSupported('protocol', { message: 'no :url capability; send <config>' }));
  }
  if (given.config === undefined) return failed(missing('config'));
  return ok({
    target: target.value,
    defaultOperation: defaultOperation.value ?? 'merge',
    testOption: testOption.value ?? 'set',
    errorOption: errorOption.value ?? 'stop-on-error',
    config: given.config,
  } as const);
}
