import { type Clock, type Log, milliseconds } from '@sublane/basics';
import type { Session } from 'netconf-server';
import { NotedOnce } from '../service/noted-once.ts';
import type { AuditDetail, Page } from '../store/records.ts';
import type { Store } from '../store/store.ts';

export type HistoryOperation =
  | 'get'
  | 'list-audit'
  | 'list-hosts'
  | 'list-leases'
  | 'list-quarantine'
  | 'list-subscribers';

/** About whom was asked. Nothing given: about everybody. */
export interface About {
  readonly hostId?: string | undefined;
  readonly subscriber?: string | undefined;
  readonly address?: string | undefined;
  readonly lease?: string | undefined;
}

const ONCE_IN = milliseconds(60_000);

/**
 * Whoever reads what a subscriber did leaves a row `history-read` in the trail: who, about whom, and how much. The same
 * question of the same person within a minute (the next page, a trail that is followed) leaves no other.
 */
export class HistoryReads {
  readonly #store: Pick<Store, 'audit'>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #noted = new NotedOnce(ONCE_IN);

  constructor({
    store,
    clock,
    log,
  }: { readonly store: Pick<Store, 'audit'>; readonly clock: Clock; readonly log: Log }) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Resolves when the row is durable: the answer leaves after it. A store that cannot write refuses no answer, since it
   * is then that people have to look.
   */
  async note({ identity }: Session, operation: HistoryOperation, about: About, page: Page<unknown>): Promise<void> {
    const { hostId, subscriber, address, lease } = about;
    const named = [hostId, subscriber, address, lease].some((one) => one !== undefined);
    // The trail is history whoever is asked about; the others show what is now, of one or of all.
    if (!named && operation !== 'list-audit') return;
    const at = this.#clock.now();
    if (this.#noted.note(JSON.stringify([identity.user, operation, about]), at) === undefined) return;
    const detail: AuditDetail = {
      operation,
      ...(subscriber !== undefined && { subscriber }),
      ...(address !== undefined && { address }),
      ...(lease !== undefined && { lease }),
      count: page.items.length,
      ...(page.next !== undefined && { more: true }),
    };
    const entry = {
      at,
      event: 'history-read',
      actor: identity.user,
      ...(hostId !== undefined && { hostId }),
      detail,
    } as const;
    const written = await this.#store.audit.append([entry]);
    if (!written.ok)
      this.#log.error({ event: entry.event, refusal: written.failure.kind }, 'the audit trail was not written');
  }
}
