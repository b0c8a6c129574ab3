import { elementText, escapeText, MONITORING_NAMESPACE, resolveName, rpcError } from '@sublane/netconf';
import { refused } from '../rpc-table.ts';
import type { Operation } from './operation.ts';
import { missing, readParameters } from './parameters.ts';

/** RFC 6022 §3.1. */
export const getSchema: Operation = ({ operation }, { schemas, context }) => {
  const parameters = readParameters(operation, ['identifier', 'version', 'format']);
  if (!parameters.ok) return refused(parameters.failure);
  const { identifier, version, format } = parameters.value;
  if (identifier === undefined) return refused(missing('identifier'));
  if (format !== undefined) {
    const name = resolveName(format, elementText(format));
    const known = name?.namespace === MONITORING_NAMESPACE || !elementText(format).includes(':');
    if (name?.name !== 'yang' || !known) {
      return refused(rpcError.invalidValue('application', { message: 'format: only yang is offered' }));
    }
  }
  const name = elementText(identifier).trim();
  const revision = version && elementText(version).trim();
  const found = schemas.modules
    .flatMap((module) => [module, ...module.submodules])
    .filter((one) => one.name === name && (revision === undefined || (one.revision ?? '') === revision));
  const [schema, another] = found;
  // "If there is no such schema, the <error-tag> is "invalid-value"; if more than one matches, "operation-failed" with
  // the <error-app-tag> "data-not-unique"." (RFC 6022 §3.1)
  if (another !== undefined) {
    const revisions = found.map((one) => one.revision ?? 'none').join(', ');
    const message = `${name} has several revisions: ${revisions}; name one in <version>`;
    return refused(rpcError.operationFailed('application', { appTag: 'data-not-unique', message }));
  }
  const text = schema && context.moduleText(schema.name, schema.revision);
  if (text === undefined || !text.ok) {
    const message = `no schema ${name}${revision ? `@${revision}` : ''} here`;
    return refused(rpcError.invalidValue('application', { message }));
  }
  return { kind: 'data', xml: `<data xmlns="${MONITORING_NAMESPACE}">${escapeText(text.value)}</data>` };
};
