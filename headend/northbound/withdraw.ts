import type { Result } from '@sublane/basics';
import { REVOKED } from '@sublane/enrolment';
import type { RefusalOf, StoreRefusal } from '../refusal/refusal.ts';
import type { Lease } from '../store/records.ts';
import type { Deed, LeaseSelection, Store } from '../store/store.ts';
import type { HostSessions } from './host-sessions.ts';
import type { Revocations } from './revocations.ts';

export interface WithdrawalParts {
  readonly store: Pick<Store, 'leases' | 'hosts'>;
  readonly hostSessions: Pick<HostSessions, 'of'>;
  readonly revocations: Pick<Revocations, 'note'>;
}

/** Why sessions of hosts are closed: for the audit trail, the log, and the host itself. */
export const WITHDRAWN = {
  host: REVOKED,
  suspended: 'the subscriber was suspended',
  resumed: 'the subscriber is served again',
  removed: 'the subscriber was removed',
  lease: 'a lease of the host was taken back',
  plan: 'the subscriber has another plan',
  quota: 'the quota of the subscriber was set back',
  configuration: 'a change of the headend’s configuration was taken back',
} as const;

/**
 * What a host has, taken back at once. Always in this order: the leases end, durably, with their rows in the audit
 * trail; then the sessions of the hosts concerned are closed with a reason. A host that comes again asks what it holds,
 * and so learns it; edges and accounting learn it from the trail.
 */
export class Withdrawal {
  readonly #parts: WithdrawalParts;

  constructor(parts: WithdrawalParts) {
    this.#parts = parts;
  }

  /** Leases, by whatever they are selected by; answers what was taken back. */
  async leases(selection: LeaseSelection, reason: string, deed: Deed): Promise<Result<readonly Lease[], StoreRefusal>> {
    const { store } = this.#parts;
    const withdrawn = await store.leases.withdraw(selection, { ...deed, reason });
    if (!withdrawn.ok) return withdrawn;
    this.closeSessions(hostsOf(withdrawn.value), reason);
    return withdrawn;
  }

  /** Leases go on, and their hosts are to request them again: they learn it as they come back. Answers those recalled. */
  async recall(selection: LeaseSelection, reason: string, deed: Deed): Promise<Result<readonly Lease[], StoreRefusal>> {
    const recalled = await this.#parts.store.leases.recall(selection, deed);
    if (recalled.ok) this.closeSessions(hostsOf(recalled.value), reason);
    return recalled;
  }

  /** One lease, by its id. */
  async lease(id: string, deed: Deed): Promise<Result<Lease, RefusalOf<'record-unknown'> | StoreRefusal>> {
    const released = await this.#parts.store.leases.releaseById(id, { ...deed, reason: WITHDRAWN.lease });
    if (released.ok) this.closeSessions([released.value.hostId], WITHDRAWN.lease);
    return released;
  }

  /** A host's right to be here, its leases with it. */
  async revoke(
    hostId: string,
    deed: Deed,
  ): Promise<Result<readonly Lease[], RefusalOf<'record-unknown'> | StoreRefusal>> {
    const revoked = await this.#parts.store.hosts.revoke(hostId, { ...deed, reason: WITHDRAWN.host });
    if (!revoked.ok) return revoked;
    this.#parts.revocations.note('host', hostId);
    this.closeSessions([hostId], WITHDRAWN.host);
    return revoked;
  }

  /** Of a subscriber whose leases have ended: the sessions of its hosts, and of those that held leases in its name. */
  async closeSessionsOf(subscriber: string, ended: readonly Lease[], reason: string): Promise<void> {
    this.closeSessions(hostsOf(ended), reason);
    for (let cursor: string | undefined; ; ) {
      const page = await this.#parts.store.hosts.list(
        { subscriber },
        { limit: 1000, ...(cursor !== undefined && { cursor }) },
      );
      this.closeSessions(
        page.items.map(({ hostId }) => hostId),
        reason,
      );
      cursor = page.next;
      if (cursor === undefined) return;
    }
  }

  /** Of these hosts; one without a session is no fault. */
  closeSessions(hostIds: Iterable<string>, reason: string): void {
    for (const hostId of hostIds) this.#parts.hostSessions.of(hostId)?.close(reason);
  }
}

const hostsOf = (leases: readonly Lease[]): ReadonlySet<string> => new Set(leases.map(({ hostId }) => hostId));
