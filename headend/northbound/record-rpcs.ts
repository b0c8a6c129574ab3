import { type Clock, failed, ok, type Result } from '@sublane/basics';

import { type RpcError, rpcError } from '@sublane/netconf';
import type { NetconfServer, Session } from 'netconf-server';
import { enrolledFor } from '../aaa/authorities.ts';
import { importHash } from '../aaa/import-hash.ts';
import type { RunningConfiguration } from '../configuration/running.ts';
import { fingerprintOf, type PublicKey, parsePublicKey, publicKeyLine } from '../keys/public-key.ts';
import type { Refusal } from '../refusal/refusal.ts';
import type { Host, Operator, Page, PageRequest, Quarantine, Timestamp } from '../store/records.ts';
import type { Deed, Store } from '../store/store.ts';
import { auditEntry } from './audit-entry.ts';
import type { HistoryReads } from './history-reads.ts';
import type { HostSessions } from './host-sessions.ts';
import { leaseEntry } from './lease-entry.ts';
import { reservedName } from './reserved-names.ts';
import type { Revocations } from './revocations.ts';
import { type Handlers, handler } from './rpc-handlers.ts';
import { resetQuota, subscriberEntry } from './subscriber-quota.ts';
import { dateAndTime } from './time-text.ts';
import { WITHDRAWN, type Withdrawal } from './withdraw.ts';

export interface RecordRpcsParts {
  readonly store: Store;
  readonly configuration: RunningConfiguration;
  readonly clock: Clock;
  /** scrypt, off the event loop. */
  readonly hashPassword: (password: string) => Promise<string>;
  readonly hostSessions: HostSessions;
  readonly history: HistoryReads;
  readonly withdrawal: Withdrawal;
  readonly revocations: Pick<Revocations, 'note'>;
  readonly server: () => NetconfServer;
}

/** What operators ask of the records: subscribers, hosts, operators, leases, the audit trail. */
export function recordRpcs(parts: RecordRpcsParts): Handlers {
  const { store, configuration, clock, hashPassword, hostSessions, history, withdrawal, revocations, server } = parts;
  const deed = ({ identity }: Session): Deed => ({ actor: identity.user, at: clock.now() });

  /** Does it while the plan cannot vanish. */
  const withPlan = <T>(
    plan: string | undefined,
    work: () => Promise<Result<T, Refusal>>,
  ): Promise<Result<T, Refusal>> =>
    configuration.holding(async ({ plans }) =>
      plan !== undefined && !plans.has(plan) ? failed({ kind: 'record-unknown', record: 'plan', name: plan }) : work(),
    );

  /** Of the password given, or made elsewhere. */
  const hashOf = async ({
    password,
    'password-hash': made,
  }: {
    readonly password?: string;
    readonly 'password-hash'?: string;
  }): Promise<Result<{ readonly passwordHash?: string }, Refusal>> => {
    if (password !== undefined) return ok({ passwordHash: await hashPassword(password) });
    if (made === undefined) return ok({});
    const imported = importHash(made);
    return imported.ok ? ok({ passwordHash: imported.value }) : imported;
  };

  return {
    ...handler('sublane-headend:add-subscriber', async (input, session) => {
      const { name, plan } = input;
      const proof = await hashOf(input);
      return proof.ok
        ? withPlan(plan, () => store.subscribers.add({ name, plan, ...proof.value }, deed(session)))
        : proof;
    }),
    ...handler('sublane-headend:set-subscriber', async (input, session) => {
      const { name, plan, suspended } = input;
      const proof = await hashOf(input);
      if (!proof.ok) return proof;
      const change = {
        ...(plan !== undefined && { plan }),
        ...proof.value,
        ...(suspended !== undefined && { suspended }),
      };
      const before = suspended === false ? await store.subscribers.find(name) : undefined;
      const changed = await withPlan(plan, () =>
        store.subscribers.change(name, change, { ...deed(session), reason: WITHDRAWN.suspended }),
      );
      if (!changed.ok) return changed;
      if (suspended === true) await withdrawal.closeSessionsOf(name, changed.value, WITHDRAWN.suspended);
      // Its hosts were refused: as they come back they ask again.
      else if (before?.suspended) await withdrawal.closeSessionsOf(name, changed.value, WITHDRAWN.resumed);
      else if (plan !== undefined) await withdrawal.closeSessionsOf(name, changed.value, WITHDRAWN.plan);
      if (!('reset-quota' in input)) return ok(undefined);
      const reset = await resetQuota(parts, name, deed(session));
      return reset.ok ? ok(undefined) : reset;
    }),
    ...handler('sublane-headend:remove-subscriber', async ({ name }, session) => {
      const removed = await store.subscribers.remove(name, { ...deed(session), reason: WITHDRAWN.removed });
      if (!removed.ok) return removed;
      await withdrawal.closeSessionsOf(name, removed.value, WITHDRAWN.removed);
      return ok(undefined);
    }),
    ...handler('sublane-headend:list-subscribers', async ({ name, ...page }, session) => {
      const found = name === undefined ? undefined : await store.subscribers.find(name);
      const { items, next } =
        name === undefined ? await store.subscribers.list(pageOf(page)) : { items: found ? [found] : [] };
      // What is used of a quota is history too.
      await history.note(session, 'list-subscribers', { subscriber: name }, { items });
      const entries = await Promise.all(items.map((item) => subscriberEntry(parts, item)));
      return ok({ subscriber: entries, ...(next !== undefined && { 'next-cursor': next }) });
    }),

    ...handler('sublane-headend:add-host', async (input, session) => {
      const reserved = reservedName(input['host-id']);
      if (reserved !== undefined) return failed({ error: reserved });
      const key = readKey(input['public-key']);
      if (!key.ok) return key;
      const whose = enrolledFor(configuration.current().aaa, input.subscriber);
      const enrolled = await store.hosts.enrol(
        { hostId: input['host-id'], ...whose, publicKey: publicKeyLine(key.value) },
        deed(session),
      );
      return enrolled.ok ? ok({ 'key-fingerprint': key.value.fingerprint }) : enrolled;
    }),
    ...handler('sublane-headend:revoke-host', async ({ 'host-id': hostId }, session) => {
      const revoked = await withdrawal.revoke(hostId, deed(session));
      return revoked.ok ? ok(undefined) : revoked;
    }),
    ...handler('sublane-headend:list-hosts', async ({ 'host-id': hostId, subscriber, ...page }, session) => {
      const hosts = await hostsOf(store, hostId, subscriber, pageOf(page));
      await history.note(session, 'list-hosts', { hostId, subscriber }, hosts);
      return listed('host', hosts, (host) => hostEntry(host, hostSessions));
    }),

    ...handler('sublane-headend:add-operator', async ({ name, role = 'operator', 'public-key': line }, session) => {
      const reserved = reservedName(name);
      if (reserved !== undefined) return failed({ error: reserved });
      const key = readKey(line);
      if (!key.ok) return key;
      const added = await store.operators.add({ name, role, publicKey: publicKeyLine(key.value) }, deed(session));
      return added.ok ? ok({ 'key-fingerprint': key.value.fingerprint }) : added;
    }),
    ...handler('sublane-headend:remove-operator', async ({ name }, session) => {
      const removed = await store.operators.remove(name, deed(session));
      if (!removed.ok) return removed;
      revocations.note('operator', name);
      for (const open of server().sessions())
        if (open.identity.role === 'operator' && open.transport !== 'unix' && open.identity.user === name)
          open.close('the operator was removed');
      return ok(undefined);
    }),
    ...handler('sublane-headend:list-operators', async (page) =>
      listed('operator', await store.operators.list(pageOf(page)), operatorEntry),
    ),

    ...handler(
      'sublane-headend:list-leases',
      async ({ 'lease-id': id, address, 'host-id': hostId, subscriber, pool, ...page }, session) => {
        if (id !== undefined || address !== undefined) {
          const lease =
            address === undefined ? await store.leases.find(id ?? '') : await store.leases.findByAddress(address);
          const own = [lease?.id, lease?.hostId, lease?.subscriber, lease?.pool];
          const fits = [id, hostId, subscriber, pool].every((wanted, at) => wanted === undefined || wanted === own[at]);
          const found = { items: lease !== undefined && fits ? [lease] : [] };
          const about = { hostId: hostId ?? found.items[0]?.hostId, subscriber, address, lease: id };
          await history.note(session, 'list-leases', about, found);
          return listed('lease', found, leaseEntry);
        }
        const filter = {
          ...(hostId !== undefined && { hostId }),
          ...(subscriber !== undefined && { subscriber }),
          ...(pool !== undefined && { pool }),
        };
        const leases = await store.leases.list(filter, pageOf(page));
        await history.note(session, 'list-leases', { hostId, subscriber }, leases);
        return listed('lease', leases, leaseEntry);
      },
    ),
    ...handler('sublane-headend:release-lease', async ({ 'lease-id': id }, session) => {
      const released = await withdrawal.lease(id, deed(session));
      return released.ok ? ok(undefined) : released;
    }),

    ...handler('sublane-headend:list-quarantine', async ({ address, 'host-id': hostId, pool, ...page }, session) => {
      const filter = {
        ...(address !== undefined && { address }),
        ...(hostId !== undefined && { hostId }),
        ...(pool !== undefined && { pool }),
      };
      const quarantines = await store.quarantine.list(filter, pageOf(page));
      await history.note(session, 'list-quarantine', { hostId, address }, quarantines);
      return listed('quarantine', quarantines, quarantineEntry);
    }),
    ...handler('sublane-headend:release-quarantine', async ({ address }, session) => {
      const released = await store.quarantine.release(address, deed(session));
      return released.ok ? ok(undefined) : released;
    }),

    ...handler('sublane-headend:list-audit', async ({ 'host-id': hostId, subscriber, since, ...page }, session) => {
      const filter = {
        ...(hostId !== undefined && { hostId }),
        ...(subscriber !== undefined && { subscriber }),
        ...(since !== undefined && { since: Date.parse(since) as Timestamp }),
      };
      const entries = await store.audit.list(filter, pageOf(page));
      await history.note(session, 'list-audit', { hostId, subscriber }, entries);
      return listed('entry', entries, auditEntry);
    }),
  };
}

/** A page of at most 1,000 (grouping `page-request`); libyang has filled the default in. */
export function pageOf({ limit = 100, cursor }: { limit?: number; cursor?: string }) {
  return { limit, ...(cursor !== undefined && { cursor }) };
}

function listed<List extends string, Item, Entry>(
  list: List,
  { items, next }: Page<Item>,
  entry: (item: Item) => Entry,
): Result<{ [L in List]: readonly Entry[] } & { 'next-cursor'?: string }, never> {
  const output = { [list]: items.map(entry), ...(next !== undefined && { 'next-cursor': next }) };
  return ok(output as { [L in List]: readonly Entry[] } & { 'next-cursor'?: string });
}

async function hostsOf(
  { hosts }: Store,
  hostId: string | undefined,
  subscriber: string | undefined,
  page: PageRequest,
): Promise<Page<Host>> {
  if (hostId === undefined) return hosts.list(subscriber === undefined ? {} : { subscriber }, page);
  const host = await hosts.find(hostId);
  return { items: host === undefined || (subscriber ?? host.subscriber) !== host.subscriber ? [] : [host] };
}

function hostEntry({ hostId, subscriber, publicKey, enrolledAt, revokedAt }: Host, sessions: HostSessions) {
  const lastSeen = sessions.lastSeen(hostId);
  const behindNat = sessions.behindNat(hostId);
  return {
    'host-id': hostId,
    subscriber,
    'key-fingerprint': fingerprintOfLine(publicKey),
    enrolled: dateAndTime(enrolledAt),
    connected: sessions.of(hostId) !== undefined,
    ...(behindNat !== undefined && { 'behind-nat': behindNat }),
    ...(lastSeen !== undefined && { 'last-seen': dateAndTime(lastSeen) }),
    ...(revokedAt !== undefined && { revoked: dateAndTime(revokedAt) }),
  };
}

function quarantineEntry(quarantine: Quarantine) {
  const { ipv4, ipv6, reason } = quarantine;
  return {
    id: quarantine.id,
    pool: quarantine.pool,
    ...(ipv4 !== undefined && { ipv4 }),
    ...(ipv6 !== undefined && { ipv6 }),
    'conflict-address': quarantine.conflicts,
    'host-id': quarantine.hostId,
    'group-id': quarantine.groupId,
    'lease-id': quarantine.leaseId,
    ...(reason !== undefined && { reason }),
    since: dateAndTime(quarantine.since),
    until: dateAndTime(quarantine.until),
  };
}

function operatorEntry({ name, role, publicKey, createdAt }: Operator) {
  return { name, role, 'key-fingerprint': fingerprintOfLine(publicKey), created: dateAndTime(createdAt) };
}

/** Of a line that the store holds: it was checked before it was stored. */
function fingerprintOfLine(line: string): string {
  return fingerprintOf(Buffer.from(line.split(' ')[1] ?? '', 'base64'));
}

/** Refused with a sentence for the person who gave it. */
export function readKey(line: string): Result<PublicKey, { readonly error: RpcError }> {
  const key = parsePublicKey(line);
  if (key.ok) return key;
  const { message } = key.failure;
  return failed({ error: rpcError.invalidValue('application', { appTag: 'public-key-unusable', message }) });
}
