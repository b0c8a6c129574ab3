import type { Duplex } from 'node:stream';
import { type Bytes, failed, type Log, milliseconds, ok, type Result } from '@sublane/basics';
import { CAPABILITY, isXmlText, type RpcEnvelope } from '@sublane/netconf';
import type { Context } from 'libyang-wasm';
import type { AccessControl, Identity } from './access.ts';
import { datastoreCapabilities, differingFeatures } from './datastores/capabilities.ts';
import type { Datastores } from './datastores.ts';
import { type Answer, Dispatcher } from './dispatcher.ts';
import type { ServerEvents } from './events.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { type Monitored, monitoringProvider, type ServerStatistics } from './monitoring.ts';
import { datastoreNames } from './nmda/datastore-names.ts';
import { nmdaCapabilities } from './nmda/get-data-request.ts';
import { BaseNotifications } from './notifications/base-notifications.ts';
import type { ServerEvent } from './notifications/event.ts';
import { EventHub, type NotificationOptions } from './notifications/event-hub.ts';
import { streamsProvider } from './notifications/stream-data.ts';
import { notify } from './notify.ts';
import type { OperationalProvider } from './operational.ts';
import { offersCreateSubscription } from './operations/create-subscription.ts';
import type { OperationContext } from './operations/operation.ts';
import { type Farewell, PeerSession, type SessionHome } from './peer-session.ts';
import type { ActionHandler, ActionPath, RpcHandler, RpcName } from './rpc-table.ts';
import { SchemaIndex } from './schema-index.ts';
import { schemaSet } from './schema-set.ts';
import {
  type CloseReason,
  type CountedSession,
  type Peer,
  reasonText,
  type Session,
  type Transport,
} from './session.ts';
import { type DynamicSubscriptions, offerSubscriptions } from './subscriptions/dynamic-subscriptions.ts';
import { subscriptionProviders } from './subscriptions/subscription-data.ts';
import { withDefaultsCapabilities } from './with-defaults/with-defaults-parameter.ts';
import { moduleCapabilities, yangLibraryCapabilities, yangLibraryProviders } from './yang-library.ts';

export interface ServerOptions {
  /** Validates requests, and is what the server announces. It stays the caller's: dispose of it after the server closed. */
  readonly schema: Context;
  /** Handlers of the schema's rpcs; one for an operation of RFC 6241 takes its place. */
  readonly rpcs?: Readonly<Record<RpcName, RpcHandler>>;
  /** Handlers of the schema's actions. */
  readonly actions?: Readonly<Record<ActionPath, ActionHandler>>;
  readonly access: AccessControl;
  readonly datastores?: Datastores;
  readonly operational?: readonly OperationalProvider[];
  /** Undefined: nobody can subscribe. */
  readonly notifications?: NotificationOptions;
  /** URIs to announce besides the server's own. */
  readonly capabilities?: readonly string[];
  readonly limits?: Partial<Limits>;
  readonly log: Log;
  readonly events?: ServerEvents;
  /** Whether a session may begin, and which older ones it puts an end to. Asked after the limits. */
  readonly admit?: (newcomer: Newcomer, sessions: readonly Session[]) => Admission;
  /** Bytes of one message from an identity, where that is less than `limits.message`; undefined: that. */
  readonly messageLimit?: (identity: Identity) => Bytes | undefined;
  /** Validate every reply before it leaves: halves the rate; for tests and for the suspicious. */
  readonly revalidateReplies?: boolean;
}

/** Who comes, and how. */
export interface Newcomer {
  readonly identity: Identity;
  readonly peer?: Peer;
  readonly transport: Transport;
}

export type Admission =
  | {
      readonly admit: true /** Sessions to close, with the reason. */;
      readonly replaces?: readonly Session[];
      readonly reason?: string;
    }
  | { readonly admit: false; readonly reason: string };

export interface SessionRefusal {
  readonly kind: 'too-many-sessions' | 'too-many-sessions-of-user' | 'not-admitted' | 'bad-user-name' | 'closing';
  readonly message: string;
}

export interface NetconfServer {
  readonly capabilities: readonly string[];
  readonly log: Log;
  readonly events: ServerEvents;
  readonly limits: Limits;
  /** Begins a session over a stream whose peer is known. A refused stream is left to the caller. */
  accept(stream: Duplex, newcomer: Newcomer, farewell?: Farewell): Result<CountedSession, SessionRefusal>;
  /** Sessions whose hello has come, oldest first. */
  sessions(): readonly Session[];
  statistics(): ServerStatistics;
  /**
   * Tells those who subscribed. Resolves when the event is in the log, where there is one; an event that must survive is
   * waited for before its cause is answered. Never rejects. Without `ServerOptions.notifications` it does nothing.
   */
  publish(event: ServerEvent): Promise<void>;
  /**
   * Takes no new sessions, lets requests in hand be answered for at most `drain` milliseconds (5,000 unless given), then
   * ends every session. What was published is in the log when it resolves. Listeners are closed by whoever opened them, before.
   */
  close(options?: { readonly drain?: number; readonly reason?: string }): Promise<void>;
}

/** Throws where the options contradict the schema: that is the program's fault, not a peer's. */
export function createNetconfServer(options: ServerOptions): NetconfServer {
  return new Server(options);
}

class Server implements NetconfServer, SessionHome, Monitored {
  readonly capabilities: readonly string[];
  readonly limits: Limits;
  readonly log: Log;
  readonly events: ServerEvents;
  readonly dispatcher: Dispatcher;
  readonly datastores: Datastores | undefined;
  readonly answered: SessionHome['answered'];
  readonly messageLimit: ServerOptions['messageLimit'];
  readonly #admit: ServerOptions['admit'];
  readonly #hub: EventHub | undefined;
  readonly #subscriptions: DynamicSubscriptions | undefined;
  readonly #base: BaseNotifications | undefined;
  readonly #sessions = new Map<number, PeerSession>();
  readonly #ofUser = new Map<string, number>();
  readonly #startedAt = new Date();
  readonly #ended = { inRpcs: 0, inBadRpcs: 0, outRpcErrors: 0, outNotifications: 0 };
  #inBadHellos = 0;
  #inSessions = 0;
  #droppedSessions = 0;
  #lastId = 0;
  #closing = false;
  #emptied: (() => void) | undefined;

  constructor(options: ServerOptions) {
    const { schema: context, rpcs = {}, access, log, events = {} } = options;
    const schema = new SchemaIndex(context);
    const { datastores } = options;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.log = log;
    this.events = events;
    this.datastores = datastores;
    this.messageLimit = options.messageLimit;
    this.#admit = options.admit;
    this.answered = events.rpcDone === undefined ? undefined : this.#rpcDone.bind(this);
    this.#hub =
      options.notifications && new EventHub(options.notifications, { access, limits: this.limits, log, schema });
    this.#base = this.#hub && BaseNotifications.begin(this.#hub, schema, datastores);
    const schemas = schemaSet(context, schema);
    this.capabilities = [
      CAPABILITY.base10,
      CAPABILITY.base11,
      ...(datastores === undefined ? [] : datastoreCapabilities(datastores)),
      ...(this.#hub && offersCreateSubscription({ schema }) ? [CAPABILITY.notification, CAPABILITY.interleave] : []),
      CAPABILITY.xpath,
      ...withDefaultsCapabilities(schema),
      ...nmdaCapabilities(schema),
      ...yangLibraryCapabilities(schema, schemas),
      ...(options.capabilities ?? []),
      ...moduleCapabilities(schemas),
    ];
    const features = differingFeatures(this.capabilities, schema);
    if (features.length > 0) log.warn({ features }, 'ietf-netconf has other features than the server announces');
    const builtIn = [
      monitoringProvider(this, schema, schemas),
      ...yangLibraryProviders(schemas, datastoreNames(datastores, schema)),
    ];
    if (this.#hub !== undefined) builtIn.push(streamsProvider(this.#hub));
    const providers = [
      ...(options.operational ?? []),
      ...builtIn.filter(({ module }) => schema.moduleNamed(module)?.implemented),
    ];
    const grounds = { schema, context, access, datastores, providers, log };
    this.#subscriptions = this.#hub && offerSubscriptions(grounds, this.#hub);
    if (this.#subscriptions !== undefined) providers.push(...subscriptionProviders(this.#subscriptions));
    const operation: OperationContext = {
      schema,
      schemas,
      context,
      access,
      datastores,
      providers,
      notifications: this.#hub,
      subscriptions: this.#subscriptions,
      events,
      log,
      findSession: (number) => this.#sessions.get(number),
    };
    this.dispatcher = new Dispatcher(
      { rpcs, actions: options.actions ?? {} },
      operation,
      this.limits,
      options.revalidateReplies ?? false,
    );
  }

  accept(stream: Duplex, newcomer: Newcomer, farewell?: Farewell): Result<CountedSession, SessionRefusal> {
    const refusal = this.#refusal(newcomer);
    if (refusal !== undefined) {
      const { identity, peer, transport } = newcomer;
      this.log.info({ user: identity.user, peer, transport, reason: refusal.kind }, 'session refused');
      notify(this.events, this.log, 'sessionRefused', {
        user: identity.user,
        peer,
        transport,
        reason: refusal.message,
      });
      return failed(refusal);
    }
    // RFC 6241 §8.1: 1 to 4294967295, not one that is in use.
    do this.#lastId = (this.#lastId % 0xffff_ffff) + 1;
    while (this.#sessions.has(this.#lastId));
    const session = new PeerSession(this.#lastId, stream, newcomer, new Date(), this, farewell);
    this.#sessions.set(session.id, session);
    const { user } = newcomer.identity;
    this.#ofUser.set(user, (this.#ofUser.get(user) ?? 0) + 1);
    // RFC 6022 §2.1.5: counted "when a <hello> message with a <session-id> is sent".
    this.#inSessions++;
    session.start();
    return ok(session);
  }

  #refusal(newcomer: Newcomer): SessionRefusal | undefined {
    const { limits } = this;
    const { user } = newcomer.identity;
    if (this.#closing) return { kind: 'closing', message: 'the server is being shut down' };
    // "If the username does not comply to the NETCONF requirements on usernames, i.e., the username is not representable
    // in XML, the SSH session MUST be dropped." (RFC 6242 §3)
    if (user === '' || !isXmlText(user)) {
      return { kind: 'bad-user-name', message: 'expected a user name that XML can hold' };
    }
    if (this.#admit !== undefined) {
      const admission = this.#admit(newcomer, [...this.#sessions.values()]);
      if (!admission.admit) return { kind: 'not-admitted', message: admission.reason };
      for (const older of admission.replaces ?? []) older.close(admission.reason ?? 'replaced by a newer session');
    }
    if (this.#sessions.size >= limits.sessions) {
      return { kind: 'too-many-sessions', message: `${limits.sessions} sessions are open already` };
    }
    if ((this.#ofUser.get(user) ?? 0) >= limits.sessionsPerUser) {
      return {
        kind: 'too-many-sessions-of-user',
        message: `${user} has ${limits.sessionsPerUser} sessions open already`,
      };
    }
    return undefined;
  }

  async publish(event: ServerEvent): Promise<void> {
    await this.#hub?.publish(event);
  }

  sessions(): readonly Session[] {
    return Array.from(this.#sessions.values()).filter(({ open }) => open);
  }

  opened(session: PeerSession): void {
    const { id, identity, peer, transport } = session;
    this.log.debug({ session: id, user: identity.user, role: identity.role, peer, transport }, 'session opened');
    notify(this.events, this.log, 'sessionOpened', session);
    this.#base?.sessionOpened(session);
  }

  closed(session: PeerSession, reason: CloseReason): void {
    const { id, identity, open, protocol } = session;
    this.#sessions.delete(id);
    const left = (this.#ofUser.get(identity.user) ?? 1) - 1;
    if (left > 0) this.#ofUser.set(identity.user, left);
    else this.#ofUser.delete(identity.user);
    for (const name of ['inRpcs', 'inBadRpcs', 'outRpcErrors', 'outNotifications'] as const) {
      this.#ended[name] += protocol.counters[name];
    }
    // RFC 6022 §2.1.5: not those "properly closed by a <close-session> operation, or killed by a <kill-session>".
    if (reason.kind === 'bad-hello') this.#inBadHellos++;
    if (open && reason.kind !== 'closed' && reason.kind !== 'killed') this.#droppedSessions++;
    this.log.debug({ session: id, user: identity.user, reason: reasonText(reason) }, 'session closed');
    this.datastores?.sessionEnded(session);
    if (open) notify(this.events, this.log, 'sessionClosed', session, reason);
    this.#base?.sessionClosed(session, open, reason);
    if (this.#sessions.size === 0) this.#emptied?.();
  }

  *monitored(): Generator<{ readonly session: Session; readonly statistics: PeerSession['protocol']['counters'] }> {
    for (const session of this.#sessions.values()) {
      if (session.open) yield { session, statistics: session.protocol.counters };
    }
  }

  statistics(): ServerStatistics {
    const sum = { ...this.#ended };
    for (const { protocol } of this.#sessions.values()) {
      for (const name of ['inRpcs', 'inBadRpcs', 'outRpcErrors', 'outNotifications'] as const) {
        sum[name] += protocol.counters[name];
      }
    }
    return {
      ...sum,
      startedAt: this.#startedAt,
      inBadHellos: this.#inBadHellos,
      inSessions: this.#inSessions,
      droppedSessions: this.#droppedSessions,
    };
  }

  async close({ drain = 5_000, reason = 'the server is being shut down' } = {}): Promise<void> {
    this.#closing = true;
    const emptied = new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
    for (const session of this.#sessions.values()) session.closeWhenIdle(reason);
    if (this.#sessions.size > 0) {
      const late = setTimeout(() => {
        for (const session of this.#sessions.values()) session.close(reason);
      }, drain);
      await emptied;
      clearTimeout(late);
    }
    this.#base?.stop();
    this.#subscriptions?.close();
    await this.#hub?.close();
  }

  #rpcDone(
    session: PeerSession,
    envelope: RpcEnvelope | undefined,
    answer: Answer,
    started: number,
    requestBytes: number,
  ): void {
    if (answer.kind === 'malformed') return;
    const known = envelope && this.dispatcher.nameOf(envelope);
    notify(this.events, this.log, 'rpcDone', {
      session,
      module: known?.module,
      name: known?.name,
      messageId: envelope?.messageId,
      outcome: answer.kind,
      errors: answer.kind === 'refused' ? answer.errors : [],
      duration: milliseconds(performance.now() - started),
      requestBytes,
    });
  }
}
