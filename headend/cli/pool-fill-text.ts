import { timeText } from './time-text.ts';

/** How full a pool is, as the rpcs tell it. */
export interface FillData {
  readonly capacity: string;
  readonly held: string;
  readonly quarantined: string;
  readonly reserved?: string;
  readonly 'empty-at'?: string;
}

/** All that others cannot have. */
export function usedOf({ held, quarantined, reserved = '0' }: FillData): number {
  return Number(held) + Number(quarantined) + Number(reserved);
}

/** The same in percent of what it can hold. */
export function fillText(pool: FillData): string {
  const capacity = Number(pool.capacity);
  return capacity === 0 ? '-' : `${Math.floor((100 * usedOf(pool)) / capacity)} %`;
}

/** When it will be empty, where that is foreseen. */
export function emptyText({ 'empty-at': emptyAt }: FillData): string {
  return emptyAt === undefined ? '-' : timeText(emptyAt);
}
