import type { Log } from '@sublane/basics';
import { BASE_NAMESPACE, rpcError } from '@sublane/netconf';
import type { Context } from 'libyang-wasm';
import { type RpcOutcome, refused } from './rpc-table.ts';

/** Proves replies by the schema before they leave. What fails is our own bug: logged, and not sent. */
export class ReplyCheck {
  readonly #context: Context;
  readonly #log: Log;

  constructor(context: Context, log: Log) {
    this.#context = context;
    this.#log = log;
  }

  check(module: string, name: string, outcome: RpcOutcome): RpcOutcome {
    if (outcome.kind === 'refused' || !this.#knows(module)) return outcome;
    const body = outcome.kind === 'ok' ? '<ok/>' : outcome.xml;
    const reply = `<rpc-reply xmlns="${BASE_NAMESPACE}" message-id="0">${body}</rpc-reply>`;
    const read = this.#context.readReply(module, name, reply);
    if (read.ok) return outcome;
    this.#log.error({ module, name, failure: read.failure }, 'a reply is not valid by the schema; it was not sent');
    return refused(rpcError.operationFailed('application', { message: `${name}: the server made an invalid reply` }));
  }

  /** The operations of the standards are served also where the schema lacks their modules. */
  #knows(module: string): boolean {
    return this.#context.schema().some(({ name, implemented }) => implemented && name === module);
  }
}
