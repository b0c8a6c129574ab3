import { type ErrorPath, elementText, prefixesInScope, type RpcError, rpcError, xmlElement } from '@sublane/netconf';
import type { DataAccess, Identity } from './access.ts';
import { YANG_NAMESPACE } from './edit/insertion.ts';
import { readNodePath } from './nacm/node-path.ts';
import type { OperationContext } from './operations/operation.ts';
import type { RpcOutcome } from './rpc-table.ts';
import type { SchemaIndex } from './schema-index.ts';

type Context = Pick<OperationContext, 'access' | 'schema'>;

/**
 * "The contents of specific restricted datastore nodes MUST NOT be exposed in any <rpc-error> elements within the reply."
 * (RFC 8341 §3.2.5) An error about data that its reader may not read says no more than that.
 */
export function withoutHidden(answer: RpcOutcome, identity: Identity, { access, schema }: Context): RpcOutcome {
  if (answer.kind !== 'refused') return answer;
  const root = access.data(identity);
  if (root.throughout('read')?.permit) return answer;
  return { ...answer, errors: answer.errors.map((error) => shown(error, root, schema)) };
}

function shown(error: RpcError, root: DataAccess, schema: SchemaIndex): RpcError {
  const isHidden = ({ xpath, namespaces }: ErrorPath) => !isReadable(xpath, namespaces, root, schema);
  const inPath = error.path !== undefined && isHidden(error.path);
  const inInfo = error.info?.some(
    (one) =>
      one.namespace === YANG_NAMESPACE &&
      one.name === 'non-unique' &&
      isHidden({ xpath: elementText(one), namespaces: Object.fromEntries(prefixesInScope(one.scope)) }),
  );
  if (!inPath && !inInfo) return error;
  switch (error.tag) {
    case 'access-denied': {
      const { path: _, ...rest } = error;
      return rest;
    }
    // Whether it is there is not to be found out either: the same as for what may not be written.
    case 'data-exists':
    case 'data-missing':
      return rpcError.accessDenied('application', { message: 'access denied' });
    // What is wrong with the edit itself.
    case 'unknown-element':
    case 'unknown-namespace':
    case 'unknown-attribute':
    case 'missing-attribute':
    case 'bad-attribute':
      return error;
    default:
      return rpcError.operationFailed('application', {
        message: 'the configuration would not be valid, for a reason in data that you may not read',
      });
  }
}

/** Is all the way to the node readable? What cannot be told is not. */
function isReadable(
  xpath: string,
  namespaces: Readonly<Record<string, string>>,
  root: DataAccess,
  schema: SchemaIndex,
): boolean {
  const path = readNodePath(xpath, { scope: { outer: undefined, declared: new Map(Object.entries(namespaces)) } });
  if (!path.ok) return false;
  let access = root;
  let parent: Parameters<SchemaIndex['child']>[0];
  for (const { namespace, name, predicates } of path.value) {
    const node = schema.child(parent, namespace, name);
    if (node === undefined) return false;
    const keys = predicates.map(({ key, value }) =>
      xmlElement(key, namespace, value.kind === 'literal' ? value.text : ''),
    );
    const own = keys.find((key) => key.name === '.');
    access = access.child(node, xmlElement(name, namespace, own === undefined ? keys : own.children));
    if (!access.verdict('read').permit) return false;
    parent = node;
  }
  return true;
}
