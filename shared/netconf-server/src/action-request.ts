import { failed, ok, type Result } from '@sublane/basics';
import { childElements, elementText, type RpcEnvelope, type RpcError, rpcError } from '@sublane/netconf';
import type { Context } from 'libyang-wasm';
import type { Refusal } from './access.ts';
import { findInstance } from './action-instance.ts';
import { type ActionTable, type Invocation, instanceXml } from './actions.ts';
import { type DataPath, errorPath, pathText } from './data-path.ts';
import type { CallingSession } from './dispatcher.ts';
import { HandlerActionCall } from './handler-call.ts';
import type { Limits } from './limits.ts';
import { accessDenied } from './operations/access-denied.ts';
import type { OperationContext } from './operations/operation.ts';
import { type InputFailure, readInput, wholeMessage } from './rpc-input.ts';
import { type RpcOutcome, refused } from './rpc-table.ts';
import { looksBeyond, type RunningTree } from './running-tree.ts';
import type { SchemaIndex } from './schema-index.ts';

export interface ActionSurroundings {
  readonly actions: ActionTable;
  readonly context: OperationContext;
  readonly limits: Limits;
  readonly running: RunningTree;
}

/** An `<action>` (RFC 7950 §7.15): found, permitted, its node there, its input valid; then its handler. */
export async function callAction(
  { text, messageId }: RpcEnvelope,
  session: CallingSession,
  { actions, context, limits, running }: ActionSurroundings,
): Promise<RpcOutcome | InputFailure> {
  const found = findAction(text, actions, context, limits);
  if (!found.ok) return found.failure;
  const { instance, node, path } = found.value;
  const handler = actions.handler(path);
  if (handler === undefined) {
    const message = `${node.name} is not supported here`;
    return refused(rpcError.operationNotSupported('application', { message }));
  }
  const denied = deniedAction(found.value, session, context);
  if (denied !== undefined) return refused(denied);
  const there = await findInstance(instance, { session, signal: session.signal }, context);
  if (!there.ok) return refused(...there.failure);
  const read = readInput(
    text,
    { context: context.context, schema: context.schema, log: context.log, limits },
    looksBeyond(node) && isConfigured(instance) ? running : undefined,
  );
  if (!read.ok) return read.failure;
  const { module, name } = node;
  return handler(
    new HandlerActionCall(
      { module, name, input: read.value.input, xml: text, messageId, session },
      { instance: pathText(instance, context.schema), instanceXml: instanceXml(instance) },
    ),
  );
}

function findAction(
  text: string,
  actions: ActionTable,
  { context, schema }: OperationContext,
  limits: Limits,
): Result<Invocation, InputFailure> {
  const whole = wholeMessage(text, limits);
  if (!whole.ok) return whole;
  const [action, another] = childElements(whole.value);
  if (another !== undefined || action === undefined) {
    const error = rpcError.badElement('protocol', another?.name ?? 'rpc', { message: 'expected one operation' });
    return failed({ kind: 'refused', errors: [error] });
  }
  const found = actions.find(action);
  if (!found.ok) return failed({ kind: 'refused', errors: [found.failure] });
  return ok({ ...found.value, instance: withCanonicalKeys(found.value.instance, context, schema) });
}

/** Rules and handlers know a node by one spelling of its keys alone. */
function withCanonicalKeys(path: DataPath, context: Context, schema: SchemaIndex): DataPath {
  const at = (here: DataPath): string => `${here.parent ? at(here.parent) : ''}/${here.node.module}:${here.node.name}`;
  const namespace = schema.namespaceOf(path.node);
  const children = childElements(path.element).map((child) => {
    if (child.namespace !== namespace || !path.node.keys?.includes(child.name)) return child;
    const value = context.canonicalValue(`${at(path)}/${path.node.module}:${child.name}`, elementText(child));
    return value.ok ? { ...child, children: [value.value] } : child;
  });
  const parent = path.parent && withCanonicalKeys(path.parent, context, schema);
  return { ...path, parent, element: { ...path.element, children } };
}

/**
 * "read access is required for all instances in the hierarchy of data nodes that identifies the specific action in the
 * datastore, and execute access is required for the action node" (RFC 8341 §3.1.3)
 */
function deniedAction(
  { instance, node, element }: Invocation,
  session: CallingSession,
  context: OperationContext,
): RpcError | undefined {
  const walk = (path: DataPath): Result<ReturnType<typeof context.access.data>, Refusal> => {
    const around = path.parent === undefined ? ok(context.access.data(session.identity)) : walk(path.parent);
    if (!around.ok) return around;
    const here = around.value.child(path.node, path.element);
    const verdict = here.verdict('read');
    return verdict.permit ? ok(here) : failed(verdict);
  };
  const around = walk(instance);
  const verdict = around.ok ? around.value.child(node, element).verdict('exec') : around.failure;
  if (verdict.permit) return undefined;
  const path = { parent: instance, node, element };
  const what = { access: 'invoke', target: pathText(path, context.schema) } as const;
  return accessDenied(session, verdict, what, context, { path: errorPath(path, context.schema) });
}

function isConfigured({ node, parent }: DataPath): boolean {
  return node.config && (parent === undefined || isConfigured(parent));
}
