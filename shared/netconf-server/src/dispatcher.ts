import {
  BASE_NAMESPACE,
  childElements,
  type ErrorPath,
  type RpcEnvelope,
  type RpcError,
  rpcError,
} from '@sublane/netconf';
import { callAction } from './action-request.ts';
import { ACTION_NAMESPACE, ActionTable } from './actions.ts';
import { excerpt } from './excerpt.ts';
import { HandlerCall } from './handler-call.ts';
import { withoutHidden } from './hidden-errors.ts';
import type { Limits } from './limits.ts';
import type { NotifiedSession } from './notifications/outlet.ts';
import { accessDenied } from './operations/access-denied.ts';
import type { Operation, OperationContext } from './operations/operation.ts';
import { STANDARD_OPERATIONS } from './operations/standard-operations.ts';
import { unexpectedIn } from './operations/unexpected.ts';
import { ReplyCheck } from './reply-check.ts';
import { accessOfRequest } from './request-access.ts';
import { readInput, wholeMessage } from './rpc-input.ts';
import {
  type ActionHandler,
  type ActionPath,
  type RpcHandler,
  type RpcName,
  type RpcOutcome,
  refused,
} from './rpc-table.ts';
import { looksBeyond, RunningTree } from './running-tree.ts';

/** What becomes of a request; `malformed` where its body is no XML. */
export type Answer = RpcOutcome | { readonly kind: 'malformed'; readonly message: string };

/** A session as a request sees it: its signal is made only for those who ask. */
export interface CallingSession extends NotifiedSession {
  readonly signal: AbortSignal;
}

/** What the application answers itself. */
export interface Handlers {
  readonly rpcs: Readonly<Record<RpcName, RpcHandler>>;
  readonly actions: Readonly<Record<ActionPath, ActionHandler>>;
}

interface Entry {
  readonly module: string;
  readonly name: string;
  readonly handle:
    | { readonly kind: 'rpc'; readonly handler: RpcHandler; readonly looksBeyond: boolean }
    | { readonly kind: 'action' }
    | { readonly kind: 'operation'; readonly operation: Operation };
}

/** Of operations that are in no module, or whose module the schema need not have. */
const OWN_NAMESPACES: readonly string[] = [BASE_NAMESPACE, ACTION_NAMESPACE];

/** Leads each request to its handler: is it known, may its sender, is it valid; then the handler; then its reply. */
export class Dispatcher {
  readonly #table = new Map<string, Entry>();
  readonly #context: OperationContext;
  readonly #limits: Limits;
  readonly #replies: ReplyCheck | undefined;
  readonly #actions: ActionTable;
  readonly #running: RunningTree;

  /** Throws where a handler names what the schema does not have. An rpc of the application stands before the server's own. */
  constructor({ rpcs, actions }: Handlers, context: OperationContext, limits: Limits, revalidateReplies: boolean) {
    this.#context = context;
    this.#limits = limits;
    this.#replies = revalidateReplies ? new ReplyCheck(context.context, context.log) : undefined;
    this.#running = new RunningTree(context.context, context.datastores);
    this.#actions = new ActionTable(actions, context.schema);
    if (this.#actions.size > 0) {
      this.#table.set(`${ACTION_NAMESPACE} action`, { module: 'yang', name: 'action', handle: { kind: 'action' } });
    }
    for (const { module, namespace, name, operation } of STANDARD_OPERATIONS) {
      this.#table.set(`${namespace} ${name}`, { module, name, handle: { kind: 'operation', operation } });
    }
    for (const [key, handler] of Object.entries(rpcs)) {
      const colon = key.indexOf(':');
      const module = key.slice(0, colon);
      const name = key.slice(colon + 1);
      const known = context.schema.moduleNamed(module);
      const node = known?.implemented ? known.rpcs.find((rpc) => rpc.name === name) : undefined;
      if (known === undefined || node === undefined) {
        throw new Error(`rpcs: "${key}" is no rpc of a module that the schema implements`);
      }
      const handle = { kind: 'rpc', handler, looksBeyond: looksBeyond(node) } as const;
      this.#table.set(`${known.namespace} ${name}`, { module, name, handle });
    }
  }

  /** Module and name of an operation that is known here. */
  nameOf({ operation }: RpcEnvelope): { readonly module: string; readonly name: string } | undefined {
    return this.#table.get(`${operation.namespace} ${operation.name}`);
  }

  /** Never throws, never rejects. */
  dispatch(envelope: RpcEnvelope, session: CallingSession): Answer | Promise<Answer> {
    const { name, namespace } = envelope.operation;
    const entry = this.#table.get(`${namespace} ${name}`);
    if (entry === undefined) return this.#unknown(name, namespace);
    const denied = this.#denied(entry, session);
    if (denied !== undefined) return denied;
    try {
      const access = accessOfRequest(this.#context.access, session.identity);
      const context = { ...this.#context, access };
      const answer = this.#call(entry, envelope, session, context);
      if (!(answer instanceof Promise)) return this.#checked(entry, answer);
      return answer.then(
        (settled) => this.#checked(entry, settled),
        (error: unknown) => this.#bug(entry, error),
      );
    } catch (error) {
      return this.#bug(entry, error);
    }
  }

  #call(
    entry: Entry,
    envelope: RpcEnvelope,
    session: CallingSession,
    context: OperationContext,
  ): Answer | Promise<Answer> {
    const { handle } = entry;
    switch (handle.kind) {
      case 'rpc':
        return this.#callRpc(entry, handle.handler, handle.looksBeyond, envelope, session);
      case 'operation':
        return this.#callOperation(handle.operation, envelope, session, context);
      case 'action':
        return callAction(envelope, session, {
          actions: this.#actions,
          context,
          limits: this.#limits,
          running: this.#running,
        });
    }
  }

  #callRpc(
    { module, name }: Entry,
    handler: RpcHandler,
    beyond: boolean,
    { text, messageId }: RpcEnvelope,
    session: CallingSession,
  ): Answer | Promise<Answer> {
    const { context, schema, log } = this.#context;
    const from = { context, schema, log, limits: this.#limits };
    const read = readInput(text, from, beyond ? this.#running : undefined);
    if (!read.ok) return read.failure;
    return handler(new HandlerCall({ module, name, input: read.value.input, xml: text, messageId, session }));
  }

  #callOperation(
    operation: Operation,
    { text }: RpcEnvelope,
    session: CallingSession,
    context: OperationContext,
  ): Answer | Promise<Answer> {
    const read = wholeMessage(text, this.#limits);
    if (!read.ok) return read.failure;
    const [element, another] = childElements(read.value);
    if (element === undefined || another !== undefined) {
      return refused(rpcError.badElement('protocol', another?.name ?? 'rpc', { message: 'expected one operation' }));
    }
    const unexpected = unexpectedIn(read.value, element);
    if (unexpected !== undefined) return refused(unexpected);
    const call = {
      operation: element,
      session,
      get signal() {
        return session.signal;
      },
    };
    const answer = operation(call, context);
    const shown = (settled: RpcOutcome) => withoutHidden(settled, session.identity, context);
    return answer instanceof Promise ? answer.then(shown) : shown(answer);
  }

  #denied({ module, name, handle }: Entry, session: CallingSession): RpcOutcome | undefined {
    if (handle.kind === 'action') return undefined; // asked for once it is known which action (RFC 8341 §3.1.3)
    // "The <close-session> operation is always permitted" (RFC 8341 §3.2.2).
    if (module === 'ietf-netconf' && name === 'close-session') return undefined;
    const verdict = this.#context.access.mayInvoke(session.identity, module, name);
    if (verdict.permit) return undefined;
    const what = { access: 'invoke', target: `${module}:${name}` } as const;
    return refused(accessDenied(session, verdict, what, this.#context, { path: this.#requestPath(module, name) }));
  }

  /** "error-path: Identifies the requested protocol operation. […] /nc:rpc/nc:edit-config" (RFC 8341 §3.4.4) */
  #requestPath(module: string, name: string): ErrorPath {
    const namespace = this.#context.schema.moduleNamed(module)?.namespace ?? BASE_NAMESPACE;
    if (namespace === BASE_NAMESPACE) return { xpath: `/nc:rpc/nc:${name}`, namespaces: { nc: BASE_NAMESPACE } };
    return { xpath: `/nc:rpc/${module}:${name}`, namespaces: { nc: BASE_NAMESPACE, [module]: namespace } };
  }

  #unknown(name: string, namespace: string): RpcOutcome {
    const known = this.#context.schema.moduleOf(namespace) !== undefined || OWN_NAMESPACES.includes(namespace);
    if (!known) {
      const message = `no module here has the namespace "${excerpt(namespace)}"`;
      return refused(rpcError.unknownNamespace('protocol', name, namespace, { message }));
    }
    return refused(rpcError.operationNotSupported('protocol', { message: `${excerpt(name)} is not supported here` }));
  }

  #checked(entry: Entry, answer: Answer): Answer {
    if (answer.kind === 'refused' && answer.errors.some(isLongPath)) {
      return { ...answer, errors: answer.errors.map((error) => (isLongPath(error) ? withoutPath(error) : error)) };
    }
    if (this.#replies === undefined || answer.kind === 'malformed') return answer;
    return this.#replies.check(entry.module, entry.name, answer);
  }

  #bug({ module, name }: Entry, error: unknown): RpcOutcome {
    this.#context.log.error({ err: error, module, name }, 'an rpc handler failed');
    return refused(rpcError.operationFailed('application', { message: `${name} failed inside the server` }));
  }
}

/** Keys are part of a path, and may be of any length: a longer one is not sent back. */
const LONGEST_PATH = 4096;

const isLongPath = ({ path }: RpcError) => path !== undefined && path.xpath.length > LONGEST_PATH;

function withoutPath({ path: _, ...error }: RpcError): RpcError {
  return error;
}
