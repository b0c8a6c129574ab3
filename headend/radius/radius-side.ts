import { type Clock, type Log, Turns } from '@sublane/basics';
import type { AaaConfiguration, EdgeSettings } from '../aaa/aaa-configuration.ts';
import type { RadiusClients } from '../aaa/radius-clients.ts';
import { Accountant, accountingFeed } from '../accounting/accountant.ts';
import { EdgeMessenger, edgeFeed } from '../accounting/edge-messenger.ts';
import type { Secrets } from '../settings/secrets.ts';
import type { Store } from '../store/store.ts';
import { type ListenerParts, RadiusListener } from './radius-listener.ts';
import { Replaceable } from './replaceable.ts';

export interface RadiusSideParts extends Omit<ListenerParts, 'secretOf'> {
  readonly aaa: () => AaaConfiguration;
  readonly store: Pick<Store, 'feeds' | 'audit' | 'leases'>;
  readonly clients: RadiusClients;
  readonly secrets: Pick<Secrets, 'line'>;
  /** The headend's name. */
  readonly headend: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** A client for one edge. */
  readonly edgeClient: (edge: EdgeSettings, secret: string) => EdgeClient;
}

type EdgeClient = ConstructorParameters<typeof EdgeMessenger>[0]['client'];
/** How the part of the headend that speaks RADIUS is. */
export interface RadiusStatus {
  readonly servers: ReturnType<RadiusClients['status']>;
  /** Records that no server has taken yet; absent: none is told any. */
  readonly accountingWaiting?: number;
  /** Lanes of whose end the edges have not heard; absent: there is none to tell. */
  readonly edgeWaiting?: number;
}

/**
 * All that speaks RADIUS, as the configuration of the moment wants it: clients, accounting of each group, edges, the
 * listener for dynamic authorization. `apply` is for the start, each commit, and secrets that may have changed.
 */
export class RadiusSide {
  readonly #parts: RadiusSideParts;
  readonly #turns = new Turns();
  readonly #accountants = new Replaceable<Accountant>();
  readonly #edges = new Replaceable<EdgeMessenger>();
  readonly #listener: RadiusListener;
  #secrets: ReadonlyMap<string, string> = new Map();

  constructor(parts: RadiusSideParts) {
    this.#parts = parts;
    this.#listener = new RadiusListener({ ...parts, secretOf: (address) => this.#secrets.get(address) });
  }

  apply(): Promise<void> {
    return this.#turns.take(async () => {
      const aaa = this.#parts.aaa();
      this.#parts.clients.apply(aaa.groups);
      await this.#applyAccounting(aaa);
      await this.#applyEdges(aaa);
      this.#secrets = this.#clientSecrets(aaa);
      await this.#listener.apply(aaa.dynamicAuthorization);
      await this.#forgetFeeds(aaa);
    });
  }

  status(): RadiusStatus {
    const accountants = this.#accountants.all();
    const edges = this.#edges.all();
    const sum = (all: readonly { waiting(): number }[]) => all.reduce((total, one) => total + one.waiting(), 0);
    return {
      servers: this.#parts.clients.status(),
      ...(accountants.length > 0 && { accountingWaiting: sum(accountants) }),
      ...(edges.length > 0 && { edgeWaiting: sum(edges) }),
    };
  }

  /** What is under way fails, and waits in the trail for the next start. */
  close(): Promise<void> {
    return this.#turns.take(async () => {
      const closing = [this.#listener.close(), this.#accountants.close(), this.#edges.close()];
      await this.#parts.clients.close();
      await Promise.all(closing);
    });
  }

  async #applyAccounting({ groups }: AaaConfiguration): Promise<void> {
    const { store, clients, headend, clock, log, random } = this.#parts;
    const wanted = [...groups.values()].flatMap(({ name, accounting, nasIdentifier = headend }) => {
      if (accounting === undefined) return [];
      const parts = { authority: name, interval: accounting.interimInterval, names: { headend, nasIdentifier } };
      const make = () =>
        new Accountant({
          ...parts,
          store,
          account: (attributes) => clients.with(name, (client) => client.account(attributes)),
          clock,
          log,
          random,
        });
      return [{ name, digest: JSON.stringify(parts), make }];
    });
    await this.#accountants.apply(wanted);
  }

  async #applyEdges({ edges }: AaaConfiguration): Promise<void> {
    const { store, secrets, clock, log, random, edgeClient } = this.#parts;
    const wanted = [...edges.values()].flatMap((edge) => {
      const { name } = edge;
      const secret = secrets.line(edge.secretFile);
      if (!secret.ok) log.error({ edge: name, fault: secret.failure }, 'the secret of an edge is missing');
      // One that is there goes on with the secret that it has.
      if (!secret.ok) return this.#edges.keep(name);
      const client = () => edgeClient(edge, secret.value);
      const make = () => new EdgeMessenger({ name, client: client(), store, clock, log, random });
      return [{ name, digest: JSON.stringify([edge, secret.value]), make }];
    });
    await this.#edges.apply(wanted);
  }

  #clientSecrets({ dynamicAuthorization }: AaaConfiguration): ReadonlyMap<string, string> {
    const { secrets, log } = this.#parts;
    const known = new Map<string, string>();
    for (const [address, { secretFile }] of dynamicAuthorization?.clients ?? []) {
      const secret = secrets.line(secretFile);
      if (!secret.ok) log.error({ client: address, fault: secret.failure }, 'the secret of a RADIUS client is missing');
      const value = secret.ok ? secret.value : this.#secrets.get(address);
      if (value !== undefined) known.set(address, value);
    }
    return known;
  }

  /** Of those that are told nothing any more; should they come back, they begin anew. */
  async #forgetFeeds({ groups, edges }: AaaConfiguration): Promise<void> {
    const { store, log } = this.#parts;
    const wanted = new Set([
      ...[...groups.values()]
        .filter(({ accounting }) => accounting !== undefined)
        .map(({ name }) => accountingFeed(name)),
      ...[...edges.keys()].map(edgeFeed),
    ]);
    for (const name of await store.feeds.names()) {
      if (wanted.has(name) || !OWN.test(name)) continue;
      await store.feeds.remove(name);
      log.info({ feed: name }, 'what was not told yet is told no more: the configuration has nobody to tell');
    }
  }
}

const OWN = new RegExp(`^(${accountingFeed('')}|${edgeFeed('')})`);
