import type { RpcError, XmlElement } from '@sublane/netconf';
import type { DataFilter } from '../filter/data-filter.ts';
import type { NotifiedSession } from '../notifications/outlet.ts';
import { readState } from '../operations/read-data.ts';
import { readable } from '../read-access.ts';
import { mergeTrees } from '../tree-merge.ts';
import type { PushOrder } from './dynamic-subscription.ts';
import type { Grounds } from './grounds.ts';
import { PUSH_MODULE } from './names.ts';
import type { PushedDatastore } from './subscription-terms.ts';

/** What one subscriber sees of a datastore through its filter. */
export interface PushContents {
  readonly nodes: readonly XmlElement[];
  /** Why there is not all of it; empty where there is. */
  readonly missing: readonly RpcError[];
}

/** Reads datastores for those who subscribed to them: what they may read (RFC 8641 §3.9), then what they asked for. */
export class PushReader {
  readonly #context: Grounds;

  constructor(context: Grounds) {
    this.#context = context;
  }

  /** "then the notification is not authorized […] and is dropped" (RFC 8341 §3.4.6). */
  maySend(notification: string, session: NotifiedSession): boolean {
    const { access } = this.#context;
    if (access.mayReceive(session.identity, PUSH_MODULE, notification).permit) return true;
    access.refused?.('receive');
    return false;
  }

  /** A configuration datastore, at once; empty where it is not there. */
  configuration({ terms, selects }: PushOrder, session: NotifiedSession): PushContents {
    const { datastore } = terms;
    const nodes = datastore === 'operational' ? [] : (this.#configuration(datastore) ?? []);
    return this.#seen(nodes, selects, session);
  }

  async read(order: PushOrder, session: NotifiedSession, signal: AbortSignal): Promise<PushContents> {
    if (order.terms.datastore !== 'operational') return this.configuration(order, session);
    const { schema, providers } = this.#context;
    const missing: RpcError[] = [];
    let data = this.#configuration('running') ?? [];
    for (const provider of providers) {
      const state = await readState(provider, order.selects, { session, signal }, this.#context);
      if (state.ok) data = mergeTrees(data, state.value, schema);
      else missing.push(...state.failure);
    }
    const { nodes, missing: unselected } = this.#seen(data, order.selects, session);
    return { nodes, missing: [...missing, ...unselected] };
  }

  #seen(data: readonly XmlElement[], selects: DataFilter | undefined, session: NotifiedSession): PushContents {
    const { access, schema } = this.#context;
    const allowed = readable(data, session.identity, access, schema);
    if (selects === undefined) return { nodes: allowed, missing: [] };
    const selected = selects.select(allowed);
    return selected.ok ? { nodes: selected.value, missing: [] } : { nodes: [], missing: [selected.failure] };
  }

  #configuration(datastore: Exclude<PushedDatastore, 'operational'>): readonly XmlElement[] | undefined {
    // Nothing of running is left out here, and nothing is added: it is what is intended (RFC 8342 §5.1.4).
    const name = datastore === 'intended' ? 'running' : datastore;
    return this.#context.datastores?.[name]?.read().elements;
  }
}
