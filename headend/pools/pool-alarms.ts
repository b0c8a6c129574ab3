import type { Milliseconds } from '@sublane/basics';
import { HOUR } from './forecast.ts';

/** What of a pool an operator has been warned of; it ends when that is surely over, so that nobody is told twice. */
export interface AlarmState {
  readonly filling: boolean;
  readonly emptySoon: boolean;
  readonly empty: boolean;
}

export const NO_ALARM: AlarmState = { filling: false, emptySoon: false, empty: false };

/** How a pool is now. */
export interface PoolReading {
  /** Held, in quarantine, or reserved for others. */
  readonly used: number;
  readonly capacity: number;
  /** In percent. */
  readonly warnAt: number;
  /** By the forecast. */
  readonly emptyAt?: Milliseconds;
  readonly now: Milliseconds;
}

export type Alarm = 'filling' | 'empty-soon';

/** Percent points, and hours, between where a warning begins and where it ends. */
const FILL_SLACK = 5;
const SOON = 24 * HOUR;
const SOON_OVER = 36 * HOUR;
/** Of the capacity: so much is free again before "empty" can be said anew. */
const FREE_AGAIN = 0.01;

/** What there is to be warned of, that was not before. */
export function readAlarms(
  before: AlarmState,
  { used, capacity, warnAt, emptyAt, now }: PoolReading,
): { readonly state: AlarmState; readonly alarms: readonly Alarm[] } {
  const fill = fillPercent(used, capacity);
  const left = emptyAt === undefined ? Number.POSITIVE_INFINITY : emptyAt - now;
  const state: AlarmState = {
    filling: before.filling ? fill > warnAt - FILL_SLACK : fill >= warnAt,
    emptySoon: before.emptySoon ? left < SOON_OVER : left < SOON,
    empty: before.empty && capacity - used < Math.max(1, capacity * FREE_AGAIN),
  };
  const alarms: Alarm[] = [];
  if (state.filling && !before.filling) alarms.push('filling');
  if (state.emptySoon && !before.emptySoon) alarms.push('empty-soon');
  return { state, alarms };
}

/** 100 where there is nothing to fill. */
export function fillPercent(used: number, capacity: number): number {
  return capacity === 0 ? 100 : (100 * used) / capacity;
}
