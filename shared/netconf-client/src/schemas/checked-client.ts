import { failed, type Result } from '@sublane/basics';
import type { LibyangFailure } from 'libyang-wasm';
import { ClientOperations } from '../client-operations.ts';
import type { RpcFailure } from '../failures.ts';
import type { NetconfClient } from '../netconf-client.ts';
import type { NotificationHandler } from '../notification-queue.ts';
import type { SubscribeOptions, XmlContent } from '../operations.ts';
import type { CallOptions, RpcReply } from '../rpc-calls.ts';
import type { ServerSupport } from '../server-support.ts';
import { failureText, type OpenedSchemas } from './open-schemas.ts';
import { SchemaCheck } from './schema-check.ts';

export interface CheckedOptions {
  /** Holds replies against the schemas too; default true. */
  readonly replies?: boolean;
  /** Told of each notification that breaks the schema; it is handled all the same. */
  readonly onBadNotification?: (message: string, xml: string) => void;
}

/** A session whose messages are held against what the server announced: what breaks its schemas is not sent. */
export function checkedClient(
  client: NetconfClient,
  schemas: OpenedSchemas,
  options: CheckedOptions = {},
): CheckedClient {
  return new CheckedClient(client, schemas, options);
}

export class CheckedClient extends ClientOperations {
  readonly client: NetconfClient;
  readonly check: SchemaCheck;
  readonly #options: CheckedOptions;

  constructor(client: NetconfClient, schemas: OpenedSchemas, options: CheckedOptions) {
    super();
    this.client = client;
    this.check = new SchemaCheck(schemas);
    this.#options = options;
  }

  override get name(): string {
    return this.client.name;
  }

  override get supports(): ServerSupport {
    return this.client.supports;
  }

  /** `invalid`: the request breaks the server's schemas and was not sent, or the reply does. */
  override async rpc(content: XmlContent, options: CallOptions = {}): Promise<Result<RpcReply, RpcFailure>> {
    const request = this.check.request(content);
    if (!request.ok) return failed(invalid('request', this.name, request.failure));
    const reply = await this.client.rpc(content, options);
    if (!reply.ok || this.#options.replies === false) return reply;
    const checked = this.check.reply(content, reply.value.content);
    return checked.ok ? reply : failed(invalid('reply', this.name, checked.failure));
  }

  /** RFC 5277; see `NetconfClient.subscribe`. */
  subscribe(handler: NotificationHandler, options?: SubscribeOptions & CallOptions) {
    return this.client.subscribe(this.#checking(handler), options);
  }

  listen(handler: NotificationHandler): () => void {
    return this.client.listen(this.#checking(handler));
  }

  #checking(handler: NotificationHandler): NotificationHandler {
    return (event) => {
      const checked = this.check.notification(event.xml);
      if (!checked.ok) this.#options.onBadNotification?.(failureText(checked.failure), event.xml);
      return handler(event);
    };
  }
}

function invalid(where: 'request' | 'reply', name: string, failure: LibyangFailure): RpcFailure {
  const text = failureText(failure);
  const errors =
    failure.kind === 'invalid'
      ? failure.errors.map(({ message, path, line }) => ({ message, ...(path && { path }), ...(line && { line }) }))
      : [{ message: text }];
  const message =
    where === 'request'
      ? `The request breaks the schemas of ${name} and was not sent: ${text}`
      : `The reply of ${name} breaks the schemas it announces: ${text}`;
  return { kind: 'invalid', where, errors, message };
}
