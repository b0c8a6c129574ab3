import type { Clock, Log, Result, Seconds } from '@sublane/basics';
import type { Attribute, RadiusFailure } from '@sublane/radius';
import type { Store } from '../store/store.ts';
import { type AccountingNames, accountingAttributes } from './accounting-attributes.ts';
import { InterimRounds } from './interim-rounds.ts';
import { interimRecord, type LaneRecord, recordsOf } from './lane-record.ts';
import { type Told, TrailFeed } from './trail-feed.ts';

export interface AccountantParts {
  readonly authority: string;
  readonly interval: Seconds;
  readonly names: AccountingNames;
  readonly store: Pick<Store, 'feeds' | 'audit' | 'leases'>;
  /** Accounting-Request to the authority's servers. Undefined: they cannot be asked now. */
  readonly account: (attributes: readonly Attribute[]) => Promise<Result<undefined, RadiusFailure>> | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

/** At once with one authority's servers: they have authentication to do too. */
const IN_FLIGHT = 32;

/** The name of an authority's feed. */
export const accountingFeed = (authority: string) => `accounting:${authority}`;

/**
 * Tells an authority's servers what becomes of the lanes that it granted (RFC 2866): start and stop from the trail,
 * where they wait while no server answers; interim records (RFC 2869 §2.1) of those that live. Accounting-On is never
 * sent: lanes outlive the program.
 */
export class Accountant {
  readonly #parts: AccountantParts;
  readonly #feed: TrailFeed<LaneRecord>;
  readonly #interims: InterimRounds;

  constructor(parts: AccountantParts) {
    const { authority, interval, store, clock, log, random } = parts;
    this.#parts = parts;
    this.#feed = new TrailFeed({
      name: accountingFeed(authority),
      store,
      clock,
      log: log.child({ authority }),
      random,
      inFlight: IN_FLIGHT,
      read: (row) =>
        recordsOf(row)
          .filter((record) => record.authority === authority)
          .map((what) => ({ key: what.lease, what })),
      tell: (record) => this.#tell(record),
    });
    this.#interims = new InterimRounds({
      authority,
      interval,
      leases: store.leases,
      clock,
      started: ({ id }) => !this.#feed.owes(id),
      tell: (lease) => this.#tell(interimRecord(lease, clock.now())),
    });
  }

  start(): void {
    this.#feed.start();
    this.#interims.start();
  }

  /** Records that no server has taken yet. */
  waiting(): number {
    return this.#feed.waiting();
  }

  async close(): Promise<void> {
    await Promise.all([this.#feed.close(), this.#interims.close()]);
  }

  async #tell(record: LaneRecord): Promise<Told> {
    const { names, account, clock, log, authority } = this.#parts;
    const answer = await account(accountingAttributes(record, names, clock.now()));
    if (answer === undefined) return 'away';
    if (answer.ok) return 'told';
    if (answer.failure.kind !== 'unsendable') return 'away';
    const { session, status } = record;
    log.error({ authority, session, status, fault: answer.failure.message }, 'an accounting record cannot be sent');
    return 'told';
  }
}
