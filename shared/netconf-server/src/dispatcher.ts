import { BASE_NAMESPACE, type RpcEnvelope, readXml, rpcError } from '@sublane/netconf';
import type { Limits } from './limits.ts';
import type { NotifiedSession } from './notifications/outlet.ts';
import { accessDenied } from './operations/access-denied.ts';
import type { Operation, OperationContext } from './operations/operation.ts';
import { STANDARD_OPERATIONS } from './operations/standard-operations.ts';
import { ReplyCheck } from './reply-check.ts';
import { type RpcHandler, type RpcName, type RpcOutcome, refused } from './rpc-table.ts';
import { isMalformed, validationErrors } from './validation-error.ts';

/** What becomes of a request; `malformed` where its body is no XML. */
export type Answer = RpcOutcome | { readonly kind: 'malformed'; readonly message: string };

/** A session as a request sees it: its signal is made only for those who ask. */
export interface CallingSession extends NotifiedSession {
  readonly signal: AbortSignal;
}

interface Entry {
  readonly module: string;
  readonly name: string;
  readonly handle:
    | { readonly kind: 'rpc'; readonly handler: RpcHandler }
    | { readonly kind: 'operation'; readonly operation: Operation };
}

/** Leads each request to its handler: is it known, may its sender, is it valid; then the handler; then its reply. */
export class Dispatcher {
  readonly #table = new Map<string, Entry>();
  readonly #context: OperationContext;
  readonly #limits: Limits;
  readonly #replies: ReplyCheck | undefined;

  /** Throws where `rpcs` names what the schema does not have. An rpc of the application stands before the server's own. */
  constructor(
    rpcs: Readonly<Record<RpcName, RpcHandler>>,
    context: OperationContext,
    limits: Limits,
    revalidateReplies: boolean,
  ) {
    this.#context = context;
    this.#limits = limits;
    this.#replies = revalidateReplies ? new ReplyCheck(context.context, context.log) : undefined;
    for (const { module, namespace, name, operation } of STANDARD_OPERATIONS) {
      this.#table.set(`${namespace} ${name}`, { module, name, handle: { kind: 'operation', operation } });
    }
    for (const [key, handler] of Object.entries(rpcs)) {
      const colon = key.indexOf(':');
      const module = key.slice(0, colon);
      const name = key.slice(colon + 1);
      const known = context.schema.moduleNamed(module);
      if (!known?.implemented || !known.rpcs.some((rpc) => rpc.name === name)) {
        throw new Error(`rpcs: "${key}" is no rpc of a module that the schema implements`);
      }
      this.#table.set(`${known.namespace} ${name}`, { module, name, handle: { kind: 'rpc', handler } });
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
      const answer =
        entry.handle.kind === 'rpc'
          ? this.#callRpc(entry, entry.handle.handler, envelope, session)
          : this.#callOperation(entry.handle.operation, envelope, session);
      if (!(answer instanceof Promise)) return this.#checked(entry, answer);
      return answer.then(
        (settled) => this.#checked(entry, settled),
        (error: unknown) => this.#bug(entry, error),
      );
    } catch (error) {
      return this.#bug(entry, error);
    }
  }

  #callRpc(
    { module, name }: Entry,
    handler: RpcHandler,
    { text, messageId }: RpcEnvelope,
    session: CallingSession,
  ): Answer | Promise<Answer> {
    const read = this.#context.context.readRpc(text);
    if (!read.ok) {
      if (isMalformed(read.failure)) return { kind: 'malformed', message: 'the message is not well-formed XML' };
      if (read.failure.kind === 'trap')
        this.#context.log.error({ module, name, failure: read.failure }, 'libyang failed');
      return { kind: 'refused', errors: validationErrors(read.failure, 'input', this.#context.schema) };
    }
    return handler(new Call(module, name, read.value.input, text, messageId, session));
  }

  #callOperation(operation: Operation, { text }: RpcEnvelope, session: CallingSession): Answer | Promise<Answer> {
    const read = readXml(text, this.#limits);
    if (!read.ok) {
      if (read.failure.kind === 'malformed') return { kind: 'malformed', message: read.failure.message };
      return refused(rpcError.tooBig('rpc', { message: `more than ${read.failure.allowed} ${read.failure.limit}` }));
    }
    const elements = read.value.children.filter((child) => typeof child !== 'string');
    const [element, another] = elements;
    if (element === undefined || another !== undefined) {
      return refused(rpcError.badElement('protocol', another?.name ?? 'rpc', { message: 'expected one operation' }));
    }
    const call = {
      operation: element,
      session,
      get signal() {
        return session.signal;
      },
    };
    return operation(call, this.#context);
  }

  #denied({ module, name }: Entry, session: CallingSession): RpcOutcome | undefined {
    // "The <close-session> operation is always permitted" (RFC 8341 §3.2.2).
    if (module === 'ietf-netconf' && name === 'close-session') return undefined;
    const verdict = this.#context.access.mayInvoke(session.identity, module, name);
    if (verdict.permit) return undefined;
    const what = { access: 'invoke', target: `${module}:${name}` } as const;
    return refused(accessDenied(session, verdict, what, this.#context));
  }

  #unknown(name: string, namespace: string): RpcOutcome {
    if (this.#context.schema.moduleOf(namespace) === undefined && namespace !== BASE_NAMESPACE) {
      const message = `no module here has the namespace "${namespace}"`;
      return refused(rpcError.unknownNamespace('protocol', name, namespace, { message }));
    }
    return refused(rpcError.operationNotSupported('protocol', { message: `${name} is not supported here` }));
  }

  #checked(entry: Entry, answer: Answer): Answer {
    if (this.#replies === undefined || answer.kind === 'malformed') return answer;
    return this.#replies.check(entry.module, entry.name, answer);
  }

  #bug({ module, name }: Entry, error: unknown): RpcOutcome {
    this.#context.log.error({ err: error, module, name }, 'an rpc handler failed');
    return refused(rpcError.operationFailed('application', { message: `${name} failed inside the server` }));
  }
}

class Call {
  readonly module: string;
  readonly name: string;
  readonly input: Parameters<RpcHandler>[0]['input'];
  readonly xml: string;
  readonly messageId: string;
  readonly session: CallingSession;

  constructor(
    module: string,
    name: string,
    input: Parameters<RpcHandler>[0]['input'],
    xml: string,
    messageId: string,
    session: CallingSession,
  ) {
    this.module = module;
    this.name = name;
    this.input = input;
    this.xml = xml;
    this.messageId = messageId;
    this.session = session;
  }

  get signal(): AbortSignal {
    return this.session.signal;
  }
}
