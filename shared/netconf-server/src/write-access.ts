import { attributeValue, BASE_NAMESPACE, childElements, type RpcError, type XmlElement } from '@sublane/netconf';
import { type DataAccess, PERMITTED, type Refusal } from './access.ts';
import { type DataPath, errorPath, pathText } from './data-path.ts';
import type { DefaultOperation } from './edit/edit-tree.ts';
import { standsBeside } from './edit/insertion.ts';
import { isKey } from './edit/node-identity.ts';
import { treeDifference } from './edit/tree-difference.ts';
import { accessDenied } from './operations/access-denied.ts';
import type { OperationContext } from './operations/operation.ts';
import type { SchemaIndex } from './schema-index.ts';
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

/**
 * The first node that an edit would write and that its author may neither read nor write in any way, or beside which it
 * would put another and that its author may not read. Refused whatever the configuration holds: else what is there could
 * be found out by trying (RFC 8341 §3.2.5).
 */
export function deniedIntent(
  edits: readonly XmlElement[],
  defaultOperation: DefaultOperation,
  session: Session,
  context: Pick<OperationContext, 'access' | 'schema' | 'events' | 'log'>,
): RpcError | undefined {
  const root = context.access.data(session.identity);
  if (root.throughout('read')?.permit) return undefined;
  const from = { access: root, isReadable: true, writes: defaultOperation !== 'none' };
  const denied = blindWrite(edits, undefined, from, context.schema);
  if (denied === undefined) return undefined;
  const { path, refusal } = denied;
  const what = { access: 'write', target: `edit ${pathText(path, context.schema)}` } as const;
  return accessDenied(session, refusal, what, context);
}

/** What holds above the nodes that are looked at. */
interface Above {
  readonly access: DataAccess;
  readonly isReadable: boolean;
  /** Does the edit write what it names here, unless it says otherwise? */
  readonly writes: boolean;
}

function blindWrite(
  edits: readonly XmlElement[],
  parent: DataPath | undefined,
  above: Above,
  schema: SchemaIndex,
): { readonly path: DataPath; readonly refusal: Refusal } | undefined {
  for (const element of edits) {
    const node = schema.child(parent?.node, element.namespace, element.name);
    if (node === undefined || isKey(node, parent?.node)) continue;
    const path = { parent, node, element };
    const access = above.access.child(node, element);
    const isReadable = above.isReadable && access.verdict('read').permit;
    const beside = node.orderedBy === 'user' ? standsBeside(element, node, schema) : undefined;
    const seen = beside === undefined ? PERMITTED : above.access.child(node, beside).verdict('read');
    if (!seen.permit) return { path, refusal: seen };
    const operation = attributeValue(element, 'operation', BASE_NAMESPACE);
    const isLeaf = node.kind !== 'container' && node.kind !== 'list';
    const touches = isLeaf ? above.writes || operation !== undefined : operation !== undefined && operation !== 'merge';
    if (touches && !isReadable) {
      const [refusal, ...others] = WRITES.map((one) => access.verdict(one)).filter((one) => !one.permit);
      if (refusal !== undefined && others.length === WRITES.length - 1) return { path, refusal };
    }
    const inside = { access, isReadable, writes: above.writes || operation !== undefined };
    const denied = blindWrite(childElements(element), path, inside, schema);
    if (denied !== undefined) return denied;
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
