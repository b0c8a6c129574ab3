import type { RpcError, XmlElement } from '@sublane/netconf';
import type { DataAccess } from './access.ts';
import { type DataPath, errorPath, pathText } from './data-path.ts';
import { treeDifference } from './edit/tree-difference.ts';
import { accessDenied } from './operations/access-denied.ts';
import type { OperationContext } from './operations/operation.ts';
import type { Session } from './session.ts';

/**
 * The first change between two configurations that their author may not make. Of a commit or a copy, too, only "the
 * exact nodes […] that are actually different" are asked for (RFC 8341 §3.2.8, §3.2.6).
 */
export function deniedChange(
  before: readonly XmlElement[],
  after: readonly XmlElement[],
  session: Session,
  context: Pick<OperationContext, 'access' | 'schema' | 'events' | 'log'>,
): RpcError | undefined {
  const { access, schema } = context;
  const root = access.data(session.identity);
  if (WRITES.every((operation) => root.throughout(operation)?.permit)) return undefined;
  const at = walker(root);
  for (const { operation, path } of treeDifference(before, after, schema)) {
    const verdict = at(path).verdict(operation);
    if (verdict.permit) continue;
    const what = { access: 'write', target: `${operation} ${pathText(path, schema)}` } as const;
    return accessDenied(session, verdict, what, context, { path: errorPath(path, schema) });
  }
  return undefined;
}

const WRITES = ['create', 'update', 'delete'] as const;

/** Siblings share the way down to them. */
function walker(root: DataAccess): (path: DataPath) => DataAccess {
  const known = new Map<DataPath, DataAccess>();
  const at = (path: DataPath): DataAccess => {
    let access = known.get(path);
    if (access === undefined) {
      access = (path.parent === undefined ? root : at(path.parent)).child(path.node, path.element);
      known.set(path, access);
    }
    return access;
  };
  return at;
}
