import { once } from 'node:events';
import {
  type Backoff,
  type Clock,
  failed,
  type Log,
  type Milliseconds,
  milliseconds,
  ok,
  type Result,
  seconds,
} from '@sublane/basics';
import { REVOKED } from '@sublane/enrolment';
import { childElement, elementText, xmlElement } from '@sublane/netconf';
import {
  encodeRpc,
  type RpcInput,
  type RpcName,
  type RpcOutput,
  type SubscriberServiceMessageInput,
} from '@sublane/yang';
import type { Context, LibyangFailure } from 'libyang-wasm';
import { type ConnectFailure, keepLive, type NetconfClient, type RpcFailure } from 'netconf-client';
import { type AvailableServices, readServices } from './available-services.ts';
import type { Answer, GroupReport, HeadendLink, LinkFailure, LinkState, Renewal } from './headend-link.ts';
import type { HostIdentity } from './host-identity.ts';
import { knowsNoAdditions, ownTerms, plainRequest } from './plain-request.ts';
import { printable } from './printable.ts';
import { refusalOf } from './refusal-of.ts';

const BACKOFF: Backoff = { first: milliseconds(500), longest: milliseconds(30_000) };

/**
 * A headend that does not let this host in may do so one day. It counts failures by source: hosts that were put out must
 * not use up what others behind the same NAT may have.
 */
const REFUSED_BACKOFF: Backoff = { first: milliseconds(500), longest: milliseconds(300_000) };

/** One headend this host may turn to. */
export interface HeadendDoor {
  /** `ADDRESS:PORT`, for people. */
  readonly name: string;
  connect(signal: AbortSignal): Promise<Result<NetconfClient, ConnectFailure>>;
}

const REQUEST = 'ietf-subscriber-service-message:subscriber-service-message';

type Deferred = ReturnType<typeof Promise.withResolvers<void>>;

export interface NetconfLinkParts {
  readonly hostId: string;
  /** Tried in order. */
  readonly doors: readonly HeadendDoor[];
  /** Every reply is validated by it before anyone sees it. Asked for at the first reply: it takes a while to load. */
  readonly schema: () => Context;
  readonly clock: Clock;
  readonly log: Log;
}

/** The standing session with a headend: NETCONF over SSH. Connects when asked something, or stays connected by `keep`. */
export class NetconfLink implements HeadendLink {
  readonly #parts: NetconfLinkParts;
  readonly #closing = new AbortController();
  readonly #listeners: (() => void)[] = [];
  /** Sessions whose headend knows the messages without what sublane-service adds. */
  readonly #plain = new WeakSet<NetconfClient>();
  #client: NetconfClient | undefined;
  #kept = false;
  /** The attempt under way. */
  #attempt: Deferred | undefined;
  #door: string;
  #reason: string | undefined;
  #revoked = false;

  constructor(parts: NetconfLinkParts) {
    this.#parts = parts;
    this.#door = parts.doors[0]?.name ?? 'none';
  }

  state(): LinkState {
    const connected = this.#client !== undefined;
    // Whatever the other side said last.
    const reason = this.#reason && printable(this.#reason);
    return {
      headend: this.#door,
      connected,
      ...(!connected && reason && { reason }),
      ...(this.#revoked && { revoked: true as const }),
    };
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async keep(): Promise<void> {
    const live = keepLive({
      open: (signal) => this.#open(signal),
      backoff: BACKOFF,
      backoffAfter: ({ kind }) => (kind === 'authentication-refused' ? REFUSED_BACKOFF : undefined),
      clock: this.#parts.clock,
      onState: (state) => {
        if (state.kind === 'connecting') this.#attempt = Promise.withResolvers();
        if (state.kind === 'connected') this.#opened(state.client);
        if (state.kind === 'disconnected') {
          this.#parts.log.warn({ headend: this.#door, retryIn: state.retryIn }, state.reason.message);
          this.#reason = state.reason.message;
        }
        if (state.kind !== 'connecting') this.#attempt?.resolve();
      },
    });
    this.#kept = true;
    if (!this.#closing.signal.aborted) await once(this.#closing.signal, 'abort');
    await live.close();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#client?.close();
  }

  reopen(): void {
    this.#client?.destroy();
  }

  async request(message: SubscriberServiceMessageInput): Promise<Result<Answer, LinkFailure>> {
    const asked = await this.#askKnown(message);
    if (!asked.ok) return asked;
    const { output, sentAt } = asked.value;
    return ok({
      groups: output['ietf-portal-backend-message:sp-service-message']?.['application-group'] ?? [],
      sentAt,
    });
  }

  async service(): Promise<Result<Answer, LinkFailure>> {
    const asked = await this.#ask('sublane-service:get-service', { 'host-id': this.#parts.hostId });
    if (!asked.ok) return asked;
    const { output, sentAt } = asked.value;
    return ok({ groups: output['sp-service-message']?.['application-group'] ?? [], sentAt });
  }

  async services(identity: HostIdentity): Promise<Result<AvailableServices, LinkFailure>> {
    const name = 'sublane-service:get-available-services';
    const session = await this.#session();
    if (!session.ok) return session;
    const { hostId } = this.#parts;
    let answered = await this.#say(session.value, name, { 'host-id': hostId, ...ownTerms(identity) });
    if (!answered.ok && answered.failure.kind === 'refused' && knowsNoAdditions(answered.failure.errors))
      answered = await this.#say(session.value, name, { 'host-id': hostId });
    return answered.ok ? ok(readServices(hostId, answered.value.output)) : failed(this.#failure(answered.failure));
  }

  async renew(groupIds: readonly number[]) {
    const asked = await this.#ask('sublane-service:renew-service', this.#named(groupIds));
    if (!asked.ok) return asked;
    const renewals = (asked.value.output['application-group'] ?? []).map(
      (group): Renewal => ({
        groupId: group.id,
        leaseId: group['lease-id'],
        validLifetime: seconds(group['valid-lifetime']),
        renewAfter: seconds(group['renew-after']),
      }),
    );
    return ok({ renewals, sentAt: asked.value.sentAt });
  }

  async release(groupIds: readonly number[]): Promise<Result<undefined, LinkFailure>> {
    const asked = await this.#ask('sublane-service:release-service', this.#named(groupIds));
    return asked.ok ? ok() : asked;
  }

  async report(reports: readonly GroupReport[]): Promise<Result<undefined, LinkFailure>> {
    const asked = await this.#ask('sublane-service:report-service', {
      'host-id': this.#parts.hostId,
      'application-group': reports.map(({ groupId, state, reason, conflict, octets }) => ({
        id: groupId,
        state,
        ...(reason !== undefined && { reason }),
        ...(conflict !== undefined && { 'conflict-address': conflict }),
        // 64-bit numbers are text (RFC 7951 §6.1).
        ...(octets && { 'in-octets': String(octets.in), 'out-octets': String(octets.out) }),
      })),
    });
    return asked.ok ? ok() : asked;
  }

  async passwordKey(): Promise<Result<{ kid: string; jwk: string }, LinkFailure>> {
    const filter = '<headend-keys xmlns="urn:sublane:params:xml:ns:yang:sublane-service"/>';
    const session = await this.#session();
    if (!session.ok) return session;
    const read = await session.value.get({ filter: { subtree: filter } });
    if (!read.ok) return failed(this.#failure(read.failure));
    const entry = childElement(read.value.data, 'headend-keys');
    const key = entry && childElement(entry, 'password-encryption-key');
    const text = (name: string) => elementText((key && childElement(key, name)) ?? xmlElement(name, ''));
    if (key === undefined) return failed({ kind: 'malformed', reason: 'the headend publishes no key for passwords' });
    return ok({ kid: text('kid'), jwk: text('public-jwk') });
  }

  #named(groupIds: readonly number[]) {
    return { 'host-id': this.#parts.hostId, ...(groupIds.length > 0 && { 'group-id': groupIds }) };
  }

  /** One rpc: lifetimes in its answer count from the moment taken here, just before it leaves. */
  async #ask<Name extends RpcName>(name: Name, input: RpcInput<Name>) {
    const session = await this.#session();
    if (!session.ok) return session;
    const answered = await this.#say(session.value, name, input);
    return answered.ok ? answered : failed(this.#failure(answered.failure));
  }

  /** A request in the words that the headend knows. */
  async #askKnown(message: SubscriberServiceMessageInput) {
    const session = await this.#session();
    if (!session.ok) return session;
    const client = session.value;
    const words = this.#plain.has(client) ? plainRequest(message) : message;
    let answered = await this.#say(client, REQUEST, words);
    if (!answered.ok && answered.failure.kind === 'refused' && knowsNoAdditions(answered.failure.errors)) {
      this.#parts.log.info(
        { headend: this.#door },
        'this headend knows nothing of the addresses and WireGuard keys of hosts: it is asked without them',
      );
      this.#plain.add(client);
      answered = await this.#say(client, REQUEST, plainRequest(message));
    }
    return answered.ok ? answered : failed(this.#failure(answered.failure));
  }

  async #say<Name extends RpcName>(
    client: NetconfClient,
    name: Name,
    input: RpcInput<Name>,
  ): Promise<Result<{ output: RpcOutput<Name>; sentAt: Milliseconds }, RpcFailure>> {
    const sentAt = this.#parts.clock.sinceBoot();
    const replied = await client.rpc(encodeRpc(name, input));
    if (!replied.ok) return replied;
    const [module, rpc] = name.split(':') as [string, string];
    const read = this.#parts.schema().readReply(module, rpc, replied.value.xml);
    if (!read.ok) return failed({ kind: 'malformed', message: `${rpc}: ${libyangText(read.failure)}` });
    return ok({ output: read.value.output as RpcOutput<Name>, sentAt });
  }

  /** The session of now; where nobody keeps one, the first question opens it. */
  async #session(): Promise<Result<NetconfClient, LinkFailure>> {
    if (this.#client === undefined && this.#kept) await this.#attempt?.promise;
    if (this.#client !== undefined) return ok(this.#client);
    const unreachable = (reason: string) => failed({ kind: 'unreachable', headend: this.#door, reason } as const);
    if (this.#kept) return unreachable(this.#reason ?? 'not connected yet');
    const opened = await this.#open(this.#closing.signal);
    if (!opened.ok) return unreachable(opened.failure.message);
    this.#opened(opened.value);
    return opened;
  }

  /** The first headend that lets us in. */
  async #open(signal: AbortSignal): Promise<Result<NetconfClient, ConnectFailure>> {
    let last: Result<NetconfClient, ConnectFailure> | undefined;
    for (const door of this.#parts.doors) {
      this.#door = door.name;
      last = await door.connect(signal);
      if (last.ok) return last;
    }
    return last ?? failed({ kind: 'bad-input', input: 'credentials', message: 'No headend is configured.' });
  }

  #opened(client: NetconfClient): void {
    this.#client = client;
    this.#reason = undefined;
    this.#revoked = false;
    this.#parts.log.info({ headend: this.#door }, 'connected');
    void client.closed.then((end) => {
      if (this.#client === client) this.#client = undefined;
      this.#reason = end.message;
      this.#revoked = end.kind === 'closed-by-server' && end.said === REVOKED;
      this.#changed();
    });
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #failure(failure: RpcFailure): LinkFailure {
    switch (failure.kind) {
      case 'refused':
        return { kind: 'refused', refusals: failure.errors.map(refusalOf) };
      case 'malformed':
        return { kind: 'malformed', reason: failure.message };
      default:
        return { kind: 'unreachable', headend: this.#door, reason: failure.message };
    }
  }
}

/** Which of the session's failures this is, in a sentence. */
export function reasonOf(failure: LinkFailure): string {
  return failure.kind === 'refused' ? failure.refusals.map(({ message }) => message).join('; ') : failure.reason;
}

function libyangText(failure: LibyangFailure): string {
  return failure.kind === 'invalid' ? failure.errors.map(({ message }) => message).join('; ') : failure.kind;
}
