import type { Clock, Log } from '@sublane/basics';
import type { Configuration } from '../policy/configuration.ts';
import { forecastEmpty, HOUR } from '../pools/forecast.ts';
import { WARN_AT } from '../pools/pool.ts';
import { type Alarm, type AlarmState, fillPercent, NO_ALARM, readAlarms } from '../pools/pool-alarms.ts';
import type { AuditDetail, AuditEntry, PoolFill, Timestamp } from '../store/records.ts';
import type { Store } from '../store/store.ts';

export interface PoolWatchParts {
  readonly store: Pick<Store, 'leases' | 'pools' | 'audit'>;
  readonly configuration: () => Configuration;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Watches how full the pools are: notes it each hour, says when each will be empty, and warns of it, in the log and in
 * the trail, once each time. After a restart it warns of what is so then.
 */
export class PoolWatch {
  readonly #parts: PoolWatchParts;
  readonly #states = new Map<string, AlarmState>();
  readonly #forecasts = new Map<string, Forecast>();
  /** Of the pools that had nothing left for somebody since the last look. */
  readonly #refused = new Set<string>();
  #sampledHour: number | undefined;

  constructor(parts: PoolWatchParts) {
    this.#parts = parts;
  }

  /** When the pool will be empty; undefined: not soon, or unknown. */
  emptyAt(pool: string): Timestamp | undefined {
    return this.#forecasts.get(pool)?.emptyAt;
  }

  /** The same store, where what it refuses for want of addresses is noticed. */
  observed(store: Store): Store {
    const reserve: Store['leases']['reserve'] = async (reservation) => {
      const answer = await store.leases.reserve(reservation);
      if (!answer.ok && Array.isArray(answer.failure))
        for (const refusal of answer.failure) if (refusal.kind === 'pool-empty') this.#refused.add(refusal.pool);
      return answer;
    };
    return { ...store, leases: { ...store.leases, reserve } };
  }

  /** To be called every few seconds. */
  async look(): Promise<void> {
    const { store, clock, log } = this.#parts;
    const now = clock.now();
    const fills = await store.leases.fill();
    await this.#sample(now);
    const refused = new Set(this.#refused);
    this.#refused.clear();
    const rows: AuditEntry[] = [];
    for (const fill of fills) {
      const forecast = await this.#forecast(fill, now);
      for (const { event, message, detail } of this.#warnings(fill, forecast, refused.has(fill.name), now)) {
        log.warn(detail, message);
        rows.push({ at: now, event, actor: 'headend', detail });
      }
    }
    const names = new Set(fills.map(({ name }) => name));
    for (const known of [this.#states, this.#forecasts])
      for (const name of known.keys()) if (!names.has(name)) known.delete(name);
    const appended = rows.length === 0 ? undefined : await store.audit.append(rows);
    if (appended?.ok === false) log.error({ refusal: appended.failure.kind }, 'warnings of pools could not be audited');
  }

  /** Once an hour, and at the first look, so that a restart leaves no gap. */
  async #sample(now: Timestamp): Promise<void> {
    const hour = Math.floor(now / HOUR);
    if (this.#sampledHour === hour) return;
    const sampled = await this.#parts.store.pools.sample(now);
    if (sampled.ok) this.#sampledHour = hour;
    else this.#parts.log.error({ refusal: sampled.failure.kind }, 'the fill of pools could not be noted');
  }

  async #forecast(fill: PoolFill, now: Timestamp): Promise<Timestamp | undefined> {
    const room = fill.capacity - fill.quarantined - fill.reserved;
    const known = this.#forecasts.get(fill.name);
    if (known !== undefined && known.hour === this.#sampledHour && known.room === room) return known.emptyAt;
    const emptyAt = forecastEmpty(await this.#parts.store.pools.samples(fill.name), room, now);
    this.#forecasts.set(fill.name, { hour: this.#sampledHour, room, ...(emptyAt !== undefined && { emptyAt }) });
    return emptyAt;
  }

  #warnings(fill: PoolFill, emptyAt: Timestamp | undefined, refused: boolean, now: Timestamp): readonly Warning[] {
    const { name, capacity } = fill;
    const pool = this.#parts.configuration().pools.get(name);
    // What is no longer configured only waits for its last leases; what does not give is not to be filled.
    if (pool?.adminState !== 'open') {
      this.#states.delete(name);
      return [];
    }
    const used = usedOf(fill);
    const { warnAt = WARN_AT } = pool;
    const reading = { used, capacity, warnAt, now, ...(emptyAt !== undefined && { emptyAt }) };
    const before = this.#states.get(name) ?? NO_ALARM;
    const { state, alarms } = readAlarms(before, reading);
    this.#states.set(name, { ...state, empty: state.empty || refused });
    const detail: AuditDetail = {
      pool: name,
      held: fill.held,
      capacity,
      percent: Math.floor(fillPercent(used, capacity)),
      ...(emptyAt !== undefined && { 'empty-at': emptyAt }),
    };
    const warnings: Warning[] = alarms.map((alarm) => ({ event: 'pool-filling', message: MESSAGES[alarm], detail }));
    if (refused && !state.empty)
      warnings.push({ event: 'pool-empty', message: 'a pool is empty: requests are refused', detail });
    return warnings;
  }
}

/** By the samples of an hour, for this many leases. */
interface Forecast {
  readonly hour: number | undefined;
  readonly room: number;
  readonly emptyAt?: Timestamp;
}

interface Warning {
  readonly event: 'pool-filling' | 'pool-empty';
  readonly message: string;
  readonly detail: AuditDetail;
}

const MESSAGES: Readonly<Record<Alarm, string>> = {
  filling: 'a pool is nearly full',
  'empty-soon': 'a pool will be empty within a day, if it goes on so',
};

/** What others cannot have. */
export function usedOf({ held, quarantined, reserved }: PoolFill): number {
  return held + quarantined + reserved;
}
