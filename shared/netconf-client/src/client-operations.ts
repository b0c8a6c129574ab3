import { failed, type Result } from '@sublane/basics';
import { BASE_NAMESPACE, childElement, elementText, MONITORING_NAMESPACE, type XmlElement } from '@sublane/netconf';
import type { RpcFailure } from './failures.ts';
import { configNeeds, dataNeeds, editNeeds, filterNeeds, placeNeeds } from './operation-needs.ts';
import { SUBSCRIBED_NAMESPACE } from './operations/dynamic-subscriptions.ts';
import { NMDA_NAMESPACE } from './operations/nmda.ts';
import {
  type CommitOptions,
  type ConfigUrl,
  type CopyConfig,
  type Datastore,
  type EditConfig,
  type EditData,
  type EstablishSubscription,
  type GetConfigOptions,
  type GetData,
  type GetOptions,
  type InlineConfig,
  type ModifySubscription,
  type OfNmda,
  operation,
  type SchemaRequest,
  type XmlContent,
} from './operations.ts';
import type { CallOptions, RpcReply } from './rpc-calls.ts';
import { firstMissing, needs, type ServerSupport, unsupported } from './server-support.ts';

/** A reply to `get`, `get-config` or `get-data`. */
export interface DataReply extends RpcReply {
  readonly data: XmlElement;
}

/** A reply to `establish-subscription` (RFC 8639 §2.4.2). */
export interface SubscriptionReply extends RpcReply {
  readonly id: number;
  /** Where the server cannot replay from as early as asked: from when it does. */
  readonly replayStartTimeRevision: string | undefined;
}

type Reply = Promise<Result<RpcReply, RpcFailure>>;

/**
 * NETCONF's operations, over whatever sends an rpc. What the server does not announce is refused before anything is sent
 * (`unsupported`, with the capability's name); `rpc(operation.…)` sends it all the same.
 */
export abstract class ClientOperations {
  /** For messages. */
  abstract readonly name: string;
  /** What the server announced. */
  abstract readonly supports: ServerSupport;
  /**
   * Sends an operation and gives its reply. Many may be in flight: each reply finds its own by its message-id.
   * @param content the child of `<rpc>`; without a namespace of its own it is in NETCONF's
   */
  abstract rpc(content: XmlContent, options?: CallOptions): Reply;

  /** RFC 6241 §7.7. */
  get(options: GetOptions & CallOptions = {}): Promise<Result<DataReply, RpcFailure>> {
    return this.#data(filterNeeds(options), operation.get(options), BASE_NAMESPACE, options);
  }

  /** RFC 6241 §7.1; of `running`, unless another source is given. */
  getConfig(options: GetConfigOptions & CallOptions = {}): Promise<Result<DataReply, RpcFailure>> {
    return this.#data(configNeeds(options), operation.getConfig(options), BASE_NAMESPACE, options);
  }

  /** RFC 8526 §3.1.1; of `operational`, unless another datastore is given. */
  getData(options: GetData & CallOptions = {}): Promise<Result<DataReply, RpcFailure>> {
    return this.#data(dataNeeds(options), operation.getData(options), NMDA_NAMESPACE, options);
  }

  /** RFC 6241 §7.2; of `running`, unless another target is given. */
  editConfig(options: EditConfig & CallOptions): Reply {
    return this.#ask(editNeeds(options), operation.editConfig(options), options);
  }

  /** RFC 8526 §3.1.2. */
  editData(options: EditData & CallOptions): Reply {
    const url = 'url' in options ? needs.url(options.url) : undefined;
    return this.#ask([needs.nmda, url], operation.editData(options), options);
  }

  /** RFC 6241 §7.3: puts the whole of `source` in place of the whole of `target`. */
  copyConfig(options: CopyConfig & CallOptions): Reply {
    const { source, target, withDefaults } = options;
    const checks = [
      ...placeNeeds(source),
      ...placeNeeds(target),
      // §8.2: without it, running cannot be the target.
      target === 'running' ? needs.writableRunning : undefined,
      withDefaults && needs.withDefaults(withDefaults),
    ];
    return this.#ask(checks, operation.copyConfig(options), options);
  }

  /** RFC 6241 §7.4. */
  deleteConfig(target: 'startup' | ConfigUrl, options?: CallOptions): Reply {
    return this.#ask(placeNeeds(target), operation.deleteConfig(target), options);
  }

  /** RFC 6241 §7.5. Given up by its signal or timeout, it is undone should the server grant it after all. */
  lock(target: Datastore | OfNmda, options?: CallOptions): Reply {
    const onLate: CallOptions['onLate'] = (late) => {
      if (late?.ok === true) void this.rpc(operation.unlock(target));
      options?.onLate?.(late);
    };
    return this.#ask(placeNeeds(target), operation.lock(target), { ...options, onLate });
  }

  /** RFC 6241 §7.6. */
  unlock(target: Datastore | OfNmda, options?: CallOptions): Reply {
    return this.#ask(placeNeeds(target), operation.unlock(target), options);
  }

  /** RFC 6241 §8.6: a datastore, a file, or a configuration given inline. */
  validate(source: Datastore | ConfigUrl | InlineConfig | OfNmda, options?: CallOptions): Reply {
    return this.#ask([needs.validate, ...placeNeeds(source)], operation.validate(source), options);
  }

  /** RFC 6241 §8.3, and confirmed commits (§8.4). */
  commit(options: CommitOptions & CallOptions = {}): Reply {
    const { confirmed, persist, persistId } = options;
    const persistent = persist !== undefined || persistId !== undefined;
    const checks = [
      needs.candidate,
      confirmed === true ? needs.confirmedCommit : undefined,
      persistent ? needs.persistentCommit : undefined,
    ];
    return this.#ask(checks, operation.commit(options), options);
  }

  /** RFC 6241 §8.4.4.1: undoes a commit that waits to be confirmed. */
  cancelCommit(options: Pick<CommitOptions, 'persistId'> & CallOptions = {}): Reply {
    return this.#ask([needs.persistentCommit], operation.cancelCommit(options), options);
  }

  /** RFC 6241 §8.3.4.2. */
  discardChanges(options?: CallOptions): Reply {
    return this.#ask([needs.candidate], operation.discardChanges(), options);
  }

  /** RFC 6241 §7.9: ends another session. */
  killSession(sessionId: number, options?: CallOptions): Reply {
    return this.rpc(operation.killSession(sessionId), options);
  }

  /** RFC 6241 §7.8: asks the server to end this one. `close` does that and more. */
  closeSession(options?: CallOptions): Reply {
    return this.rpc(operation.closeSession(), options);
  }

  /** The text of a YANG module the server has (RFC 6022 §3.1). */
  async getSchema(request: SchemaRequest, options?: CallOptions): Promise<Result<string, RpcFailure>> {
    const reply = await this.rpc(operation.getSchema(request), options);
    if (!reply.ok) return reply;
    const data = childElement(reply.value.content, 'data', MONITORING_NAMESPACE);
    return data === undefined ? failed(this.#lacks('data')) : { ok: true, value: elementText(data) };
  }

  /**
   * RFC 8639 §2.4.2, RFC 8641 §4.4.1: a session may have many. What comes is heard by `listen`; updates of a datastore and
   * changes of the subscription's state carry its `id`. Given up by its signal or timeout, it is deleted should the server
   * grant it after all.
   */
  async establishSubscription(
    options: EstablishSubscription & CallOptions,
  ): Promise<Result<SubscriptionReply, RpcFailure>> {
    const onLate: CallOptions['onLate'] = (late) => {
      const id = late?.ok ? childElement(late.value.content, 'id', SUBSCRIBED_NAMESPACE) : undefined;
      if (id !== undefined) void this.rpc(operation.deleteSubscription(Number(elementText(id))));
      options.onLate?.(late);
    };
    const reply = await this.rpc(operation.establishSubscription(options), { ...options, onLate });
    if (!reply.ok) return reply;
    const { content } = reply.value;
    const id = childElement(content, 'id', SUBSCRIBED_NAMESPACE);
    if (id === undefined) return failed(this.#lacks('id'));
    const revised = childElement(content, 'replay-start-time-revision', SUBSCRIBED_NAMESPACE);
    return {
      ok: true,
      value: {
        ...reply.value,
        id: Number(elementText(id)),
        replayStartTimeRevision: revised && elementText(revised),
      },
    };
  }

  /** RFC 8639 §2.4.3. */
  modifySubscription(options: ModifySubscription & CallOptions): Reply {
    return this.rpc(operation.modifySubscription(options), options);
  }

  /** RFC 8639 §2.4.4: ends one of this session's. */
  deleteSubscription(id: number, options?: CallOptions): Reply {
    return this.rpc(operation.deleteSubscription(id), options);
  }

  /** RFC 8639 §2.4.5: ends any session's. */
  killSubscription(id: number, options?: CallOptions): Reply {
    return this.rpc(operation.killSubscription(id), options);
  }

  /** RFC 8641 §4.4.4: has the whole sent anew, of one on change. */
  resyncSubscription(id: number, options?: CallOptions): Reply {
    return this.rpc(operation.resyncSubscription(id), options);
  }

  async #ask(checks: Parameters<typeof firstMissing>[1], content: string, options?: CallOptions): Reply {
    const missing = firstMissing(this.supports, checks);
    return missing === undefined ? this.rpc(content, options) : failed(unsupported(this.name, missing));
  }

  async #data(
    checks: Parameters<typeof firstMissing>[1],
    content: string,
    namespace: string,
    options: CallOptions,
  ): Promise<Result<DataReply, RpcFailure>> {
    const reply = await this.#ask(checks, content, options);
    if (!reply.ok) return reply;
    const data = childElement(reply.value.content, 'data', namespace);
    return data === undefined ? failed(this.#lacks('data')) : { ok: true, value: { ...reply.value, data } };
  }

  #lacks(element: string): RpcFailure {
    return { kind: 'malformed', message: `The reply of ${this.name} lacks <${element}>.` };
  }
}
